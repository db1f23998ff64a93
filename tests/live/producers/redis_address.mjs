// Where the Redis of a producer is: one address in, plain ioredis options out. All majors of Bull and BullMQ take such
// options, while only some of them take a URL, and none of them a unix socket with a database number.

/** `redis://[user:password@]host:port/db` or `unix:///path/to.sock?db=n`. */
export function redisAddress(text) {
  const url = new URL(text);
  const login = { username: decodeURIComponent(url.username) || undefined, password: decodeURIComponent(url.password) || undefined };
  if (url.protocol === 'unix:') {
    return { ...login, path: decodeURIComponent(url.pathname), db: Number(url.searchParams.get('db') ?? 0) };
  }
  if (url.protocol !== 'redis:') throw new Error(`${url.protocol} is not known: use redis://host:port/db or unix:///path?db=n`);
  return { ...login, host: url.hostname || '127.0.0.1', port: Number(url.port || 6379), db: Number(url.pathname.slice(1) || 0) };
}
