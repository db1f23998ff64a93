// Flows: parents in one queue, their children in another, in every way such a family can stand or end.
import { day } from './past.mjs';

export async function makeFlows(library, name, { lockDuration }) {
  const parents = `${name}-parents`;
  const children = `${name}-children`;
  const flows = library.flows();
  const child = (outcome, opts = {}) => ({ name: 'item', queueName: children, data: { outcome, sku: 'TEA-250' }, opts });
  const family = (orderId, ...kids) => flows.add({ name: 'order', queueName: parents, data: { order: orderId }, opts: { jobId: orderId }, children: kids });

  const made = [library.queue(parents), library.queue(children)];
  await family('order-done', child('complete'), child('completeWithBigResult'));
  // Waits for good: one child done, one failed (and nobody said what that means for the parent), one due tomorrow, one
  // held by a worker that died.
  await family('order-stuck', child('complete'), child('fail'), child('complete', { delay: day }), child('hang'));
  if (library.major >= 4) {
    await family('order-failed-by-child', child('complete'), child('fail', { failParentOnFailure: true }));
    await family('order-forgot-child', child('complete'), child('fail', { removeDependencyOnFailure: true }));
  }
  if (library.major >= 5) {
    await family('order-ignored-child', child('complete'), child('fail', { ignoreDependencyOnFailure: true }), child('complete', { delay: day }));
    await family('order-went-on', child('fail', { continueParentOnFailure: true }), child('complete', { delay: day }));
  }
  await library.work(children, { hanging: 1, lockDuration });
  await library.work(parents, { lockDuration });
  // Child ids are random; these get names of their own so that a test can find them again.
  await family('order-new', child('complete', { jobId: 'item-a' }), child('complete', { jobId: 'item-b', priority: 4 }));
  return made;
}
