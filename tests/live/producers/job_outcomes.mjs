// What the workers of the producers do with a job: its data says how it shall end. The names appear in stacktraces.

export class PaymentRefused extends Error {
  name = 'PaymentRefused';
}

function chargeCard(job) {
  throw new PaymentRefused(`card of order ${job.id} refused: insufficient funds`);
}

export const outcomes = {
  async complete(job) {
    return { sent: true, order: job.id };
  },
  async completeWithLogs(job) {
    for (const line of ['connecting to smtp.shop.example', 'template invoice.html rendered', '250 2.0.0 OK queued']) await job.log(line);
    await (job.updateProgress ? job.updateProgress(100) : job.progress(100)); // the first is BullMQ, the second Bull
    return 'mailed';
  },
  async completeWithBigResult(job) {
    return { order: job.id, pdf: 'JVBERi0xLjcK'.repeat(80) };
  },
  async completeWithNothing() {},
  async fail(job) {
    chargeCard(job);
  },
  hang() {
    return new Promise(() => {}); // never ends: the job stays active when its worker dies
  },
};
