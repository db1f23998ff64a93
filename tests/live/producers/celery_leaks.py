"""What Celery and kombu leave behind when somebody dies at the wrong moment. Each by the real code, ended in mid-call."""
from kombu import Connection, Exchange, Producer

# An `inspect stats` whose client is gone before it reads: the workers answer into a list that nobody will ever open.
DYING_INSPECT = """
import os, signal
from kombu.pidbox import Mailbox
Mailbox._collect = lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL)  # asked, and dead before the answer
import celery_shop
celery_shop.app.control.inspect(timeout=5).stats()
"""

# A client of the rpc:// result backend that never asks for its results: one list per client, named by a bare UUID.
RPC_CLIENT = """
import celery_shop
for n in range(3):
    celery_shop.mail.apply_async((n, 300), queue='rpc')
"""

# Another publisher of events that takes the exchange `celeryev` for a topic (Celery itself uses fanout on Redis): kombu then
# pushes a copy into the list of every binding, live or stale.
def publish_event_as_topic(broker_url, transport_options):
    with Connection(broker_url, transport_options=transport_options) as connection:
        producer = Producer(connection.channel(), exchange=Exchange("celeryev", type="topic"))
        for n in range(3):
            producer.publish({"hostname": "other@shop", "type": "worker-heartbeat", "n": n}, routing_key="worker.heartbeat")
