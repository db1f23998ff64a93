/** Those of `keys` that Redis has, in the same order: a scenario reports only what is really left. */
export async function existing(redis, keys) {
  const found = [];
  for (const key of keys) if (await redis.exists(key)) found.push(key);
  return found;
}
