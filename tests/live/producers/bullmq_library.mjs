// One major of BullMQ, as the producers need it: opens its queues, workers and flows on one Redis, says what they report,
// and remembers everything opened so that nothing keeps the process alive.
import { createRequire } from 'node:module';
import { setTimeout as pause } from 'node:timers/promises';
import { outcomes } from './job_outcomes.mjs';

const require = createRequire(import.meta.url);
export const bullmqAliases = ['bullmq6', 'bullmq5', 'bullmq5_66', 'bullmq4', 'bullmq1'];

export class BullmqLibrary {
  #open = new Set();

  constructor(alias, { connection, prefix }) {
    this.api = require(alias);
    this.version = require(`${alias}/package.json`).version;
    this.major = Number(this.version.split('.')[0]);
    this.connection = connection;
    this.prefix = prefix;
    this.hasSchedulers = this.major >= 5; // job schedulers; before that, repeatable jobs
    this.refusesColons = this.major >= 5; // in queue names; in job ids unless there are exactly two
  }

  queue(name, options = {}) {
    return this.#remember(new this.api.Queue(name, { connection: this.connection, prefix: this.prefix, ...options }));
  }

  flows(options = {}) {
    return this.#remember(new this.api.FlowProducer({ connection: this.connection, prefix: this.prefix, ...options }));
  }

  /** A worker that takes no job by itself: for tests of a single job with getNextJob. */
  idleWorker(name, options = {}) {
    return this.worker(name, null, { autorun: false, ...options });
  }

  /** A worker that takes jobs until it is closed. */
  worker(name, process, options = {}) {
    const worker = new this.api.Worker(name, process, { connection: this.connection, prefix: this.prefix, ...options });
    return this.#remember(worker);
  }

  /** Works on the queue until nothing waits and only jobs that hang are left active, then dies leaving those behind. */
  async work(name, { hanging = 0, ...options } = {}) {
    const counter = this.queue(name, options.prefix ? { prefix: options.prefix } : {});
    const worker = this.worker(name, (job) => outcomes[job.data.outcome ?? 'complete'](job), { concurrency: 10, ...options });
    for (let tries = 0; ; tries++) {
      const { active, waiting, prioritized = 0 } = await counter.getJobCounts('active', 'waiting', ...(this.major >= 4 ? ['prioritized'] : []));
      if (waiting + prioritized === 0 && active === hanging) break;
      if (tries > 400) throw new Error(`${name}: the worker left ${waiting} waiting and ${active} active jobs, ${hanging} expected`);
      await pause(20);
    }
    await this.close(worker, true); // by force: it does not wait for the jobs that hang, as in a crash
  }

  async close(one, force) {
    this.#open.delete(one);
    await one.close(force);
  }

  async closeAll() {
    await Promise.all([...this.#open].map((one) => this.close(one, true)));
  }

  #remember(one) {
    one.on('error', () => {}); // a forced close breaks a connection in mid-command, and that is meant
    this.#open.add(one);
    return one;
  }
}
