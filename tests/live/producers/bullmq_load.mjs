// Keeps real BullMQ of three majors busy at once, with everything a job can go through, until stdin closes or SIGTERM
// comes. Prints one line of JSON when all queues are at work, and another at the end. See README.md.
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { BullmqLibrary } from './bullmq_library.mjs';
import { redisAddress } from './redis_address.mjs';

const { values: options } = parseArgs({
  options: {
    url: { type: 'string', default: process.env.REDIS_URL }, // by environment where the URL holds a password
    waiting: { type: 'string', default: '120' }, // jobs under way in each queue: what is kept has a limit too
    concurrency: { type: 'string', default: '10' },
  },
});
if (!options.url) {
  console.error('usage: bullmq_load.mjs --url URL [--waiting N] [--concurrency N]');
  process.exit(2);
}

const connection = { ...redisAddress(options.url), maxRetriesPerRequest: null };
const busyWhen = Number(options.waiting);
// Locks are not renewed, so a job that takes longer is found stalled and given to another worker, as after a crash.
const lockMs = 2_000;
const workers = { concurrency: Number(options.concurrency), lockDuration: lockMs, lockRenewTime: 86_400_000, stalledInterval: 500, maxStalledCount: 1 };
const unfinished = ['waiting', 'paused', 'active', 'delayed', 'prioritized', 'waiting-children'];
const kept = [{ removeOnComplete: { count: 150 } }, { removeOnComplete: { age: 2, count: 200 } }, { removeOnComplete: { age: 3600, count: 150 } }];

let stopping = false;
let serial = 0;
const problems = new Map();
const note = ({ message }) => {
  const problem = message.split('\n')[0].replace(/[\w:{}-]*\d[\w:-]*/g, 'N');
  problems.set(problem, (problems.get(problem) ?? 0) + 1);
};
// Libraries chat on stdout, which belongs to the report.
console.log = console.warn = console.error = (...words) => note({ message: words.join(' ') });

class BusyQueue {
  constructor(library, name) {
    const counts = { added: 0, completed: 0, failed: 0, attempts: 0, stalled: 0 };
    Object.assign(this, { library, root: `${library.prefix}:${name}`, counts });
    this.queue = library.queue(name, { streams: { events: { maxLen: 1000 } } });
    const worker = library.worker(name, (job) => (counts.attempts++, work(job)), workers);
    worker.on('completed', () => counts.completed++);
    worker.on('failed', (job) => (counts.failed += job?.finishedOn ? 1 : 0));
    worker.on('stalled', () => counts.stalled++);
  }

  async underWay() {
    const counts = await this.queue.getJobCounts(...unfinished);
    return Object.values(counts).reduce((sum, count) => sum + count, 0);
  }
}

/** What a job does: logs, progress, a wait, an error in its first attempts or in all of them. */
async function work(job) {
  const { failures = 0, logs = 0, ms = 0 } = job.data;
  for (let line = 0; line < logs; line++) await job.log(`line ${line} of ${job.id}`);
  if (logs) await job.updateProgress(50);
  if (ms) await pause(ms);
  if (job.attemptsMade < failures) throw new Error('smtp.shop.example: 421 try again later');
  return { sent: true, order: job.id };
}

/** Ids that a reader of key names takes for something else. From 5 on, only exactly two colons. */
function customId(library, n) {
  const forms = library.refusesColons ? [`order:${n}:mail`, `order:${n}:failed`, `ref-${n}`] : [`order:${n}`, `a:b:c:${n}`, `order:${n}:failed`];
  return forms[n % forms.length];
}

function mail(library) {
  const n = ++serial;
  const data = { order: n, to: `customer${n}@shop.example`, ms: n % 300 === 0 ? 2 * lockMs : n % 4 };
  const opts = { ...kept[n % kept.length], removeOnFail: { count: 50 } };
  switch (n % 9) {
    case 0: return { name: 'remind', data, opts: { ...opts, delay: 20 + (n % 300) } };
    case 1: return { name: 'mail', data, opts: { ...opts, priority: 1 + (n % 7) } };
    case 2: return { name: 'charge', data: { ...data, failures: n % 5 }, opts: { ...opts, attempts: 3, backoff: { type: 'exponential', delay: 15 } } };
    case 3: return { name: 'mail', data, opts: { ...opts, jobId: customId(library, n) } };
    case 4: return { name: 'mail', data, opts: { ...opts, lifo: true } };
    case 5: return { name: 'pdf', data: { ...data, logs: 2 }, opts };
    case 6: return { name: 'sync', data, opts: { ...opts, ...(library.major >= 5 ? { deduplication: { id: `customer-${n % 20}` } } : {}) } };
    case 7: return { name: 'ping', data, opts: { ...opts, removeOnComplete: true } };
    default: return { name: 'mail', data: { ...data, failures: 1 }, opts: { ...opts, attempts: 2 } };
  }
}

