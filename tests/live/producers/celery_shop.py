"""The Celery application that celery_producer.py runs: a shop. Settings come as JSON in the environment, because the broker
URL may hold a password, and arguments of a process can be read by everybody."""
import json
import os
import time
import zlib

from celery import Celery

SETTINGS = "CELERY_SHOP_SETTINGS"

app = Celery("celery_shop")
app.conf.update(json.loads(os.environ.get(SETTINGS, "{}")))


class PaymentRefused(Exception):
    pass


@app.task
def add(x, y):
    return x + y


@app.task
def total(numbers):
    return sum(numbers)


@app.task
def mail(customer, size=0):
    return {"to": f"customer{customer}@shop.example", "body": "thank you " * (size // 10)}


@app.task
def charge(order):
    raise PaymentRefused(f"card of order {order} refused: insufficient funds")


@app.task(bind=True, max_retries=5)
def sync(self, customer):
    raise self.retry(countdown=86400, exc=ConnectionError(f"customer {customer}: the other side is down"))


@app.task
def render(pages):
    time.sleep(600)


@app.task(acks_late=True)
def render_acked_late(pages):
    time.sleep(600)


@app.task(bind=True)
def load(self, rows):
    self.update_state(state="PROGRESS", meta={"done": 3, "of": rows})
    time.sleep(600)


@app.task(bind=True)
def add_one_more(self, x):
    """A chord part that adds a part to its own chord: only this writes the `.t` key."""
    self.add_to_chord(add.s(x, x))
    return x


@app.task
def cleanup():
    return "nobody consumes the queue this is routed to"


def token(number):
    """What only the task with this number is given."""
    return zlib.crc32(b"%d" % number)


def write_down(what, number, given):
    """Into the ledger, a file: one line per execution, whole even when several processes write."""
    with open(app.conf.shop_ledger, "ab", buffering=0) as ledger:
        ledger.write(f"{what} {number} {'own' if given == token(number) else 'foreign'}\n".encode())


@app.task(bind=True, max_retries=3)
def counted(self, number, given, failures=0):
    """Runs failures + 1 times; celery_accounted.py counts."""
    write_down("run", number, given)
    if self.request.retries < failures:
        raise self.retry(countdown=0)
    return number


@app.task
def counted_total(numbers, number, given):
    write_down("run", number, given)
    return sum(numbers)
