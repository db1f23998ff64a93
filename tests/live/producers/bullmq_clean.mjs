// What the library itself has for cleaning, for measuring: queue.clean() until nothing is left, or removeOrphanedJobs().
// `--fill N --orphans M` makes a queue of N waiting jobs and M orphans first (and does nothing else).
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { BullmqLibrary } from './bullmq_library.mjs';
import { redisAddress } from './redis_address.mjs';

const { values: options } = parseArgs({
  options: {
    library: { type: 'string', default: 'bullmq6' },
    url: { type: 'string' },
    queue: { type: 'string', default: 'mail' },
    limit: { type: 'string', default: '1000' }, // jobs a call; 0: all in one
    'remove-orphans': { type: 'boolean', default: false },
    fill: { type: 'string', default: '0' },
    orphans: { type: 'string', default: '0' },
    bytes: { type: 'string', default: '300' },
  },
});
console.log = console.error; // libraries chat on stdout, which belongs to the report

const connection = { ...redisAddress(options.url), maxRetriesPerRequest: null };
const library = new BullmqLibrary(options.library, { connection, prefix: 'bull' });
const queue = library.queue(options.queue);

async function fill(waiting, orphans) {
  const body = 'x'.repeat(Number(options.bytes));
  for (let made = 0; made < waiting + orphans; made += 500)
    await queue.addBulk(Array.from({ length: Math.min(500, waiting + orphans - made) }, () => ({ name: 'email', data: { body } })));
  const redis = new Redis(connection);
  await redis.ltrim(queue.toKey('wait'), orphans, -1); // the jobs are there, and no state names them
  redis.disconnect();
  return waiting + orphans;
}

async function clean(limit) {
  let removed = 0;
  for (let last = limit; last === limit;) {
    last = (await queue.clean(0, limit, 'completed')).length;
    removed += last;
  }
  return removed;
}

let jobs = 0;
if (Number(options.fill) > 0) jobs = await fill(Number(options.fill), Number(options.orphans));
else if (options['remove-orphans']) jobs = await queue.removeOrphanedJobs();
else jobs = await clean(Number(options.limit) || Infinity);
await library.closeAll();
process.stdout.write(`${JSON.stringify({ jobs })}\n`, () => process.exit(0));
