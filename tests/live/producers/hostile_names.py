#!/usr/bin/python3
"""Writes keys whose names break careless scripts, terminals, spreadsheets, browsers and parsers: each as every type of value.

Names go out in base64, because that is the point of them; the 64 KB ones as length and SHA-256."""
import argparse
import base64
import hashlib
import json
import os

import redis

NAMES = {
    "newline": b"line\nbreak", "cr": b"carriage\rreturn", "crlf": b"http\r\nX-Header: 1", "nul": b"nul\0byte", "tab": b"tab\there",
    "double_quote": b'say "hello"', "single_quote": b"it's", "backslash": b"C:\\new\\x41", "backtick": b"`id`", "dollar": b"$(id)",
    "open_brace": b"open{brace", "close_brace": b"close}brace", "hash_tag": b"{tag}:key", "empty_hash_tag": b"{}:key", "space": b"two words",
    "leading_space": b" leading", "trailing_space": b"trailing ", "title_change": b"\x1b]0;owned\x07", "osc52_clipboard": b"\x1b]52;c;cm0gLXJmIC8K\x07",
    "clear_screen": b"\x1b[2J\x1b[H", "c1_csi": b"\xc2\x9b31m", "rtl_override": "user\u202etxt.exe".encode(), "zero_width": "zero\u200bwidth".encode(),
    "bom": "\ufeffbom".encode(), "emoji": "\U0001f69a delivery \U0001f469\u200d\U0001f4bb".encode(), "combining": "e\u0301".encode(),
    "line_separator": "a\u2028b".encode(), "invalid_utf8": b"\xff\xfe\x80bad", "overlong_utf8": b"\xc0\xaf", "surrogate_utf8": b"\xed\xa0\x80",
    "cut_utf8": b"cut\xf0\x9f\x9a", "formula_equals": b"=cmd|' /C calc'!A0", "formula_plus": b"+1", "formula_minus": b"-x", "formula_at": b"@x",
    "option": b"--help", "html": b"<img src=x onerror=alert(1)>", "script": b"</script><script>alert(1)</script>", "markdown": b"[x](javascript:alert(1))|a|b",
    "prometheus_label": b'a"} 1\nfake_metric{b="', "glob": b"glob*?[a-z]", "glob_all": b"*", "glob_class": b"[^x]\\", "percent": b"%s%n%00",
    "json": b'{"a":[1,"', "path": b"../../etc/passwd", "comma": b"a,b;c", "number": b"12345", "minus_one": b"-1", "empty": b"", "colon": b":", "colons": b":::",
    "like_bull": b"bull:\n:wait", "like_celery": b"celery-task-meta-\x1b[31m", "long": b"L" * 65536,
}
TYPES = {
    "string": lambda db, key: db.set(key, b"value"),
    "list": lambda db, key: db.rpush(key, b"value", key[:100]),
    "set": lambda db, key: db.sadd(key, b"value", key[:100]),
    "zset": lambda db, key: db.zadd(key, {b"value": 1, key[:100]: 2}),
    "hash": lambda db, key: db.hset(key, mapping={b"field": b"value", key[:100]: key[:100]}),
    "stream": lambda db, key: db.xadd(key, {b"field": b"value", key[:100]: key[:100]}),
}


def write_all(db):
    """The bare name holds a string; a suffix makes room for the other types."""
    written = []
    for label, name in NAMES.items():
        for type_name, write in TYPES.items():
            key = name if type_name == "string" else name + b"#" + type_name.encode()
            write(db, key)
            written.append({"label": label, "type": type_name, **described(key)})
    return written


def described(key):
    if len(key) > 1024:
        return {"key_length": len(key), "key_sha256": hashlib.sha256(key).hexdigest()}
    return {"key_base64": base64.b64encode(key).decode()}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default=os.environ.get("REDIS_URL"))
    options = parser.parse_args()
    print(json.dumps({"library": "hostile_names", "keys": write_all(redis.Redis.from_url(options.url))}))


if __name__ == "__main__":
    main()
