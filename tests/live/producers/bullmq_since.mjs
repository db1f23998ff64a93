// What happens to finished jobs of a real BullMQ queue after somebody has made a file of it: some are put to work again,
// some removed, some removed and added anew under the same id.
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { BullmqLibrary } from './bullmq_library.mjs';
import { redisAddress } from './redis_address.mjs';

const { values: options } = parseArgs({
  options: {
    library: { type: 'string', default: 'bullmq6' },
    url: { type: 'string' },
    queue: { type: 'string', default: 'mail' },
    retry: { type: 'string', default: '' }, // ids, with commas: wait again
    'run-again': { type: 'string', default: '' }, // retried, and completed a second time
    again: { type: 'string', default: '' }, // removed, and another job gets the id, as after a reset of the counter: wait
    remove: { type: 'string', default: '' },
  },
});
console.log = console.error; // libraries chat on stdout, which belongs to the report

const connection = { ...redisAddress(options.url), maxRetriesPerRequest: null };
const library = new BullmqLibrary(options.library, { connection, prefix: 'bull' });
const queue = library.queue(options.queue);
const jobs = (list) => Promise.all(list.split(',').filter(Boolean).map((id) => queue.getJob(id)));

for (const job of await jobs(options['run-again'])) await job.retry('completed');
if (options['run-again']) await library.work(options.queue);
for (const job of await jobs(options.retry)) await job.retry('completed');
for (const job of await jobs(options.remove)) await job.remove();
const again = await jobs(options.again);
if (again.length > 0) {
  const redis = new Redis(connection);
  const counter = await redis.get(queue.toKey('id'));
  for (const job of again) {
    await job.remove();
    await redis.set(queue.toKey('id'), Number(job.id) - 1);
    await queue.add(job.name, { added: 'anew' });
  }
  await redis.set(queue.toKey('id'), counter);
  redis.disconnect();
}
const counts = await queue.getJobCounts('waiting', 'completed');
await library.closeAll();
process.stdout.write(`${JSON.stringify(counts)}\n`, () => process.exit(0));
