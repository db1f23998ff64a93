// What an older major leaves in a queue that a newer one then opens and works on. The older one is really run first.
import { existing } from './existing_keys.mjs';
import { ago, day } from './past.mjs';

const byRange = (redis, key) => redis.zrange(key, 0, -1);

export const upgradeDebris = {
  legacy_priority: {
    by: ({ major }) => major >= 4,
    why: 'up to 3 `priority` was an index over `wait`; from 4 on nobody reads or trims it, though the jobs are long gone',
    async leave({ library, queue, redis, root, openOther }) {
      const old = openOther('bullmq1');
      const waiting = old.queue(queue.name);
      for (let n = 1; n <= 40; n++) await waiting.add('email', { outcome: 'complete' }, { priority: 1 + (n % 3), removeOnComplete: true });
      await library.work(queue.name);
      await old.closeAll();
      return (await redis.zcard(`${root}:priority`)) === 40 ? [{ key: `${root}:priority`, members: 40 }] : [];
    },
  },
  legacy_delay_stream: {
    by: ({ major }) => major >= 4,
    why: '1 woke its QueueScheduler through the stream `delay`; from 2 on nobody reads it',
    async leave({ queue, redis, root, openOther }) {
      const old = openOther('bullmq1');
      const delayed = old.queue(queue.name);
      for (let n = 1; n <= 5; n++) await delayed.add('remind', { n }, { delay: n * day });
      await old.closeAll();
      return (await existing(redis, [`${root}:delay`])).map((key) => ({ key }));
    },
  },
  paused_list: {
    by: ({ major }) => major >= 6,
    why: '5 and older rename `wait` to `paused`; 6 neither counts nor returns those jobs until resume()',
    async leave({ queue, redis, root, openOther }) {
      const old = openOther('bullmq5');
      const paused = old.queue(queue.name);
      await paused.addBulk([1, 2, 3].map((n) => ({ name: 'email', data: { n } })));
      await paused.pause();
      await paused.add('email', { n: 4 });
      await old.closeAll();
      await queue.add('email', { n: 5 });
      return (await redis.lrange(`${root}:paused`, 0, -1)).map((member) => ({ key: `${root}:paused`, member }));
    },
  },
  legacy_repeatable: {
    by: ({ major }) => major >= 6,
    why: 'a repeatable job of 4: its member of `repeat` has no hash, 6 runs it once more and then stops the schedule',
    async leave({ redis, queue, root, openOther }) {
      const old = openOther('bullmq4');
      await old.queue(queue.name).add('weekly', {}, { repeat: { pattern: '15 7 * * 1', tz: 'Europe/Berlin' } });
      await old.closeAll();
      return (await byRange(redis, `${root}:repeat`)).map((member) => ({ key: `${root}:repeat`, member }));
    },
  },
  age_retention: {
    by: ({ major }) => major >= 5,
    why: '5.66.6 to 5.70.1 trim the whole `completed` set by age but delete at most 1000 hashes: the others are orphans',
    async leave({ queue, redis, root, openOther }) {
      const old = openOther('bullmq5_66');
      const kept = old.queue(queue.name);
      await ago(3 * day, async () => {
        await kept.addBulk(Array.from({ length: 1030 }, (_, n) => ({ name: 'ping', data: { n } })));
        await old.work(queue.name, { concurrency: 100 });
      });
      await kept.add('ping', {}, { removeOnComplete: { age: 3600 } });
      await old.work(queue.name);
      await old.closeAll();
      const kepts = new Set(await byRange(redis, `${root}:completed`));
      const hashes = await existing(redis, Array.from({ length: 1031 }, (_, n) => `${root}:${n + 1}`));
      return hashes.filter((key) => !kepts.has(key.slice(root.length + 1))).map((key) => ({ key }));
    },
  },
};
