// Makes node-resque leave every kind of key: a Node implementation of Resque that keeps Resque's own key names. See README.md.
import { createRequire } from 'node:module';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import Redis from 'ioredis';
import { Queue, Worker } from 'node-resque';
import { day } from './past.mjs';
import { redisAddress } from './redis_address.mjs';

const { values: options } = parseArgs({ options: { url: { type: 'string', default: process.env.REDIS_URL } } });
console.log = console.error;

const redis = new Redis(redisAddress(options.url));
const connection = { redis, namespace: 'resque' };
const jobs = {
  mail: { perform: async () => 'sent' },
  charge: { perform: async () => { throw new Error('card refused'); } },
  hang: { perform: () => new Promise(() => {}) },
};

async function work(queue, name, untilIdle) {
  const worker = new Worker({ connection, queues: [queue], name, timeout: 10 }, jobs);
  worker.on('error', () => {});
  await worker.connect();
  worker.start(); // never awaited: a worker that hangs never stops
  while (!(await untilIdle())) await pause(20);
  return worker;
}

const queue = new Queue({ connection }, jobs);
await queue.connect();
for (let n = 1; n <= 3; n++) await queue.enqueue('orders', 'mail', [n]);
for (let n = 1; n <= 2; n++) await queue.enqueue('orders', 'charge', [n]);
const ended = await work('orders', 'shop:1', async () => Number(await redis.get('resque:stat:processed')) + Number(await redis.get('resque:stat:failed')) >= 5);
await ended.end();
await queue.enqueue('slow', 'hang', [1]);
await work('slow', 'shop:2', async () => Object.values(await queue.allWorkingOn()).some((held) => held.queue === 'slow')); // dies with its job
for (let n = 4; n <= 6; n++) await queue.enqueue('orders', 'mail', [n]);
await queue.enqueueIn(30 * day, 'orders', 'mail', [7]);

const rows = [];
for (const name of await queue.queues()) rows.push({ queue: name, root: `resque:queue:${name}`, states: { queued: await queue.length(name) } });
const report = {
  library: 'node-resque',
  version: createRequire(import.meta.url)('node-resque/package.json').version,
  queues: rows,
  failed: await queue.failedCount(),
  delayed: Object.values(await queue.allDelayed()).flat().length,
  workers: await queue.workers(),
  stats: await queue.stats(),
  debris: [{ kind: 'dead_worker', key: 'resque:workers', member: 'shop:2:slow', why: 'it died with a job in its hands' }],
};
process.stdout.write(`${JSON.stringify(report, null, 1)}\n`, () => process.exit(0));
