// Debris of BullMQ, each kind on a queue of its own and each by the way it really comes about: a key deleted by hand or
// by eviction, a worker that meets a job without a hash, a call of the library that forgets something.
import { upgradeDebris } from './bullmq_upgrade_debris.mjs';
import { existing } from './existing_keys.mjs';
import { day, year } from './past.mjs';

/** Runs every scenario that this major can produce; adds to `queues` (open queues) and `debris` (what was left where). */
export async function makeDebris(library, redis, { name, queues, debris, openOther }) {
  for (const [kind, scenario] of Object.entries({ ...ownDebris, ...upgradeDebris })) {
    if (!scenario.by(library)) continue;
    const queue = library.queue(`${name}-${kind}`);
    await queue.waitUntilReady();
    const root = `${library.prefix}:${queue.name}`;
    const left = await scenario.leave({ library, queue, redis, root, openOther, alsoReport: (other) => queues.push(other) });
    if (left.length === 0) throw new Error(`${kind}: ${library.version} left nothing, so this scenario is wrong`);
    queues.push(queue);
    debris.push(...left.map((one) => ({ kind, scenario: kind, queue: queue.name, root, ...one, why: scenario.why })));
  }
}

const job = (n, opts = {}, outcome = 'complete') => ({ name: 'email', data: { outcome, to: `customer${n}@shop.example` }, opts });
const every = () => true;

