// Real BullMQ of three majors at full load, every job accounted for: how often it was to run, how often it ran, and whether
// it ran with its own data. Nothing finished is removed by the library, so that there is something to clean. Runs until
// stdin closes, works everything off, and prints one line of JSON at the beginning and one at the end. See README.md.
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { BullmqLibrary } from './bullmq_library.mjs';
import { redisAddress } from './redis_address.mjs';

const { values: options } = parseArgs({
  options: {
    url: { type: 'string', default: process.env.REDIS_URL },
    waiting: { type: 'string', default: '60' },
    pause: { type: 'string', default: '40' }, // ms between two batches of new jobs
    concurrency: { type: 'string', default: '10' },
    'no-flows': { type: 'boolean', default: false },
    patience: { type: 'string', default: '90' }, // seconds that working off may take
    libraries: { type: 'string', default: 'bullmq6,bullmq5,bullmq4' },
  },
});
if (!options.url) {
  console.error('usage: bullmq_accounted.mjs --url URL [--waiting N] [--pause MS] [--concurrency N] [--patience S] [--libraries A,B] [--no-flows]');
  process.exit(2);
}

const connection = { ...redisAddress(options.url), maxRetriesPerRequest: null };
const unfinished = ['waiting', 'paused', 'active', 'delayed', 'prioritized', 'waiting-children'];
let stopping = false;
let serial = 0;
const problems = new Map();
const note = ({ message }) => {
  const problem = message.split('\n')[0].replace(/[\w:{}-]*\d[\w:-]*/g, 'N');
  problems.set(problem, (problems.get(problem) ?? 0) + 1);
};
console.log = console.warn = console.error = (...words) => note({ message: words.join(' ') });

/** What only the job with this number knows. */
const token = (number) => `${(number * 2654435761) % 4294967296}`;

/** Every job by its number: what it was to do, and what it did. */
class Ledger {
  jobs = new Map();
  nobodys = 0; // runs with data that no job has

  enter(root, { runs }) {
    const number = ++serial;
    this.jobs.set(number, { root, runs, ran: 0, added: false });
    return { number, token: token(number) };
  }
  added({ number }) {
    this.jobs.get(number).added = true;
  }
  ran(root, job) {
    const entry = this.jobs.get(job.data?.number);
    if (!entry || job.data.token !== token(job.data.number) || entry.root !== root || !job.name) this.nobodys++;
    else entry.ran++;
    return entry;
  }
  /** Numbers of jobs that were added and have not run as often as they should. */
  open() {
    return [...this.jobs].filter(([, job]) => job.added && job.ran < job.runs);
  }
  of(root) {
    const jobs = [...this.jobs.values()].filter((job) => job.root === root && job.added);
    return {
      added: jobs.length,
      executions: jobs.reduce((sum, job) => sum + job.ran, 0),
      expected: jobs.reduce((sum, job) => sum + job.runs, 0),
      too_few: jobs.filter((job) => job.ran < job.runs).length,
      too_often: jobs.filter((job) => job.ran > job.runs).length,
    };
  }
}
const ledger = new Ledger();

class BusyQueue {
  constructor(library, name) {
    Object.assign(this, { library, name, root: `${library.prefix}:${name}`, ticks: 0, lastTick: 0, completed: 0 });
    this.queue = library.queue(name);
    const worker = library.worker(name, (job) => this.work(job), { concurrency: Number(options.concurrency) });
    worker.on('completed', () => this.completed++);
  }

  async work(job) {
    if (job.name === 'tick') {
      this.ticks++;
      this.lastTick = Date.now();
      if (job.data?.token !== 'tick') ledger.nobodys++;
      return;
    }
    const entry = ledger.ran(this.root, job);
    const { ms = 0, failures = 0, children = 0 } = job.data ?? {};
    if (ms) await pause(ms);
    if (entry && entry.ran <= failures) throw new Error('smtp.shop.example: 421 try again later');
    if (children && Object.keys(await job.getChildrenValues()).length !== children) problems.set('children values missing', (problems.get('children values missing') ?? 0) + 1);
    return { sent: true, number: job.data?.number };
  }

  async underWay() {
    const counts = await this.queue.getJobCounts(...unfinished);
    return Object.values(counts).reduce((sum, count) => sum + count, 0);
  }
}

