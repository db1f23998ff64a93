#!/usr/bin/python3
"""Real Celery workers at full load, every task accounted for: how often it was to run, how often it ran, with its own
arguments, and whether those who wait for results get them. Results never expire, so that there is something to clean. Runs
until stdin closes, works everything off, and prints one line of JSON at the beginning and one at the end."""
import argparse
import collections
import itertools
import json
import os
import pathlib
import sys
import tempfile
import threading
import time

import celery_shop as shop
from celery import chord
from celery_processes import CeleryProcesses
from celery_producer import celery_url


def settings_for(url, folder):
    return {
        "broker_url": url, "result_backend": url, "result_expires": None, "task_default_queue": "work", "task_acks_late": False,
        "worker_prefetch_multiplier": 4, "shop_ledger": str(folder / "ledger"), "broker_connection_retry_on_startup": True,
    }


class Load:
    """Sends until it is stopped; remembers what each number is to do."""

    def __init__(self):
        self.expected = {}
        self.wrong_answers = []
        self.answers = 0
        self.stopping = threading.Event()
        self.numbers = itertools.count(1)

    def next(self, runs):
        number = next(self.numbers)
        self.expected[number] = runs
        return number, shop.token(number)

    def send_round(self):
        waiting = []
        for n in range(20):
            failures = n % 3
            number, given = self.next(failures + 1)
            options = {"countdown": 1 + n % 2} if n % 5 == 0 else {}
            result = shop.counted.apply_async((number, given, failures), **options)
            if n % 2 == 0:
                waiting.append((number, result))
        parts = [self.next(1) for _ in range(3)]
        body = self.next(1)
        result = chord([shop.counted.s(number, given) for number, given in parts])(shop.counted_total.s(*body))
        # First: whoever sends a task listens for its answer from then on, but the body of a chord is sent by a worker, and
        # its answer is listened for from get() on. Later, it may have ended longer ago than results are kept.
        waiting.insert(0, (sum(number for number, _ in parts), result))
        for right, result in waiting:
            self.check(right, result)

    def check(self, right, result):
        try:
            answer = result.get(timeout=60)
        except Exception as error:  # whatever it is, the one who waits did not get the result
            answer = repr(error)
        self.answers += 1
        if answer != right:
            self.wrong_answers.append(f"{right}: {answer}")

    def run(self):
        while not self.stopping.is_set():
            self.send_round()


def executions(folder):
    runs, foreign = collections.Counter(), 0
    ledger = folder / "ledger"
    for line in ledger.read_text().splitlines() if ledger.exists() else []:
        _, number, whose = line.split()
        runs[int(number)] += 1
        foreign += whose != "own"
    return runs, foreign


def report(load, folder):
    runs, foreign = executions(folder)
    expected = dict(load.expected)
    return {
        "sent": len(expected), "executions": sum(runs.values()), "expected": sum(expected.values()), "foreign": foreign,
        "too_few": sum(runs[number] < times for number, times in expected.items()),
        "too_often": sum(runs[number] > times for number, times in expected.items()),
        "answers": load.answers, "wrong_answers": load.wrong_answers[:5],
    }


def work_off(load, folder, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end and report(load, folder)["too_few"]:
        time.sleep(0.2)
    time.sleep(1)  # what would run once too often does it now


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--url", default=os.environ.get("REDIS_URL"))
    arguments.add_argument("--patience", type=float, default=90)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="headroom-celery-") as name, CeleryProcesses(name) as processes:
        folder = pathlib.Path(name)
        settings = settings_for(celery_url(options.url), folder)
        shop.app.conf.update(settings)
        for worker in ("one", "two"):
            processes.worker(worker, settings, ["work"], 2)
        load = Load()
        senders = [threading.Thread(target=load.run, daemon=True) for _ in range(6)]
        for sender in senders:
            sender.start()
        while load.answers < 30:
            time.sleep(0.1)
        print(json.dumps(report(load, folder)), flush=True)
        sys.stdin.read()
        load.stopping.set()
        for sender in senders:
            sender.join(timeout=options.patience)
        work_off(load, folder, options.patience)
        print(json.dumps(report(load, folder)), flush=True)


if __name__ == "__main__":
    main()
