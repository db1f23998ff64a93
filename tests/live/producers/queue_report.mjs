// What the library says about its queues, next to what Redis says about their keys.

/** `queues` are open Queue objects of BullMQ; the first of two that share a root wins. */
export async function reportBullmq(library, redis, queues) {
  const rows = [];
  for (const queue of uniqueByRoot(queues)) rows.push(await bullmqRow(library, redis, queue));
  return withKeys(redis, rows);
}

const rootOf = (queue) => `${queue.opts.prefix}:${queue.name}`;
const uniqueByRoot = (queues) => [...new Map(queues.map((queue) => [rootOf(queue), queue])).values()];

async function bullmqRow(library, redis, queue) {
  const root = rootOf(queue);
  return {
    prefix: queue.opts.prefix,
    queue: queue.name,
    root,
    states: await queue.getJobCounts(),
    paused: await queue.isPaused(),
    schedulers: await schedulersOf(library, queue),
    events: await redis.xlen(`${root}:events`),
    meta_version: await redis.hget(`${root}:meta`, 'version'),
    metrics: { completed: (await queue.getMetrics('completed')).meta.count, failed: (await queue.getMetrics('failed')).meta.count },
  };
}

/** Counted by the library; in 6 not by getJobSchedulers(), which throws where a repeatable of an older major is left. */
async function schedulersOf(library, queue) {
  return library.major >= 6 ? queue.getJobSchedulersCount() : (await queue.getRepeatableJobs()).length;
}

/** The same for Bull, which has no events, no metrics and no version in Redis. */
export async function reportBull(redis, queues) {
  const rows = [];
  for (const queue of queues) {
    const states = await queue.getJobCounts();
    const [paused, schedulers] = [await queue.isPaused(), await queue.getRepeatableCount()];
    rows.push({ prefix: queue.rootPrefix, queue: queue.name, root: `${queue.rootPrefix}:${queue.name}`, states, paused, schedulers });
  }
  return withKeys(redis, rows);
}

/** Counts the keys of each root; a key belongs to the longest root of the list that it starts with. */
export async function withKeys(redis, rows) {
  const byLength = [...rows].sort((a, b) => b.root.length - a.root.length);
  for (const row of rows) Object.assign(row, { keys: 0, keys_with_ttl: 0 });
  for await (const page of redis.scanStream({ count: 1000 })) {
    for (const key of page) {
      const owner = byLength.find((row) => key.startsWith(`${row.root}:`));
      if (!owner) continue;
      owner.keys += 1;
      if ((await redis.pttl(key)) >= 0) owner.keys_with_ttl += 1;
    }
  }
  return rows;
}
