#!/usr/bin/python3
"""Makes real Celery workers, beat and clients leave every kind of key in a Redis, and prints what Celery itself says about it.

Needs Debian's python3-celery, python3-kombu, python3-redis, hence /usr/bin/python3. See README.md for the JSON."""
import argparse
import json
import os
import signal
import sys
import tempfile
from urllib.parse import parse_qs, quote, urlsplit

import redis
from celery import Celery

import celery_client as client
import celery_leaks as leaks
import celery_report as report
import celery_shop as shop
from celery_processes import CeleryProcesses

KEPT, EXPIRING, HIGH, PRIORITIES, BACKLOG, RPC = "celery", "mail", "high_priority", "invoices", "maintenance", "rpc"


def celery_url(url):
    """The address in the words of kombu: a unix socket is redis+socket://, its database is the virtual host."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    login = f":{quote(parts.password or '', safe='')}@" if parts.password else ""
    return f"redis+socket://{login}{parts.path}?virtual_host={parse_qs(parts.query).get('db', ['0'])[0]}"


class Shop:
    """One run: the settings of each process, the Redis they share, and the JSON that grows while things happen."""

    def __init__(self, options, processes):
        self.options, self.processes = options, processes
        self.redis = redis.Redis.from_url(options.url)
        self.base = {"broker_url": celery_url(options.url), "result_backend": celery_url(options.url), "task_track_started": True,
                     "task_default_queue": KEPT, "result_expires": options.result_ttl, "broker_transport_options": {}}
        shop.app.conf.update(self.base)
        self.said = {**report.versions(), "chords": [], "debris": []}

    def settings(self, **changes):
        return {**self.base, **changes}

    def start_workers(self):
        start = self.processes.worker
        start("keeper", self.settings(result_expires=None), [KEPT, HIGH], 4)
        start("expirer", self.settings(), [EXPIRING], 1)
        start("answerer", self.settings(result_backend="rpc://", result_expires=60), [RPC], 1)
        start("prefixed", self.settings(broker_transport_options={"global_keyprefix": "app1:"}), [KEPT], 1)
        schedule = {"cleanup-every-second": {"task": "celery_shop.cleanup", "schedule": 1.0, "options": {"queue": BACKLOG}}}
        self.processes.beat("beat", self.settings(beat_schedule=schedule))
        client.wait_for(self.workers_are_ready)

    def workers_are_ready(self):
        """all four workers say they are ready"""
        return all(" ready." in self.processes.log(name) for name in ("keeper", "expirer", "answerer", "prefixed"))

    def produce(self):
        finishing = client.send_finishing(KEPT, EXPIRING)
        self.processes.python("rpc-client", self.settings(result_backend="rpc://"), leaks.RPC_CLIENT)
        groups = client.send_groups(HIGH)
        settled = {"SUCCESS", "FAILURE", "RETRY", "REVOKED"}
        client.wait_for(lambda: all(result.state in settled for result in finishing))
        running = client.send_running_chord(KEPT)
        client.send_long(KEPT)
        client.send_later(KEPT)
        client.wait_for(lambda: self.redis.exists(f"celery-taskset-meta-{running.parent.id}.j"))
        client.wait_for(lambda: self.active() == 4)
        client.send_backlog(KEPT, 3)  # the pool is full: these are reserved, so in `unacked`
        client.wait_for(lambda: self.redis.llen(KEPT) == 0)
        client.send_priorities(PRIORITIES)
        client.send_backlog(BACKLOG, 25)
        self.send_prefixed()
        self.said["groups_saved"] = [f"celery-taskset-meta-{groups['saved'].id}"]
        for state, result in (("done", groups["done"]), ("failed", groups["failed"]), ("running", running)):
            self.said["chords"].append({"group": result.parent.id, "state": state, "keys": report.chord_keys(self.redis, result.parent.id)})

    def active(self):
        return len((shop.app.control.inspect(timeout=2, destination=["keeper@shop"], limit=1).active() or {}).get("keeper@shop", []))

    def send_prefixed(self):
        """The same tasks under a global_keyprefix: one finished, two held for later, two that nobody consumes."""
        with Celery("prefixed", set_as_current=False) as other:
            other.conf.update(self.settings(broker_transport_options={"global_keyprefix": "app1:"}))
            other.send_task("celery_shop.add", (1, 2), queue=KEPT)
            for n in range(2):
                other.send_task("celery_shop.mail", (n,), queue=KEPT, countdown=86400)
                other.send_task("celery_shop.mail", (n,), queue="unconsumed")
            client.wait_for(lambda: self.redis.hlen("app1:unacked") == 2)
            self.said["prefixed_queues"] = report.queues(other, [KEPT, "unconsumed"], "app1:")

    def leak(self):
        """Dying clients and dead workers, and what each of them leaves."""
        before = self.reply_keys()
        for _ in range(2):
            self.processes.python("dying-inspect", self.base, leaks.DYING_INSPECT)
        client.wait_for(lambda: len(self.reply_keys() - before) == 2)
        self.left("leaked_reply_list", self.reply_keys() - before, "an inspect client died before it read the answers")
        self.stale_bindings("reply.celery.pidbox", "the inspect client died")
        if self.options.hold:
            return
        self.processes.kill("keeper")
        self.processes.kill("prefixed")
        for name in ("beat", "expirer", "answerer"):
            self.processes.stop(name)
        leaks.publish_event_as_topic(self.base["broker_url"], {})
        self.left("celeryev_list", self.redis.scan_iter("celeryev.*"), "an event was published as a topic into the binding of a killed worker")
        self.stale_bindings("celery.pidbox", "the worker was killed")
        self.stale_bindings("celeryev", "the worker was killed")
        self.left("unacked_of_dead_worker", ["unacked", "app1:unacked"], "the worker that held these was killed")
        self.left("chord_in_error", [row["key"] for chord in self.said["chords"] if chord["state"] == "failed" for row in chord["keys"]], "a part failed")

    def stale_bindings(self, exchange, why):
        """Called only when every member left in the binding belongs to somebody dead."""
        key = f"_kombu.binding.{exchange}"
        for member in report.bindings(self.redis).get(key, []):
            self.said["debris"].append({"kind": "stale_binding", "key": key, "member": report.SEP.join(member), "why": why})

    def reply_keys(self):
        return {key for key in self.redis.scan_iter("*.reply.celery.pidbox") if self.redis.type(key) == b"list"}

    def left(self, kind, keys, why):
        names = sorted(key.decode() if isinstance(key, bytes) else key for key in keys)
        self.said["debris"] += [{"kind": kind, "key": name, "why": why} for name in names]

    def stop_cleanly(self):
        for name in ("beat", "keeper", "expirer", "answerer", "prefixed"):
            self.processes.stop(name)
        print(json.dumps({**self.said, "results": report.results(shop.app, self.redis)}, indent=1), flush=True)

    def describe(self):
        said = self.said
        said["queues"] = report.queues(shop.app, [KEPT, EXPIRING, HIGH, PRIORITIES, BACKLOG, RPC])
        said["unacked"] = report.unacked(self.redis)
        said["prefixed_unacked"] = report.unacked(self.redis, "app1:")
        said["results"] = report.results(shop.app, self.redis)
        said["bindings"] = {**report.bindings(self.redis), **report.bindings(self.redis, "app1:")}
        said["rpc_lists"] = [{"key": key, "messages": n} for key, n in self.bare_uuid_lists()]
        said["debris"] += [{"kind": "unread_rpc_list", "key": key, "why": "the rpc:// client never read its results"} for key, _ in self.bare_uuid_lists()]

    def bare_uuid_lists(self):
        keys = self.redis.scan_iter("????????-????-3???-????-????????????")  # version 3, as kombu makes it
        return sorted((key.decode(), self.redis.llen(key)) for key in keys if self.redis.type(key) == b"list")


def run(options, processes):
    work = Shop(options, processes)
    work.start_workers()
    if options.bulk:
        client.send_bulk((KEPT, EXPIRING), options.bulk)
    if options.only_bulk:
        return work.stop_cleanly()
    work.produce()
    work.said["inspect"] = report.inspect(shop.app, 3)
    work.leak()
    work.describe()
    print(json.dumps(work.said, indent=1), flush=True)
    if options.hold:
        sys.stdin.read()  # workers live on until the caller closes our stdin or ends us


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default=os.environ.get("REDIS_URL"), help="redis://host:port/db or unix:///path?db=n; REDIS_URL where it holds a password")
    parser.add_argument("--result-ttl", type=int, default=86400, help="result_expires of the client and of the worker whose results expire")
    parser.add_argument("--bulk", type=int, default=0, help="so many finished tasks besides, half of them without TTL")
    parser.add_argument("--only-bulk", action="store_true", help="nothing but --bulk, and a clean stop")
    parser.add_argument("--hold", action="store_true", help="leave the workers alive until stdin is closed")
    options = parser.parse_args()
    if not options.url:
        parser.error("--url or REDIS_URL is needed")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the `with` below ends the processes
    with tempfile.TemporaryDirectory(prefix="celery_producer.") as folder, CeleryProcesses(folder) as processes:
        try:
            run(options, processes)
        except Exception:
            for name in sorted(os.listdir(folder)):
                if name.endswith(".log"):
                    print(f"--- {name}\n{processes.log(name[:-4])[-1500:]}", file=sys.stderr)
            raise


if __name__ == "__main__":
    main()
