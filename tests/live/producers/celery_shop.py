"""The Celery application that celery_producer.py runs: a shop. Settings come as JSON in the environment, because the broker
URL may hold a password, and arguments of a process can be read by everybody."""
import json
import os
import time

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
