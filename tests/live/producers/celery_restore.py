#!/usr/bin/python3
"""Gives every message in `unacked` back to its queue by kombu's own code, as a worker does when visibility_timeout has passed, and
prints the lists as they are afterwards. What headroom does by itself is compared with it."""
import argparse
import base64
import json
import os

import redis
from kombu import Connection

from celery_producer import celery_url


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default=os.environ.get("REDIS_URL"))
    parser.add_argument("--keyprefix", default="")
    options = parser.parse_args()
    with Connection(celery_url(options.url), transport_options={"global_keyprefix": options.keyprefix}) as connection:
        channel = connection.channel()
        store = redis.Redis.from_url(options.url)  # kombu puts its prefix in front of some commands only
        for tag in store.hkeys(f"{options.keyprefix}unacked"):
            channel.qos.restore_by_tag(tag.decode())
    lists = {key.decode(): [base64.b64encode(item).decode() for item in store.lrange(key, 0, -1)]
             for key in store.scan_iter(f"{options.keyprefix}*", count=1000, _type="list")}
    left = {name: store.exists(options.keyprefix + name) for name in ("unacked", "unacked_index")}
    print(json.dumps({"lists": lists, **left}))


if __name__ == "__main__":
    main()
