"""What Celery and kombu say about the shop, next to the keys it is about."""
import celery
import kombu
import redis

SEP = "\x06\x16"  # between a queue and its priority step, and between the fields of a binding
STEPS = [0, 3, 6, 9]


def versions():
    return {"library": "celery", "version": celery.__version__, "kombu": kombu.__version__, "redis_py": redis.__version__}


def queues(app, names, keyprefix=""):
    """Messages as kombu counts them: all priority lists of a queue together."""
    rows = []
    with app.connection_for_read() as connection:
        channel = connection.channel()
        for name in names:
            # Not passive: under a global_keyprefix kombu 5.2.4 asks EXISTS without the prefix and denies that the queue exists.
            # On Redis a declaration writes nothing; only a binding does.
            messages = channel.queue_declare(name).message_count
            lists = [name if step == 0 else f"{name}{SEP}{step}" for step in STEPS]
            lengths = {keyprefix + key: channel.client.llen(key) for key in lists}
            rows.append({"queue": name, "keyprefix": keyprefix, "messages": messages, "lists": {k: n for k, n in lengths.items() if n}})
    return rows


def inspect(app, workers):
    """Counts per node, asked of all live workers; a node that is mute has no entry."""
    asked = app.control.inspect(timeout=3, limit=workers)
    counts = {call: {node: len(reply) for node, reply in (getattr(asked, call)() or {}).items()} for call in ("active", "reserved", "scheduled", "active_queues")}
    stats = asked.stats() or {}
    facts = {node: {"max_concurrency": reply["pool"]["max-concurrency"], "total": reply["total"]} for node, reply in stats.items()}
    return {"ping": sorted(asked.ping() or {}), **counts, "stats": facts}


def results(app, client):
    """Every stored result, by the state the library reads from it and by whether it will ever expire."""
    counts = {}
    for key in client.scan_iter("celery-task-meta-*", count=1000):
        state = app.AsyncResult(key.decode().removeprefix("celery-task-meta-")).state
        lives = "without_ttl" if client.pttl(key) == -1 else "with_ttl"
        row = counts.setdefault(state, {"state": state, "with_ttl": 0, "without_ttl": 0})
        row[lives] += 1
    return [counts[state] for state in sorted(counts)]


def chord_keys(client, group_id):
    keys = [f"celery-taskset-meta-{group_id}{part}" for part in ("", ".j", ".s", ".t")]
    return [{"key": key, "ttl": client.ttl(key)} for key in keys if client.exists(key)]


def bindings(client, keyprefix=""):
    """Exchange to its members, each as [routing key, pattern, queue]."""
    keys = sorted(client.scan_iter(f"{keyprefix}_kombu.binding.*", count=1000))
    return {key.decode(): sorted(member.decode().split(SEP) for member in client.smembers(key)) for key in keys}


def unacked(client, keyprefix=""):
    return {"hash": client.hlen(f"{keyprefix}unacked"), "index": client.zcard(f"{keyprefix}unacked_index")}
