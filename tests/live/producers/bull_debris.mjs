// Debris of Bull, each kind on a queue of its own and by the way it really comes about. Compare bullmq_debris.mjs.
import { existing } from './existing_keys.mjs';
import { day } from './past.mjs';

export async function makeBullDebris(library, redis, { name, queues, debris }) {
  for (const [kind, scenario] of Object.entries(scenarios)) {
    if (scenario.by && !scenario.by(library)) continue;
    const queue = library.queue(`${name}-${kind}`);
    await queue.isReady();
    const root = `${library.prefix}:${queue.name}`;
    const left = await scenario.leave({ library, queue, redis, root });
    if (left.length === 0) throw new Error(`${kind}: ${library.version} left nothing, so this scenario is wrong`);
    queues.push(queue);
    debris.push(...left.map((one) => ({ kind, scenario: kind, queue: queue.name, root, ...one, why: scenario.why })));
  }
}

const mail = (n) => ({ outcome: 'complete', to: `customer${n}@shop.example` });

async function completeSome(library, queue) {
  await queue.add('email', { ...mail(1), outcome: 'completeWithLogs' });
  await queue.add('email', mail(2));
  await queue.add('email', mail(3), { jobId: 'order:77' });
  await library.work(queue.name);
}

const scenarios = {
  orphan: {
    why: 'DEL of the `completed` set: hashes and logs stay, no state set names them, and a custom id among them blocks add()',
    async leave({ library, queue, redis, root }) {
      await completeSome(library, queue);
      await redis.del(`${root}:completed`);
      await queue.add('email', { again: true }, { jobId: 'order:77' });
      const keys = await existing(redis, ['1', '2', 'order:77'].map((id) => `${root}:${id}`));
      return [...keys.map((key) => ({ key, blocks_add: key.endsWith('order:77') })), { key: `${root}:1:logs`, part: 'logs' }];
    },
  },
  emptied: {
    why: 'empty() deletes the set `delayed` but not the hashes in it, nor the logs of waiting jobs',
    async leave({ queue, redis, root }) {
      for (let n = 1; n <= 5; n++) await queue.add('remind', mail(n), { delay: n * day });
      const logged = await queue.add('email', mail(6));
      await logged.log('queued by the web shop');
      await queue.empty();
      const keys = await existing(redis, ['1', '2', '3', '4', '5', '6:logs'].map((part) => `${root}:${part}`));
      return keys.map((key) => (key.endsWith(':logs') ? { key, part: 'logs' } : { key }));
    },
  },
  dangling: {
    why: 'the hash was evicted or deleted, the id stayed in its state set',
    async leave({ library, queue, redis, root }) {
      await completeSome(library, queue);
      await queue.add('email', mail(4), { jobId: 'waits' });
      await queue.add('remind', mail(5), { jobId: 'later', delay: day });
      const lost = { completed: '2', wait: 'waits', delayed: 'later' };
      for (const id of Object.values(lost)) await redis.del(`${root}:${id}`);
      return Object.entries(lost).map(([state, member]) => ({ key: `${root}:${state}`, member }));
    },
  },
  stub: {
    by: ({ major }) => major <= 3, // 4 saves the stacktrace with a script that looks first whether the job exists
    why: 'the job was removed under its worker and then failed: failedReason, stacktrace and attemptsMade are written, in no state set',
    async leave({ library, queue, redis, root }) {
      const added = await queue.add('charge', { outcome: 'fail' }, { jobId: 'charge-1' });
      const worker = library.queue(queue.name);
      const active = await worker.getNextJob();
      await queue.obliterate({ force: true });
      await active.moveToFailed(new Error('card refused'), false).catch(() => {});
      await library.close(worker);
      const named = (await redis.zscore(`${root}:failed`, added.id)) !== null || (await redis.llen(`${root}:active`)) > 0;
      return named || !(await redis.exists(`${root}:charge-1`)) ? [] : [{ key: `${root}:charge-1`, fields: await redis.hkeys(`${root}:charge-1`) }];
    },
  },
  stale_debounce: {
    by: ({ major }) => major >= 4, // 3 has no debounce
    why: 'the job that held the debounce id lost its hash and then ran empty: the id without TTL drops every later add',
    async leave({ library, queue, redis, root }) {
      await queue.add('sync', mail(1), { jobId: 'sync-61', debounce: { id: 'customer-61' } });
      await queue.add('email', mail(2));
      await redis.del(`${root}:sync-61`);
      await library.work(queue.name);
      const ids = await existing(redis, [`${root}:de:customer-61`]);
      return [...ids.map((key) => ({ key })), { kind: 'ran_empty', key: `${root}:sync-61`, in_set: 'completed' }];
    },
  },
  late_logs: {
    by: ({ major }) => major <= 3, // 4.16 refuses: "Missing key for job"
    why: 'job.log() came after the job was removed',
    async leave({ library, queue, redis, root }) {
      const added = await queue.add('email', mail(1), { removeOnComplete: true });
      await library.work(queue.name);
      await added.log('delivered after all');
      return (await existing(redis, [`${root}:${added.id}:logs`])).map((key) => ({ key, part: 'logs' }));
    },
  },
};
