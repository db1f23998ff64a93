#!/usr/bin/python3
"""Makes the real django-redis (Debian's python3-django-redis) leave cache entries and sessions. See README.md."""
import argparse
import json
import os

from django.conf import settings

YEARS = 10 * 365 * 86400


def configure(url, prefix):
    cache = {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": url, "KEY_PREFIX": prefix, "TIMEOUT": 300}
    settings.configure(CACHES={"default": cache}, SECRET_KEY="only for a test", SESSION_ENGINE="django.contrib.sessions.backends.cache",
                       SESSION_COOKIE_AGE=YEARS, USE_TZ=True)


def fill(entries, ttl):
    """Pages that expire, settings that never do, and what a version bump left behind."""
    from django.contrib.sessions.backends.cache import SessionStore
    from django.core.cache import cache

    for n in range(entries):
        cache.set(f"views.decorators.cache.cache_page.product.{n}", {"html": f"<h1>Tea {n}</h1>" + "<p>black tea</p>" * 20}, timeout=ttl)
    for n in range(entries // 10):
        cache.set(f"device-list:filter={n}", list(range(n, n + 50)), timeout=None)  # no TTL: a bug of the application
        cache.set(f"product:{n}", {"price": n}, timeout=ttl, version=2)
    sessions = []
    for n in range(entries // 10):
        session = SessionStore()
        session.update({"_auth_user_id": n, "cart": [n, n + 1]})
        session.create()
        sessions.append(session.session_key)
    return {"entries_with_ttl": entries + entries // 10, "entries_without_ttl": entries // 10, "sessions": len(sessions), "versions": [1, 2]}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default=os.environ.get("REDIS_URL"))
    parser.add_argument("--prefix", default="")
    parser.add_argument("--entries", type=int, default=50)
    parser.add_argument("--ttl", type=int, default=YEARS)
    options = parser.parse_args()
    configure(options.url, options.prefix)

    import django
    import django_redis
    from django.core.cache import cache

    made = fill(options.entries, options.ttl)
    versions = {"library": "django-redis", "version": ".".join(map(str, django_redis.VERSION)), "django": django.get_version()}
    print(json.dumps({**versions, "example_key": cache.make_key("name"), **made, "debris": []}, indent=1))


if __name__ == "__main__":
    main()
