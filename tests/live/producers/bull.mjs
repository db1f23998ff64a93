// Makes the real Bull leave every state it has in a Redis, and prints what Bull itself says about it. See README.md.
import { parseArgs } from 'node:util';
import Redis from 'ioredis';
import { makeBullDebris } from './bull_debris.mjs';
import { BullLibrary, bullAliases } from './bull_library.mjs';
import { makeBullStates } from './bull_states.mjs';
import { makeNames } from './nasty_names.mjs';
import { ago, day } from './past.mjs';
import { reportBull } from './queue_report.mjs';
import { redisAddress } from './redis_address.mjs';

const { values: options } = parseArgs({
  options: {
    library: { type: 'string', default: 'bull4' },
    url: { type: 'string', default: process.env.REDIS_URL }, // by environment where the URL holds a password
    prefix: { type: 'string', default: 'bull' },
    queue: { type: 'string', default: 'shop' },
    parts: { type: 'string', default: 'states,names' },
    'seed-only': { type: 'boolean', default: false },
    'age-days': { type: 'string', default: '0' },
    'lock-ms': { type: 'string', default: '30000' },
  },
});
if (!bullAliases.includes(options.library) || !options.url) {
  console.error(`usage: bull.mjs --library ${bullAliases.join('|')} --url URL [--prefix P] [--queue NAME]
       [--parts states,names,debris] [--seed-only] [--age-days N] [--lock-ms N]`);
  process.exit(2);
}
console.log = console.error; // libraries chat on stdout, which belongs to the report

const connection = redisAddress(options.url);
const redis = new Redis(connection);
const parts = options['seed-only'] ? ['states'] : options.parts.split(',');

async function make(library) {
  const queues = [];
  const debris = [];
  const how = { lockDuration: Number(options['lock-ms']), work: !options['seed-only'] };
  if (parts.includes('states')) queues.push(...(await makeBullStates(library, options.queue, how)));
  if (parts.includes('names')) queues.push(...(await makeNames(library)));
  if (parts.includes('debris')) await makeBullDebris(library, redis, { name: options.queue, queues, debris });
  return { library: options.library, version: library.version, queues: await reportBull(redis, queues), debris };
}

const library = new BullLibrary(options.library, { connection, prefix: options.prefix });
const report = await ago(Number(options['age-days']) * day, () => make(library));
await library.closeAll();
await redis.quit();
process.stdout.write(`${JSON.stringify(report, null, 1)}\n`, () => process.exit(0));
