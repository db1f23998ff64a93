// Every state a job of Bull can be in, made by its own calls.
import { ago, day, hour, minute, year } from './past.mjs';

const order = (outcome, n = 1) => ({ outcome, order: 1000 + n, to: `customer${n}@shop.example`, lines: [{ sku: 'TEA-250', count: 2 }] });

export async function makeBullStates(library, name, { lockDuration, work = true }) {
  const queue = library.queue(name);
  await queue.isReady();
  if (work) await makeFinishedAndActive(library, queue, lockDuration);
  await addWaiting(library, queue);
  await queue.add('report', order('complete', 51), { repeat: { cron: '0 6 * * *', tz: 'Europe/Berlin' } });
  await queue.add('ping', order('complete', 52), { repeat: { every: hour }, jobId: 'heartbeat' });
  const made = [queue, await makePaused(library, `${name}-paused`)];
  if (work) made.push(await makeGrouped(library, `${name}-grouped`), await makeDrained(library, `${name}-drained`));
  return made;
}

async function makeFinishedAndActive(library, queue, lockDuration) {
  const worker = { lockDuration, metrics: { maxDataPoints: 60 }, limiter: { max: 1000, duration: 10 * year } };
  await ago(10 * minute, async () => {
    await addAll(queue, [['email', order('complete', 1)], ['email', order('complete', 2)], ['charge', order('fail', 3)]]);
    await library.work(queue.name, worker);
  });
  await addAll(queue, [
    ['email', order('completeWithLogs', 5)],
    ['pdf', order('completeWithBigResult', 6)],
    ['ping', order('completeWithNothing', 7)],
    ['email', order('complete', 8), { priority: 3 }],
    ...customIds.map((jobId) => ['email', order('complete'), { jobId }]),
    ['charge', order('fail', 9), { attempts: 2 }],
    ['charge', order('fail', 10), { attempts: 3, backoff: { type: 'exponential', delay: day } }], // stays delayed
    ['import', order('hang', 12)],
    ['import', order('hang', 13), { jobId: 'import:13' }],
  ]);
  await library.work(queue.name, { ...worker, hanging: 2 });
}

const customIds = ['user:42', 'user:42:logs', 'order:7:lock', 'a:b:c:d:failed', 'completed-42', 'metrics-7', 'waitlist-9', '4711',
  'id with space', 'naïve-☕', 'glob*?[x]'];

async function addAll(queue, jobs) {
  for (const [name, data, options] of jobs) await queue.add(name, data, options);
}

async function addWaiting(library, queue) {
  await addAll(queue, [
    ['email', order('complete', 21)],
    ['email', order('complete', 22), { lifo: true }],
    ['email', order('complete', 31), { priority: 1 }],
    ['email', order('complete', 32), { priority: 5 }],
    ['email', order('complete', 33), { priority: 5, jobId: 'waiting:user:42' }],
    ['remind', order('complete', 41), { delay: day }],
    ['remind', order('complete', 42), { delay: 30 * day, jobId: 'failed-payment-42' }],
  ]);
  const logged = await queue.add('email', order('complete', 25), { jobId: 'user:43' });
  await logged.log('queued by the web shop');
  if (library.major >= 4) {
    await queue.add('sync', order('complete', 61), { debounce: { id: 'customer:61' } });
    await queue.add('sync', order('complete', 61), { debounce: { id: 'customer:61' } }); // dropped
    await queue.add('sync', order('complete', 62), { debounce: { id: 'customer-62', ttl: 10 * year } });
  }
}

async function makePaused(library, name) {
  const queue = library.queue(name);
  await queue.add('email', order('complete', 71));
  await queue.pause();
  await addAll(queue, [['email', order('complete', 72)], ['email', order('complete', 73), { priority: 2 }]]);
  return queue;
}

/** A limit per customer: one job of each has run, the others stand in `delayed` and in the sets of the limiter. */
async function makeGrouped(library, name) {
  const options = { limiter: { max: 1, duration: year, groupKey: 'customer' } };
  const queue = library.queue(name, options);
  for (const customer of ['ann', 'ann', 'ann', 'bob', 'bob']) await queue.add('email', { outcome: 'complete', customer });
  await library.work(name, options);
  return queue;
}

/** Nothing is kept; only `id` stays. */
async function makeDrained(library, name) {
  const queue = library.queue(name, { defaultJobOptions: { removeOnComplete: true, removeOnFail: true } });
  await addAll(queue, [['pdf', order('completeWithBigResult', 81)], ['charge', order('fail', 82)]]);
  await library.work(name);
  return queue;
}