function mail(queue) {
  const n = serial + 1;
  const make = (runs, more = {}, opts = {}) => ({ name: 'mail', data: { ...ledger.enter(queue.root, { runs }), ms: n % 4, ...more }, opts });
  switch (n % 7) {
    case 0: return make(1, {}, { delay: 20 + (n % 1500) });
    case 1: return make(1, {}, { priority: 1 + (n % 7) });
    case 2: return make(1 + (n % 3), { failures: n % 3 }, { attempts: 3, backoff: { type: 'exponential', delay: 15 } });
    case 3: return make(2, { failures: 9 }, { attempts: 2 }); // fails for good
    case 4: return make(1, {}, { lifo: true });
    case 5: return make(1, {}, { jobId: `ref-${n}` });
    default: return make(1, { text: 'x'.repeat(300) });
  }
}

function order(orders, items) {
  const n = serial + 1;
  const parts = 1 + (n % 3);
  return {
    name: 'order', queueName: orders.name, data: { ...ledger.enter(orders.root, { runs: 1 }), children: parts },
    children: Array.from({ length: parts }, (_, item) => ({
      name: 'item', queueName: items.name, data: { ...ledger.enter(items.root, { runs: 1 + (n % 2) }), ms: n % 5, failures: n % 2, item },
      opts: { attempts: 2, backoff: { type: 'fixed', delay: 10 } },
    })),
  };
}

async function forever(ms, step) {
  while (!stopping) {
    await step().catch((error) => stopping || note(error));
    await pause(ms);
  }
}

async function feedMails(mails) {
  if ((await mails.underWay()) >= Number(options.waiting)) return;
  const jobs = Array.from({ length: 30 }, () => mail(mails));
  await mails.queue.addBulk(jobs);
  jobs.forEach(({ data }) => ledger.added(data));
}

async function feedOrders(flows, orders, items) {
  if ((await orders.underWay()) >= Number(options.waiting)) return;
  const made = Array.from({ length: 8 }, () => order(orders, items));
  await flows.addBulk(made);
  for (const { data, children } of made) [data, ...children.map((child) => child.data)].forEach((one) => ledger.added(one));
}

async function interrupt({ queue }) {
  await queue.pause();
  await pause(60);
  await queue.resume();
}

async function tick({ queue, library }) {
  if (!library.hasSchedulers) return queue.add('tick', { token: 'tick' }, { repeat: { every: 200 } });
  return queue.upsertJobScheduler('tick', { every: 200 }, { name: 'tick', data: { token: 'tick' } });
}

async function busyShop(alias, prefix) {
  const library = new BullmqLibrary(alias, { connection, prefix });
  const [mails, orders, items] = ['mail', 'orders', 'items'].map((name) => new BusyQueue(library, name));
  const flows = library.flows();
  await tick(mails);
  forever(Number(options.pause), () => feedMails(mails));
  if (!options['no-flows']) forever(Number(options.pause), () => feedOrders(flows, orders, items));
  for (const busy of [mails, items]) forever(400, () => interrupt(busy));
  return options['no-flows'] ? [mails] : [mails, orders, items];
}

const report = (queues) => ({
  queues: queues.map((busy) => ({ root: busy.root, version: busy.library.version, ticks: busy.ticks, tick_age_ms: Date.now() - busy.lastTick, ...ledger.of(busy.root) })),
  nobodys: ledger.nobodys,
  problems: Object.fromEntries(problems),
});

const prefixes = { bullmq6: '{shop:6}', bullmq5: 'app:five', bullmq4: 'bull' };
const queues = (await Promise.all(options.libraries.split(',').map((alias) => busyShop(alias, prefixes[alias])))).flat();
const end = new Promise((resolve) => process.stdin.on('end', resolve).on('error', resolve).resume());
while (queues.some(({ completed }) => completed < 30)) if (await Promise.race([end.then(() => true), pause(20)])) break;
process.stdout.write(`${JSON.stringify(report(queues))}\n`);
await end;
stopping = true;
await pause(500);
await Promise.all(queues.map(({ queue }) => queue.resume().catch(note)));
for (const until = Date.now() + Number(options.patience) * 1000; ledger.open().length > 0 && Date.now() < until;) await pause(50);
await pause(1_000); // what would run once too often does it now
process.stdout.write(`${JSON.stringify(report(queues))}\n`, () => process.exit(0));
