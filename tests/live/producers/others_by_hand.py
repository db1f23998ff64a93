#!/usr/bin/python3
"""Writes keys of queue systems that no registry here offers. NOT by the real libraries: every key below is written from
documentation (reference/celery-kombu-and-others.md, sections 5 and 12), so tests with it prove that headroom reads what is
documented, and nothing more. The real ones: others_rq.py, others_sidekiq.rb, others_laravel.php, others_resque.mjs,
others_django_cache.py."""
import argparse
import json
import os
import time

import redis

NOW = time.time()
DAY = 86400
YEARS = 10 * 365 * DAY
LONG_AGO = NOW - 30 * DAY


def dramatiq(db):
    """dramatiq/brokers/redis/dispatch.lua: ids in lists, bodies in a hash, dead letters apart, heartbeats in ms."""
    for n in range(3):
        db.rpush("dramatiq:default", f"msg-{n}")
        db.hset("dramatiq:default.msgs", f"msg-{n}", json.dumps({"queue_name": "default", "actor_name": "mail", "args": [n], "message_id": f"msg-{n}"}))
    db.rpush("dramatiq:default.DQ", "later-1")
    db.hset("dramatiq:default.DQ.msgs", "later-1", json.dumps({"actor_name": "remind"}))
    db.zadd("dramatiq:default.XQ", {"dead-1": LONG_AGO * 1000})
    db.hset("dramatiq:default.XQ.msgs", "dead-1", json.dumps({"actor_name": "charge"}))
    db.zadd("dramatiq:__heartbeats__", {"worker-alive": NOW * 1000, "worker-dead": LONG_AGO * 1000})
    db.sadd("dramatiq:__acks__.worker-dead.default", "held-1")
    db.hset("dramatiq:default.msgs", "held-1", json.dumps({"actor_name": "mail"}))
    db.hset("dramatiq:default.msgs", "orphan-1", json.dumps({"actor_name": "mail"}))
    return [{"kind": "dead_worker", "key": "dramatiq:__acks__.worker-dead.default"}, {"kind": "orphan", "key": "dramatiq:default.msgs", "member": "orphan-1"}]


def huey(db):
    """huey/storage.py: results lie in one hash that never expires."""
    db.rpush("huey.redis.shop", b"\x80\x04pickled task 1", b"\x80\x04pickled task 2")
    db.zadd("huey.schedule.shop", {b"\x80\x04pickled task 3": NOW + DAY})
    db.hset("huey.results.shop", mapping={f"result-{n}": b"\x80\x04K*." for n in range(40)})
    db.hset("huey.counters.shop", "mail", 40)
    db.set("huey.r.shop.expiring-result", b"\x80\x04K*.", ex=YEARS)
    return [{"kind": "unread_results", "key": "huey.results.shop"}]


def arq(db):
    """arq/constants.py: due time in ms as score, one string per job."""
    for n in range(3):
        db.zadd("arq:queue", {f"job-{n}": (NOW + n) * 1000})
        db.set(f"arq:job:job-{n}", b"\x80\x04pickled job", ex=YEARS)
    db.zadd("arq:queue", {"job-lost": LONG_AGO * 1000})
    db.set("arq:result:job-kept", b"\x80\x04result kept for ever")
    db.set("arq:result:job-done", b"\x80\x04result", ex=YEARS)
    db.set("arq:retry:job-1", 2, ex=YEARS)
    db.set("arq:in-progress:job-2", 1, ex=YEARS)
    db.set("arq:queue:health-check", "j_complete=1 j_failed=0 j_retried=0 j_ongoing=1 queued=3", ex=YEARS)
    return [{"kind": "dangling", "key": "arq:queue", "member": "job-lost"}]


def redbeat(db):
    """redbeat/schedulers.py: definitions as hashes, due times in a zset, a lock whose age tells the last tick."""
    for name in ("cleanup_celery_results", "database_maintenance"):
        db.hset(f"redbeat:{name}", mapping={"definition": json.dumps({"name": name, "task": f"shop.{name}"}), "meta": json.dumps({"last_run_at": None})})
        db.zadd("redbeat::schedule", {f"redbeat:{name}": NOW + 600})
        db.sadd("redbeat::statics", f"redbeat:{name}")
    db.zadd("redbeat::schedule", {"redbeat:evicted": LONG_AGO})
    db.set("redbeat::lock", "token", ex=YEARS)
    return [{"kind": "dangling", "key": "redbeat::schedule", "member": "redbeat:evicted"}]


def horizon(db):
    """RedisJobRepository.php, an old revision: hashes that expire, indexes that do not."""
    for n in range(3):
        db.hset(f"horizon:job-{n}", mapping={"id": f"job-{n}", "name": "App\\Jobs\\SendMail", "status": "completed", "payload": "{}"})
        db.expire(f"horizon:job-{n}", YEARS)
        db.zadd("horizon:recent_jobs", {f"job-{n}": -NOW + n})
    db.zadd("horizon:failed_jobs", {"job-gone": -LONG_AGO})
    db.zadd("horizon:monitored:App\\Models\\User:1", {"job-gone": -LONG_AGO})
    return [{"kind": "dangling", "key": "horizon:failed_jobs", "member": "job-gone"}, {"kind": "dangling", "key": "horizon:monitored:App\\Models\\User:1", "member": "job-gone"}]


def spring_session(db):
    """Spring Session, indexed: the index of users and the first set of a minute never expire."""
    index = "spring:session:index:org.springframework.session.FindByIndexNameSessionRepository.PRINCIPAL_NAME_INDEX_NAME:ann"
    db.hset("spring:session:sessions:5f0c", mapping={"creationTime": int(NOW * 1000), "maxInactiveInterval": 1800})
    db.expire("spring:session:sessions:5f0c", YEARS)
    db.set("spring:session:sessions:expires:5f0c", "", ex=YEARS)
    past_minute = f"spring:session:expirations:{int(LONG_AGO // 60 * 60 * 1000)}"
    db.sadd(past_minute, "expires:gone")
    db.sadd(index, "5f0c", "gone")
    return [{"kind": "past_expirations", "key": past_minute}, {"kind": "dangling", "key": index, "member": "gone"}]


def locks_and_plugins(db):
    """celery-once, and sidekiq-unique-jobs whose digests stay for good."""
    db.set("qo_shop.tasks.mail_customer-7", int(LONG_AGO))
    for n in range(20):
        db.set(f"uniquejobs:{n:032x}:INFO", json.dumps({"worker": "Mail", "queue": "default", "type": "until_executed"}))
        db.zadd("uniquejobs:expiring_digests", {f"uniquejobs:{n:032x}": LONG_AGO})
    return [{"kind": "stale_lock", "key": "qo_shop.tasks.mail_customer-7"}, {"kind": "stale_digests", "key": "uniquejobs:expiring_digests"}]


FAMILIES = [dramatiq, huey, arq, redbeat, horizon, spring_session, locks_and_plugins]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default=os.environ.get("REDIS_URL"))
    options = parser.parse_args()
    db = redis.Redis.from_url(options.url)
    debris = [{"family": family.__name__, **one} for family in FAMILIES for one in family(db)]
    print(json.dumps({"library": "by_hand", "version": "from documentation", "families": [f.__name__ for f in FAMILIES], "keys": db.dbsize(), "debris": debris}, indent=1))


if __name__ == "__main__":
    main()
