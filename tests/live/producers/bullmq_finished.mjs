// Lets a real BullMQ queue finish many jobs of one size, and prints how many it holds then. For what a job costs.
import { parseArgs } from 'node:util';
import { BullmqLibrary } from './bullmq_library.mjs';
import { redisAddress } from './redis_address.mjs';

const { values: options } = parseArgs({
  options: {
    library: { type: 'string', default: 'bullmq6' },
    url: { type: 'string' },
    queue: { type: 'string', default: 'mail' },
    jobs: { type: 'string', default: '3000' },
    bytes: { type: 'string', default: '300' }, // of the data of each
  },
});
console.log = console.error; // libraries chat on stdout, which belongs to the report

const connection = { ...redisAddress(options.url), maxRetriesPerRequest: null };
const library = new BullmqLibrary(options.library, { connection, prefix: 'bull' });
const queue = library.queue(options.queue);
const body = 'x'.repeat(Number(options.bytes));
const jobs = Number(options.jobs);
for (let made = 0; made < jobs;) {
  const goal = Math.min(made + 10_000, jobs); // so many at a time, since working off has a time limit
  for (; made < goal; made = Math.min(made + 500, goal))
    await queue.addBulk(Array.from({ length: Math.min(500, goal - made) }, () => ({ name: 'email', data: { body } })));
  await library.work(options.queue, { concurrency: 50 });
}
const completed = await queue.getCompletedCount();
await library.closeAll();
process.stdout.write(`${JSON.stringify({ completed })}\n`, () => process.exit(0));
