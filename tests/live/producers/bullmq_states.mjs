// Every state a job of BullMQ can be in, made by its own calls: on one queue, on a paused one, and on one where nothing is kept.
import { ago, day, hour, minute, year } from './past.mjs';

const order = (outcome, n = 1) => ({ outcome, order: 1000 + n, to: `customer${n}@shop.example`, lines: [{ sku: 'TEA-250', count: 2 }] });

export async function makeStates(library, name, { lockDuration, work = true }) {
  const queue = library.queue(name);
  await queue.waitUntilReady();
  if (work) await makeFinishedAndActive(library, queue, lockDuration);
  await addWaiting(library, queue);
  await addSchedules(library, queue);
  if (library.major >= 5) await addDeduplicated(queue);
  const made = [queue, await makePaused(library, `${name}-paused`)];
  if (work) made.push(await makeDrained(library, `${name}-drained`));
  return made;
}

/** Completed, failed, waiting for a retry, and active under a worker that died. */
async function makeFinishedAndActive(library, queue, lockDuration) {
  const workers = { limiter: { max: 1000, duration: 10 * year }, metrics: { maxDataPoints: 60 }, lockDuration };
  // Two rounds some minutes apart: the `:data` list of metrics gets its first entry only when a minute has gone by.
  await ago(10 * minute, async () => {
    await queue.addBulk([1, 2, 3].map((n) => ({ name: 'email', data: order('complete', n) })));
    await queue.add('charge', order('fail', 4));
    await library.work(queue.name, workers);
  });
  await queue.add('email', order('completeWithLogs', 5));
  await queue.add('pdf', order('completeWithBigResult', 6));
  await queue.add('ping', order('completeWithNothing', 7));
  await queue.add('email', order('complete', 8), { priority: 3 });
  for (const id of customIds(library)) await queue.add('email', order('complete'), { jobId: id });
  await queue.add('charge', order('fail', 9), { attempts: 2 });
  await queue.add('charge', order('fail', 10), { attempts: 3, backoff: { type: 'exponential', delay: day } }); // stays delayed
  await queue.add('charge', order('fail', 11), { jobId: 'refused-11', stackTraceLimit: 1 });
  await queue.add('import', order('hang', 12), library.major >= 5 ? { deduplication: { id: 'nightly-import', ...nextIfActive(library) } } : {});
  await queue.add('import', order('hang', 13), { jobId: 'import-13' });
  await library.work(queue.name, { ...workers, hanging: 2 });
}

async function addWaiting(library, queue) {
  await queue.addBulk([21, 22, 23].map((n) => ({ name: 'email', data: order('complete', n) })));
  await queue.add('email', order('complete', 24), { lifo: true });
  const logged = await queue.add('email', order('complete', 25), { jobId: library.refusesColons ? 'user-43' : 'user:43' });
  await logged.log('queued by the web shop');
  await queue.add('email', order('complete', 26), { jobId: 'waiting:user:42', removeOnComplete: { age: 3600, count: 100 } });
  for (const [n, priority] of [[31, 1], [32, 5], [33, 5]]) await queue.add('email', order('complete', n), { priority });
  await queue.add('remind', order('complete', 41), { delay: day });
  await queue.add('remind', order('complete', 42), { delay: 30 * day, jobId: 'failed-payment-42' });
}

async function addSchedules(library, queue) {
  const data = order('complete', 51);
  if (library.hasSchedulers) {
    await queue.upsertJobScheduler('daily-report', { pattern: '0 6 * * *', tz: 'Europe/Berlin' }, { name: 'report', data });
    await queue.upsertJobScheduler('heartbeat', { every: hour }, { name: 'ping', data });
  }
  // The older form: `repeat` is an option of add() up to 5; 6 ignores it (see bull-bullmq.md 1.3).
  if (library.major <= 5) {
    const cron = library.major === 1 ? { cron: '15 7 * * *' } : { pattern: '15 7 * * *' };
    await queue.add('weekly', data, { repeat: { ...cron, tz: 'Europe/Berlin' } });
    await queue.add('poll', data, { repeat: { every: 6 * hour } });
  }
}

const nextIfActive = (library) => (library.version === '5.66.6' ? {} : { keepLastIfActive: true });

async function addDeduplicated(queue) {
  await queue.add('sync', order('complete', 61), { deduplication: { id: 'customer-61' } }); // until it finishes: no TTL
  await queue.add('sync', order('complete', 61), { deduplication: { id: 'customer-61' } }); // dropped
  await queue.add('sync', order('complete', 62), { deduplication: { id: 'customer-62', ttl: 10 * year } });
  await queue.add('sync', order('complete', 63), { delay: day, deduplication: { id: 'customer:63', ttl: 10 * year, extend: true, replace: true } });
  // The job that holds this id is active, so the next one is kept aside in `dn:`.
  await queue.add('import', order('complete', 64), { deduplication: { id: 'nightly-import', keepLastIfActive: true } });
}

/** Ids that a reader of key names takes for something else. Up to 4 any number of colons was allowed. */
function customIds(library) {
  const always = ['user:42:logs', 'order:7:lock', 'completed-42', 'metrics-7', 'waitlist-9', 'id with space', 'naïve-☕', 'glob*?[x]'];
  return library.refusesColons ? always : [...always, 'user:42', 'a:b:c:d:failed', '4711'];
}

async function makePaused(library, name) {
  const queue = library.queue(name);
  await queue.add('email', order('complete', 71));
  await queue.pause();
  await queue.addBulk([72, 73].map((n) => ({ name: 'email', data: order('complete', n) })));
  await queue.add('email', order('complete', 74), { priority: 2 });
  return queue;
}

/** Nothing is kept, yet `id`, `meta` and the events stay for good. */
async function makeDrained(library, name) {
  const queue = library.queue(name, { defaultJobOptions: { removeOnComplete: true, removeOnFail: true } });
  await queue.addBulk([81, 82, 83].map((n) => ({ name: 'pdf', data: order('completeWithBigResult', n) })));
  await queue.add('charge', order('fail', 84));
  await library.work(name);
  return queue;
}
