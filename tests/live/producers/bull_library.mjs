// One major of Bull, in the same shape as bullmq_library.mjs: in Bull a queue and its worker are the same class.
import { createRequire } from 'node:module';
import { setTimeout as pause } from 'node:timers/promises';
import { outcomes } from './job_outcomes.mjs';

const require = createRequire(import.meta.url);
export const bullAliases = ['bull4', 'bull3'];

export class BullLibrary {
  #open = new Set();

  constructor(alias, { connection, prefix }) {
    this.Queue = require(alias);
    this.version = require(`${alias}/package.json`).version;
    this.major = Number(this.version.split('.')[0]);
    this.connection = connection;
    this.prefix = prefix;
  }

  queue(name, { prefix = this.prefix, ...options } = {}) {
    const queue = new this.Queue(name, { redis: this.connection, prefix, ...options });
    queue.rootPrefix = prefix; // Bull keeps it only under a name of its own
    queue.on('error', () => {}); // a forced close breaks a connection in mid-command, and that is meant
    this.#open.add(queue);
    return queue;
  }

  /** Works on the queue until nothing waits and only jobs that hang are left active, then dies leaving those behind. */
  async work(name, { hanging = 0, lockDuration = 30_000, ...options } = {}) {
    const worker = this.queue(name, { settings: { lockDuration }, ...options });
    worker.process('*', 10, (job) => outcomes[job.data.outcome ?? 'complete'](job)).catch(() => {});
    for (let tries = 0; ; tries++) {
      const { active, waiting } = await worker.getJobCounts();
      if (waiting === 0 && active === hanging) break;
      if (tries > 400) throw new Error(`${name}: the worker left ${waiting} waiting and ${active} active jobs, ${hanging} expected`);
      await pause(20);
    }
    await this.close(worker);
  }

  async close(queue) {
    this.#open.delete(queue);
    await queue.close(true); // does not wait for the jobs that hang, as in a crash
  }

  async closeAll() {
    await Promise.all([...this.#open].map((queue) => this.close(queue))); // Bull takes half a second for each
  }
}
