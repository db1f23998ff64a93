// A believable shop for `headroom demo`, in two stages with Celery's between them (make_dumps.sh): `--stage old` leaves, two
// months ago, a queue of the past and the victim of a runbook; `--stage now` the queues in use.
import { parseArgs } from 'node:util';
import Redis from 'ioredis';
import { BullmqLibrary } from './bullmq_library.mjs';
import { ago, day, hour } from './past.mjs';
import { redisAddress } from './redis_address.mjs';

const { values: options } = parseArgs({
  options: { url: { type: 'string', default: process.env.REDIS_URL }, stage: { type: 'string', default: 'now' }, jobs: { type: 'string', default: '1500' } },
});
console.log = console.error;

const connection = { ...redisAddress(options.url), maxRetriesPerRequest: null };
const redis = new Redis(connection);
const open = (alias) => new BullmqLibrary(alias, { connection, prefix: 'bull' });
const jobs = Number(options.jobs);

const greeting = 'Thank you for your order. Thank you for choosing our tea. '.repeat(4);
const email = (n, outcome = 'complete') => ({ outcome, to: `customer${n}@shop.example`, template: 'order-confirmed', text: greeting });
const bulk = (count, name, make, opts) => Array.from({ length: count }, (_, n) => ({ name, data: make(n), opts }));

/** A queue of the time before 4, last worked on by 4: nothing waits, yet its index by priority was never trimmed. */
async function deadNewsletter() {
  const [old, newer] = [open('bullmq1'), open('bullmq4')];
  const letters = old.queue('newsletter');
  await letters.addBulk(bulk(Math.round(jobs / 3), 'letter', (n) => ({ to: n }), { priority: 2, removeOnComplete: true }));
  await newer.work('newsletter', { concurrency: 50 });
  await Promise.all([old.closeAll(), newer.closeAll()]);
}

/** Somebody freed memory with DEL bull:email:completed: the set is gone, the jobs are not. */
async function emailAfterRunbook() {
  const library = open('bullmq5');
  const queue = library.queue('email');
  await queue.addBulk(bulk(Math.round(jobs / 10), 'order-confirmed', email));
  await library.work('email', { concurrency: 50 });
  await redis.del('bull:email:completed');
  await library.closeAll();
}

/** Everything is kept for ever: a batch a day for a month, the last one today. */
async function emailToday(library) {
  const queue = library.queue('email');
  const days = 30;
  for (let age = days; age >= 0; age--) {
    await ago(age * day, async () => {
      await queue.addBulk(bulk(Math.round(jobs / (days + 1)), 'order-confirmed', email));
      if (age % 3 === 0) await queue.addBulk(bulk(2, 'order-confirmed', (n) => email(n, 'fail'), { attempts: 2 }));
      await library.work('email', { concurrency: 50 });
    });
  }
  await queue.addBulk(bulk(12, 'order-confirmed', email));
  await queue.addBulk(bulk(5, 'ask-for-review', email, { delay: 3 * day }));
  await queue.upsertJobScheduler('weekly-offer', { pattern: '0 6 * * 1', tz: 'Europe/Berlin' }, { name: 'offer', data: email(0) });
  await queue.trimEvents(200); // keeps the dump small
}

/** Finished invoices are removed, but each left a copy of its 1 KB result in the events. */
async function invoicesToday(library) {
  const queue = library.queue('invoices');
  await queue.addBulk(bulk(Math.round(jobs / 5), 'pdf', (n) => ({ outcome: 'completeWithBigResult', order: n }), { removeOnComplete: true }));
  await queue.addBulk(bulk(15, 'pdf', (n) => ({ outcome: 'fail', order: n }), { removeOnFail: { age: 30 * 24 * 3600 } }));
  await queue.add('pdf', { outcome: 'hang', order: 1 });
  await library.work('invoices', { concurrency: 20, hanging: 1, metrics: { maxDataPoints: 60 } });
  const flows = library.flows();
  const page = (n) => ({ name: 'page', queueName: 'invoices', data: { n }, opts: { delay: hour } });
  await flows.add({ name: 'month-end', queueName: 'invoices', data: {}, children: [page(1), page(2)] });
  await queue.addBulk(bulk(8, 'pdf', (n) => ({ order: n }), { priority: 5 }));
}

/** The server stamps events by itself: gives those of an old stage the age that the library gave to their jobs. */
async function ageEvents(key, age) {
  const entries = await redis.xrange(key, '-', '+');
  const rewrite = redis.pipeline().del(key);
  for (const [id, fields] of entries) {
    const [ms, sequence] = id.split('-');
    rewrite.xadd(key, `${Number(ms) - age}-${sequence}`, ...fields);
  }
  await rewrite.exec();
}

if (options.stage === 'old') {
  await ago(60 * day, async () => {
    await deadNewsletter();
    await emailAfterRunbook();
  });
  for (const queue of ['newsletter', 'email']) await ageEvents(`bull:${queue}:events`, 60 * day);
} else {
  const library = open('bullmq6');
  await emailToday(library);
  await invoicesToday(library);
  await library.closeAll();
}
process.stdout.write(`${JSON.stringify({ stage: options.stage, keys: await redis.dbsize() })}\n`, () => process.exit(0));