/** An order waits for its items, which stand in another queue; one in eleven is given up because an item fails. */
function order(names) {
  const n = ++serial;
  const opts = { ...kept[n % kept.length], removeOnFail: { count: 50 } };
  const items = Array.from({ length: 1 + (n % 3) }, (_, item) => ({
    name: 'item', queueName: names.items, data: { item, ms: n % 200 === 0 ? 2 * lockMs : n % 5, logs: n % 5 === 0 ? 1 : 0, failures: n % 11 === 0 ? 9 : n % 2 },
    opts: { ...opts, attempts: 2, backoff: { type: 'fixed', delay: 10 }, ...(n % 22 === 0 ? { removeDependencyOnFailure: true } : { failParentOnFailure: true }) },
  }));
  return { name: 'order', queueName: names.orders, data: { order: n }, opts: { ...opts, ...(n % 4 === 0 ? { jobId: `order-${n}` } : {}) }, children: items };
}

/** Repeats until the end; what an operation of ours meets in a job that has moved on meanwhile is no matter. */
async function forever(ms, step) {
  while (!stopping) {
    await step().catch((error) => stopping || note(error));
    await pause(ms);
  }
}

async function feed(busy, batch) {
  if ((await busy.underWay()) < busyWhen) busy.counts.added += await batch();
}

async function interrupt({ queue }) {
  await queue.pause();
  await pause(60);
  await queue.resume();
}

async function shuffle({ queue }) {
  const [delayed] = await queue.getDelayed(5, 5); // the first one may be due before we are back
  await delayed?.promote().catch(note);
  const [first, second] = await queue.getJobs(['prioritized'], 0, 1);
  await first?.changePriority({ priority: 9 }).catch(note);
  await second?.remove().catch(note);
  const [failed] = await queue.getFailed(0, 0);
  await failed?.retry('failed').catch(note);
  await queue.clean(1_000, 5, 'completed');
}

async function repeat({ queue, library }) {
  const [data, opts] = [{ ms: 1 }, { ...kept[0], removeOnFail: { count: 10 } }];
  if (!library.hasSchedulers) return queue.add('tick', data, { ...opts, repeat: { every: 150 } });
  await queue.upsertJobScheduler('tick', { every: 150 }, { name: 'tick', data, opts });
  return queue.upsertJobScheduler('each-second', { pattern: '* * * * * *' }, { name: 'report', data, opts });
}

/** The queues of one major, and all that goes on in them. */
async function busyShop(alias, prefix, names) {
  const library = new BullmqLibrary(alias, { connection, prefix });
  const [mails, orders, items] = [names.mail, names.orders, names.items].map((name) => new BusyQueue(library, name));
  const flows = library.flows();
  await repeat(mails);
  forever(5, () => feed(mails, async () => (await mails.queue.addBulk(Array.from({ length: 40 }, () => mail(library)))).length));
  forever(5, () => feed(orders, async () => {
    const made = await flows.addBulk(Array.from({ length: 10 }, () => order(names)));
    items.counts.added += made.reduce((sum, { children }) => sum + children.length, 0);
    return made.length;
  }));
  for (const busy of [mails, items]) forever(250, () => interrupt(busy));
  forever(40, () => shuffle(mails));
  return [mails, orders, items].map((busy) => Object.assign(busy, { version: library.version }));
}

const report = (queues) => ({ queues: queues.map(({ root, version, counts }) => ({ root, version, ...counts })), problems: Object.fromEntries(problems) });

const queues = (await Promise.all([
  busyShop('bullmq6', '{shop:6}', { mail: 'mail', orders: 'orders', items: 'items' }),
  busyShop('bullmq5', 'app:five', { mail: 'mail', orders: 'orders', items: 'items' }),
  busyShop('bullmq4', 'bull', { mail: 'shop', orders: 'shop:orders', items: 'shop:items' }), // one queue inside another
])).flat();
const end = new Promise((resolve) => {
  process.stdin.on('end', resolve).on('error', resolve).resume();
  process.on('SIGTERM', resolve);
});
while (queues.some(({ counts }) => counts.completed < 50)) if (await Promise.race([end.then(() => true), pause(20)])) break;
process.stdout.write(`${JSON.stringify(report(queues))}\n`);
await end;
stopping = true;
process.stdout.write(`${JSON.stringify(report(queues))}\n`, () => process.exit(0));
