#!/usr/bin/python3
"""Makes the real RQ (Debian's python3-rq) leave a job in each of its registries, and what dies leave. See README.md."""
import argparse
import json
import multiprocessing
import os
import signal
from datetime import datetime, timedelta

import redis
import rq
from rq.registry import (CanceledJobRegistry, DeferredJobRegistry, FailedJobRegistry, FinishedJobRegistry,
                         ScheduledJobRegistry, StartedJobRegistry)

REGISTRIES = {"finished": FinishedJobRegistry, "failed": FailedJobRegistry, "deferred": DeferredJobRegistry,
              "scheduled": ScheduledJobRegistry, "canceled": CanceledJobRegistry, "started": StartedJobRegistry}


def mail(n):
    return {"to": f"customer{n}@shop.example"}


def charge(n):
    raise ValueError(f"card of order {n} refused")


def die(n):
    os.kill(os.getpid(), signal.SIGKILL)  # as the kernel does when memory runs out


def work(url, queue, name):
    """In a process of its own: SimpleWorker runs jobs in itself, so one of them can take the worker along."""
    worker = rq.SimpleWorker([queue], connection=redis.Redis.from_url(url), name=name)
    worker.work(burst=True, logging_level="CRITICAL")


def run_worker(url, queue, name):
    process = multiprocessing.Process(target=work, args=(url, queue, name))
    process.start()
    process.join(20)


def fill(url, connection, ttl):
    orders = rq.Queue("orders", connection=connection)
    for n in range(3):
        orders.enqueue(mail, n, result_ttl=ttl)
    orders.enqueue(mail, 4, result_ttl=-1, job_id="kept-forever")
    orders.enqueue(mail, 5, result_ttl=0)
    for n in range(2):
        orders.enqueue(charge, n, failure_ttl=ttl)
    run_worker(url, "orders", "worker-that-ended")
    orders.enqueue(die, 1, job_id="took-its-worker-along")
    run_worker(url, "orders", "worker-that-died")
    waiting = orders.enqueue(mail, 6)
    orders.enqueue(mail, 7, depends_on=waiting)
    orders.enqueue_in(timedelta(days=30), mail, 8)
    orders.enqueue(mail, 9).cancel()
    low = rq.Queue("low", connection=connection)
    for n in range(4):
        low.enqueue(mail, n)
    return orders, low


def leave_debris(connection, orders):
    """Each by RQ's own calls, except the DEL that stands for an eviction."""
    ghost = orders.enqueue(mail, 20, job_id="ghost")
    ghost.delete()
    ghost.heartbeat(datetime.utcnow(), -1)  # what a worker does for a job that somebody deleted meanwhile
    lost = orders.enqueue(mail, 21, job_id="evicted")
    connection.delete(lost.key)
    gone = rq.Worker([orders], connection=connection, name="worker-long-gone")
    gone.register_birth()
    connection.delete(gone.key)  # its TTL ran out; only a clean stop takes the name out of the sets
    return [{"kind": "ghost_job", "key": ghost.key.decode(), "fields": [f.decode() for f in connection.hkeys(ghost.key)], "ttl": connection.ttl(ghost.key)},
            {"kind": "ghost_job", "key": "rq:wip:orders", "member": "ghost"},
            {"kind": "abandoned_job", "key": "rq:wip:orders", "member": "took-its-worker-along"},
            {"kind": "dangling", "key": orders.key, "member": "evicted"},
            {"kind": "dead_worker", "key": "rq:workers", "member": gone.key},
            {"kind": "dead_worker", "key": "rq:workers:orders", "member": gone.key}]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default=os.environ.get("REDIS_URL"))
    parser.add_argument("--ttl", type=int, default=500, help="result_ttl and failure_ttl of what ends")
    options = parser.parse_args()
    connection = redis.Redis.from_url(options.url)
    queues = fill(options.url, connection, options.ttl)
    debris = leave_debris(connection, queues[0])
    rows = []
    for queue in queues:
        states = {name: registry(queue=queue).count for name, registry in REGISTRIES.items()}
        rows.append({"queue": queue.name, "root": queue.key, "states": {"queued": queue.count, **states}})
    workers = [worker.name for worker in rq.Worker.all(connection=connection)]
    print(json.dumps({"library": "rq", "version": rq.VERSION, "queues": rows, "workers": workers, "debris": debris}, indent=1))


if __name__ == "__main__":
    import others_rq  # jobs name their function by module, and `__main__` would be another one in the worker

    others_rq.main()
