// Makes the real BullMQ leave every state it has in a Redis, and prints what BullMQ itself says about it. See README.md.
import { parseArgs } from 'node:util';
import Redis from 'ioredis';
import { BullmqLibrary, bullmqAliases } from './bullmq_library.mjs';
import { makeDebris } from './bullmq_debris.mjs';
import { makeFlows } from './bullmq_flows.mjs';
import { makeNames } from './nasty_names.mjs';
import { makeStates } from './bullmq_states.mjs';
import { ago, day } from './past.mjs';
import { reportBullmq } from './queue_report.mjs';
import { redisAddress } from './redis_address.mjs';

const { values: options } = parseArgs({
  options: {
    library: { type: 'string', default: 'bullmq6' },
    url: { type: 'string', default: process.env.REDIS_URL }, // by environment where the URL holds a password
    prefix: { type: 'string', default: 'bull' },
    queue: { type: 'string', default: 'shop' },
    parts: { type: 'string', default: 'states,flows,names' },
    'seed-only': { type: 'boolean', default: false },
    'age-days': { type: 'string', default: '0' },
    'lock-ms': { type: 'string', default: '30000' },
  },
});
if (!bullmqAliases.includes(options.library) || !options.url) {
  console.error(`usage: bullmq.mjs --library ${bullmqAliases.join('|')} --url URL [--prefix P] [--queue NAME]
       [--parts states,flows,names,debris] [--seed-only] [--age-days N] [--lock-ms N]`);
  process.exit(2);
}
console.log = console.error; // libraries chat on stdout, which belongs to the report

const connection = { ...redisAddress(options.url), maxRetriesPerRequest: null };
const redis = new Redis(connection);
const parts = options['seed-only'] ? ['states'] : options.parts.split(',');

const open = (alias) => new BullmqLibrary(alias, { connection, prefix: options.prefix });

async function make(library) {
  const how = { lockDuration: Number(options['lock-ms']), work: !options['seed-only'] };
  const queues = [];
  const debris = [];
  if (parts.includes('states')) queues.push(...(await makeStates(library, options.queue, how)));
  if (parts.includes('flows')) queues.push(...(await makeFlows(library, options.queue, how)));
  if (parts.includes('names')) queues.push(...(await makeNames(library)));
  if (parts.includes('debris')) await makeDebris(library, redis, { name: options.queue, queues, debris, openOther: open });
  return { library: options.library, version: library.version, queues: await reportBullmq(library, redis, queues), debris };
}

const library = open(options.library);
const report = await ago(Number(options['age-days']) * day, () => make(library));
await library.closeAll();
await redis.quit();
process.stdout.write(`${JSON.stringify(report, null, 1)}\n`, () => process.exit(0));
