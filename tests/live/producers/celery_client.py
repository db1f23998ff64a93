"""The producing side of the shop: sends tasks so that every kind of result, chord and message comes about."""
import time

from celery import chord, group
from kombu.utils.uuid import uuid

import celery_shop as shop


def wait_for(what, seconds=25):
    """Polls until `what()` is true; names the condition when it never is."""
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            raise TimeoutError(f"not reached: {what.__doc__ or what}")
        time.sleep(0.05)


def send_finishing(kept_queue, expiring_queue):
    """Tasks that end at once, on the worker whose results stay for ever and on the one whose results expire."""
    results = []
    for queue in (kept_queue, expiring_queue):
        results += [shop.add.apply_async((n, n), queue=queue) for n in range(4)]
        results += [shop.mail.apply_async((n, 800), queue=queue) for n in range(2)]
        results += [shop.charge.apply_async((n,), queue=queue) for n in range(2)]
        results.append(shop.sync.apply_async((7,), queue=queue))
    revoked = uuid()
    shop.app.control.revoke(revoked)
    time.sleep(0.2)  # the broadcast has to reach the worker before the task does
    results.append(shop.add.apply_async((1, 1), queue=kept_queue, task_id=revoked))
    return results




def send_bulk(queues, count):
    """Many finished results: half on the worker that keeps them for ever."""
    pending = [shop.mail.apply_async((n, 120), queue=queue) for queue in queues for n in range(count // len(queues))]

    def all_done():
        """every task of the bulk has a result"""
        while pending and pending[-1].ready():
            pending.pop()
        return not pending

    wait_for(all_done, 120)


def send_groups(queue):
    """A saved group, a chord that has ended well, one that ended in an error, one that still runs. Returns what is known of each."""
    saved = group(shop.add.s(n, n).set(queue=queue) for n in range(3)).apply_async()
    saved.save()
    body = shop.total.s().set(queue=queue)
    done = chord([shop.add.s(n, n).set(queue=queue) for n in range(3)])(body)
    failed = chord([shop.add.s(1, 1).set(queue=queue), shop.charge.s(99).set(queue=queue), shop.add.s(2, 2).set(queue=queue)])(body)
    wait_for(lambda: done.ready() and failed.ready() and saved.ready())
    return {"saved": saved, "done": done, "failed": failed}


def send_running_chord(queue):
    body = shop.total.s().set(queue=queue)
    return chord([shop.add_one_more.s(5).set(queue=queue), shop.render.s(3).set(queue=queue)])(body)


def send_long(queue):
    """Started, in progress, and acknowledged late: all three occupy a process of the pool until it is killed."""
    return [shop.render.apply_async((10,), queue=queue), shop.load.apply_async((10,), queue=queue), shop.render_acked_late.apply_async((10,), queue=queue)]


def send_later(queue):
    """ETA tasks: the worker fetches them at once and holds them in memory, so they stand in `unacked`."""
    return [shop.mail.apply_async((n,), queue=queue, countdown=86400 * (n + 1)) for n in range(3)]


def send_backlog(queue, count, **options):
    return [shop.mail.apply_async((n, 200), queue=queue, **options) for n in range(count)]


def send_priorities(queue):
    """One list per priority step: 0, 3, 6, 9; 5 goes to the step below it."""
    return [shop.mail.apply_async((n,), queue=queue, priority=priority) for n, priority in enumerate([0, 0, 3, 5, 6, 9, 9, 9])]
