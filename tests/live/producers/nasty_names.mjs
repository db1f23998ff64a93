// Queues whose names or prefixes look like something else: hash tags, state names, spaces, quotes, newlines, nested names.

const always = ['wait', 'failed', 'active-users', 'waitlist', 'meta', 'with space', 'it\'s "quoted"', 'line\nbreak', 'close}brace',
  '{tagged}', 'grüße-日本語-🚚', 'glob*[a-z]?', 'tab\tand\u001b]0;title\u0007'];
const onlyWithColons = ['mail:eu', 'mail:eu:wait', 'mail:7', 'trailing:'];

/** Also for Bull, whose queues take the same calls. All at once: a worker of Bull needs half a second to close. */
export function makeNames(library) {
  const names = [...always, 'mail', ...(library.refusesColons ? [] : onlyWithColons)];
  // The last prefix puts a queue inside the queue `mail`.
  const prefixes = ['{shop}', 'app:prod', `${library.prefix}:mail`];
  return Promise.all([...names.map((name) => makeSmall(library, name)), ...prefixes.map((prefix) => makeSmall(library, 'orders', prefix))]);
}

/** Two waiting jobs and one completed. */
async function makeSmall(library, name, prefix = library.prefix) {
  const queue = library.queue(name, { prefix });
  await queue.add('one', { outcome: 'complete' });
  await library.work(name, { prefix });
  for (const [n, word] of ['two', 'three'].entries()) await queue.add(word, { n });
  return queue;
}