const ownDebris = {
  orphan: {
    by: every,
    why: 'DEL of the `completed` set: hashes and logs stay, no state set names them, and a custom id among them blocks add()',
    async leave({ library, queue, redis, root }) {
      await queue.addBulk([job(1), job(2), job(3, {}, 'completeWithLogs'), job(4, { jobId: 'order-77' }), job(5, { jobId: 'user:42:logs' })]);
      await library.work(queue.name);
      const ids = await redis.zrange(`${root}:completed`, 0, -1);
      await redis.del(`${root}:completed`);
      await queue.add('email', { again: true }, { jobId: 'order-77' }); // returns the id, queues nothing
      const logged = await existing(redis, ids.map((id) => `${root}:${id}:logs`));
      return [...ids.map((id) => ({ key: `${root}:${id}`, blocks_add: id === 'order-77' })), ...logged.map((key) => ({ key, part: 'logs' }))];
    },
  },
  dangling: {
    by: every,
    why: 'the hash was evicted or deleted, the id stayed in its state set: the worker will run it with empty data',
    async leave({ library, queue, redis, root }) {
      await queue.addBulk([job(1), job(2)]);
      await library.work(queue.name);
      await queue.addBulk([job(3), job(4), job(5), job(6, { delay: day }), job(7, { delay: 2 * day })]);
      await queue.addBulk(library.major >= 4 ? [job(8, { priority: 2 }), job(9, { priority: 2 })] : []);
      const lost = { completed: '1', wait: '4', delayed: '6', ...(library.major >= 4 ? { prioritized: '8' } : {}) };
      for (const id of Object.values(lost)) await redis.del(`${root}:${id}`);
      return Object.entries(lost).map(([state, member]) => ({ key: `${root}:${state}`, member }));
    },
  },
  ran_empty: {
    by: every,
    why: 'a worker ran a job whose hash was gone: the hash is back without name and data, and counts as completed',
    async leave({ library, queue, redis, root }) {
      await queue.addBulk([job(1), job(2)]);
      await redis.del(`${root}:1`);
      await library.work(queue.name);
      const fields = await redis.hkeys(`${root}:1`);
      return fields.includes('name') ? [] : [{ key: `${root}:1`, fields, in_set: await stateOf(redis, root, '1') }];
    },
  },
  stub: {
    by: ({ major }) => major <= 3, // from 4 on the script that saves the stacktrace looks first whether the job exists
    why: 'the queue was obliterated under a worker, whose job then failed: failedReason and stacktrace are written, in no state set',
    async leave({ library, queue, redis, root }) {
      await queue.add('charge', { outcome: 'fail' }, { jobId: 'charge-1' });
      const worker = library.idleWorker(queue.name);
      const active = await worker.getNextJob('token');
      await queue.obliterate({ force: true });
      await active.moveToFailed(new Error('card refused'), 'token').catch(() => {}); // "Missing lock for job charge-1"
      await library.close(worker, true);
      if (!(await redis.exists(`${root}:charge-1`)) || (await stateOf(redis, root, 'charge-1'))) return [];
      return [{ key: `${root}:charge-1`, fields: await redis.hkeys(`${root}:charge-1`) }];
    },
  },
  stale_dedup: {
    by: ({ major }) => major >= 5,
    why: 'the job that held the deduplication id lost its hash and then ran empty: the id without TTL drops every later add',
    async leave({ library, queue, redis, root }) {
      await queue.add('sync', { customer: 61 }, { jobId: 'sync-61', deduplication: { id: 'customer-61' } });
      await queue.add('sync', { customer: 62 }, { jobId: 'sync-62', deduplication: { id: 'customer-62' } });
      await redis.del(`${root}:sync-61`);
      await library.work(queue.name, { removeOnComplete: { count: 0 } });
      return (await existing(redis, [`${root}:de:customer-61`, `${root}:de:customer-62`])).map((key) => ({ key }));
    },
  },
  late_logs: {
    by: ({ major }) => major <= 4,
    why: 'job.log() came after the job was removed: up to 5.1 it made the list again',
    async leave({ library, queue, redis, root }) {
      const added = await queue.add('email', { outcome: 'complete' }, { removeOnComplete: true });
      await library.work(queue.name);
      await added.log('delivered after all');
      return (await existing(redis, [`${root}:${added.id}:logs`])).map((key) => ({ key, part: 'logs' }));
    },
  },
  lost_parent: {
    by: every,
    why: 'the hash of a flow parent was deleted: its sets of children stay, and its id dangles in waiting-children',
    async leave({ library, queue, redis, root }) {
      const queueName = queue.name;
      const kid = (jobId, outcome, opts = {}) => ({ name: 'item', queueName, data: { outcome }, opts: { jobId, ...opts } });
      const children = [kid('item-1', 'complete'), kid('item-2', 'complete', { delay: day })];
      await library.flows().add({ name: 'order', queueName, opts: { jobId: 'order-1' }, children });
      await library.work(queueName);
      await redis.del(`${root}:order-1`);
      const parts = await existing(redis, ['dependencies', 'processed'].map((part) => `${root}:order-1:${part}`));
      return [...parts.map((key) => ({ key, part: key.split(':').pop() })), { kind: 'dangling', key: `${root}:waiting-children`, member: 'order-1' }];
    },
  },
  id_reset: {
    by: every,
    why: 'the counter `id` expired: new jobs got the ids of finished ones, so an id stands in two state sets',
    async leave({ library, queue, redis, root }) {
      await queue.addBulk([job(1), job(2), job(3)]);
      await library.work(queue.name);
      await redis.del(`${root}:id`);
      await queue.addBulk([job(11), job(12)]);
      const completed = new Set(await redis.zrange(`${root}:completed`, 0, -1));
      const twice = (await redis.lrange(`${root}:wait`, 0, -1)).filter((id) => completed.has(id));
      return twice.map((member) => ({ key: `${root}:wait`, member, also_in: `${root}:completed` }));
    },
  },
  dead_scheduler: {
    by: ({ major }) => major >= 5,
    why: 'drain() while the job of a scheduler stood in `wait` behind others: it left the list, so the schedule never fires again',
    async leave({ queue, redis, root }) {
      await queue.add('email', {});
      await queue.upsertJobScheduler('poll', { every: day }, { name: 'poll' });
      await queue.add('email', {});
      await queue.drain();
      const [id, next] = await redis.zrange(`${root}:repeat`, 0, -1, 'WITHSCORES');
      const wait = await redis.lrange(`${root}:wait`, 0, -1);
      const job = `repeat:${id}:${next}`;
      if (wait.includes(job) || (await redis.zscore(`${root}:delayed`, job)) !== null) return [];
      const dangling = wait.map((member) => ({ kind: 'dangling', key: `${root}:wait`, member }));
      return [{ key: `${root}:repeat`, member: id }, { key: `${root}:${job}` }, ...dangling];
    },
  },
  obliterated: {
    by: every,
    why: 'obliterate() forgot it',
    async leave({ library, queue, redis, root, alsoReport }) {
      const queueName = queue.name;
      alsoReport(library.queue(`${queueName}-items`));
      const item = { name: 'item', queueName: `${queueName}-items`, data: {}, opts: { delay: day } };
      await library.flows().add({ name: 'order', queueName, opts: { jobId: 'order-1' }, children: [item] });
      await queue.addBulk([job(1), job(2)]);
      await library.work(queue.name, { limiter: { max: 1000, duration: 10 * year } });
      await queue.obliterate({ force: true });
      const parts = ['waiting-children', 'order-1', 'order-1:dependencies', 'limiter', 'id', 'meta', 'events'];
      return (await existing(redis, parts.map((part) => `${root}:${part}`))).map((key) => ({ key }));
    },
  },
  ttl_on_infrastructure: {
    by: every,
    why: 'a script gave a TTL to every key without one: the queue will lose its counter, its sets and its waiting jobs',
    async leave({ library, queue, redis, root }) {
      await queue.addBulk([job(1), job(2)]);
      await library.work(queue.name);
      await queue.addBulk([job(3), job(4, { delay: day })]);
      const keys = await existing(redis, ['id', 'events', 'wait', 'delayed', 'completed', '3', '4'].map((part) => `${root}:${part}`));
      for (const key of keys) await redis.pexpire(key, 10 * year);
      return keys.map((key) => ({ key }));
    },
  },
};

/** The state set that names the job, or null. */
async function stateOf(redis, root, id) {
  for (const state of ['completed', 'failed', 'delayed']) if ((await redis.zscore(`${root}:${state}`, id)) !== null) return state;
  for (const state of ['wait', 'active']) if ((await redis.lrange(`${root}:${state}`, 0, -1)).includes(id)) return state;
  return null;
}
