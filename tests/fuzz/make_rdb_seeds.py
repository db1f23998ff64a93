#!/usr/bin/env python3
"""Makes tests/fuzz/corpus/rdb: small dumps of the installed redis-server, one per type and encoding, and hand-made
files of versions and layouts that it does not write. Each is one byte (pieces of that many bytes and one) and the
file. Usage: make_rdb_seeds.py"""
import os
import signal
import struct
import subprocess
import tempfile
import time

SEEDS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus", "rdb")
LONG = "a value that is repeated and therefore packed " * 6


def real_dumps():
    """Name, settings, commands."""
    table = [("hash-max-listpack-entries", "2"), ("set-max-intset-entries", "2"), ("zset-max-listpack-entries", "2"),
             ("list-max-listpack-size", "3")]
    plain = [("rdbcompression", "no")]
    yield "strings", [], [["SET", "s", "text"], ["SET", "i", "7"], ["SET", "j", "70000"], ["SET", "n", "-2147483648"],
                          ["SET", "big", "9223372036854775807"], ["SET", "long", LONG], ["SET", "", ""]]
    yield "raw_string", plain, [["SET", "long", LONG]]
    yield "expiring", [], [["SET", "a", "1", "PXAT", "4102444800000"], ["SET", "b", "2", "PX", "900000"]]
    yield "idle", [("maxmemory-policy", "allkeys-lru")], [["SET", "a", "1"], ["RPUSH", "l", "1"]]
    yield "freq", [("maxmemory-policy", "allkeys-lfu")], [["SET", "a", "1"], ["RPUSH", "l", "1"]]
    for name, settings in (("small", []), ("table", table), ("table_unpacked", table + plain)):
        yield "hash_" + name, settings, [["HSET", "h", "f", "v", "n", "12", "m", "-70000", "long", LONG]]
        yield "set_" + name, settings, [["SADD", "s", "1", "2", "70000"], ["SADD", "t", "x", "y", LONG]]
        yield "zset_" + name, settings, [["ZADD", "z", "1", "a", "1.5", "b", "inf", LONG, "-3", "7"]]
        yield "list_" + name, settings, [["RPUSH", "l", "1", "x", "-5000", LONG, "4611686018427387904", "y", "z"]]
    yield "big_item", [("list-max-listpack-size", "-1")], [["RPUSH", "l", "a", "b" * 9000, "c"]]
    yield "stream", [], [["XADD", "x", "1-1", "f", "v"], ["XADD", "x", "2-1", "f", "w"], ["XADD", "x", "3-1", "g", "1"],
                         ["XDEL", "x", "2-1"], ["XGROUP", "CREATE", "x", "g", "0"],
                         ["XREADGROUP", "GROUP", "g", "c", "STREAMS", "x", ">"], ["XACK", "x", "g", "1-1"]]
    yield "stream_nodes", [("stream-node-max-entries", "2")], [["XADD", "x", f"{i}-0", "f", str(i)] for i in range(1, 8)]
    yield "empty_stream", [], [["XGROUP", "CREATE", "x", "g", "$", "MKSTREAM"]]
    yield "databases", [], [["SET", "a", "1"], ["SELECT", "9"], ["SET", "b", "2"]]
    yield "library", [], [["FUNCTION", "LOAD", "#!lua name=l\nredis.register_function('f', function() return 1 end)"]]
    yield "no_checksum", [], [["SET", "a", "1"]]
    yield "nothing", [], []


def save(settings, commands, arguments):
    with tempfile.TemporaryDirectory() as folder:
        socket = folder + "/s"
        flat = [word for name, value in settings for word in ("--" + name, value)]
        server = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", socket, "--dir", folder, "--save", "",
                                   *flat, *arguments], stdout=subprocess.DEVNULL)
        try:
            while not os.path.exists(socket):
                time.sleep(0.01)
            db = "0"
            for command in commands + [["SAVE"]]:
                if command[0] == "SELECT":
                    db = command[1]
                    continue
                subprocess.run(["redis-cli", "-s", socket, "-n", db, *command], check=True, stdout=subprocess.DEVNULL)
            with open(folder + "/dump.rdb", "rb") as file:
                return file.read()
        finally:
            os.kill(server.pid, signal.SIGKILL)
            server.wait()


def text(value):
    value = value.encode() if isinstance(value, str) else value
    head = bytes([len(value)]) if len(value) < 64 else b"\x80" + struct.pack(">I", len(value))
    return head + value


def listpack(items):
    """Items: numbers from 0 to 127 and short texts."""
    body = b"".join(bytes([item, 1]) if isinstance(item, int) else bytes([0x80 | len(item)]) + item.encode() +
                    bytes([len(item) + 1]) for item in items)
    return struct.pack("<IH", len(body) + 7, len(items)) + body + b"\xff"


def ziplist(items):
    body, before, last = b"", 0, 10
    for item in items:
        last = 10 + len(body)
        entry = bytes([before, len(item)]) + item.encode()
        body, before = body + entry, len(entry)
    return struct.pack("<IIH", len(body) + 11, last, len(items)) + body + b"\xff"


def hand_made():
    end = b"\xff" + bytes(8)
    stream = (b"\x01" + text(bytes(7) + b"\x01" + bytes(8)) + text(listpack([1, 0, 1, "f", 0, 2, 0, 0, "v", 4])) +
              b"\x01\x01\x00\x01\x00\x00\x00\x01")  # one node; count, last id, first id, deleted id, added
    group = b"\x01" + text("g") + b"\x01\x00\x01\x01" + bytes(16) + bytes(8) + b"\x01\x01" + text("c") + bytes(16) + b"\x00"
    idmp = b"\x0a\x05\x01" + text("p") + b"\x01" + text("iid") + b"\x01\x00\x01\x00"
    yield "v1", b"REDIS0001\xfe\x00\x00" + text("k") + text("v") + b"\xfd\x00\x00\x00\x7f\x01" + text("l") + b"\x01" + text("x") + b"\xff"
    yield "old_tables", (b"REDIS0006\xfe\x00\x02" + text("s") + b"\x01" + text("m") + b"\x03" + text("z") + b"\x04" + text("a") +
                         b"\x031.5" + text("b") + b"\xfd" + text("c") + b"\xfe" + text("d") + b"\xff\x04" + text("h") + b"\x01" +
                         text("f") + text("v") + end)
    yield "old_blobs", (b"REDIS0007\xfe\x00\x09" + text("m") + text(b"\x01\x01f\x01\x00v\xff") + b"\x0a" + text("l") +
                        text(ziplist(["a", "b"])) + b"\x0b" + text("i") + text(struct.pack("<IIhh", 2, 2, 1, 5)) + b"\x0c" +
                        text("z") + text(ziplist(["a", "1.5"])) + b"\x0d" + text("h") + text(ziplist(["f", "v"])) + b"\x0e" +
                        text("q") + b"\x01" + text(ziplist(["x"])) + end)
    yield "stream_1", b"REDIS0009\xfe\x00\x0f" + text("x") + stream[:-5] + b"\x00" + end
    yield "field_ttls", (b"REDIS0012\xfe\x00\x18" + text("h") + b"\x10" + bytes(7) + b"\x02\x00" + text("a") + text("1") + b"\x01" +
                         text("b") + text("2") + b"\x19" + text("l") + b"\x10" + bytes(7) + text(listpack(["f", "v", 9])) + b"\x16" +
                         text("e") + b"\x01\x09" + text("a") + text("1") + b"\x17" + text("p") + text(listpack(["f", "v", 0])) + end)
    yield "idempotence", b"REDIS0013\xfe\x00\x1a" + text("x") + stream + group + idmp + end
    yield "nacks", b"REDIS0014\xfe\x00\x1b" + text("x") + stream + group + b"\x01" + bytes(16) + idmp + end
    yield "module", (b"REDIS0012\xf7\x01\x02\x02\x05" + text("aux") + b"\x00\xfe\x00\x07" + text("m") + b"\x81" + bytes(8) +
                     b"\x01\x05\x02\x06\x03" + bytes(4) + b"\x04" + bytes(8) + b"\x05" + text("s") + b"\x00" + end)
    yield "metadata", (b"REDIS0013\xfe\x00\xf4\x01\x02\x03\xfc" + bytes(8) + b"\xf3\x01\x01\x02\x03\x04\x02\x05\x00\xf8\x05\xf9\x06\x00" +
                       text("k") + text("v") + end)
    yield "templates", (b"REDIS0015\xf2\x05\x02" + text("f") + text("g") + b"\xfe\x00\x1e" + text("a") + text(listpack([5, "v", "w"])) +
                        b"\x20" + text("b") + b"\x05\xc0\x01" + text("x") + end)
    yield "valkey", (b"VALKEY080\xf3" + text("job") + b"\x01\x00\x05\xfe\x00\x16" + text("h") + b"\x02" + text("a") + text("1") +
                     b"\xff" * 8 + text("b") + text("2") + bytes(8) + end)
    yield "unknown_type", b"REDIS0014\xfe\x00\x1c" + text("a") + b"\x01" + end


def main():
    os.makedirs(SEEDS, exist_ok=True)
    piece = 0
    for name, settings, commands in real_dumps():
        arguments = ["--rdbchecksum", "no"] if name == "no_checksum" else []
        dump = save(settings, commands, arguments)
        piece = (piece + 37) % 256
        with open(os.path.join(SEEDS, name), "wb") as file:
            file.write(bytes([piece]) + dump)
    for name, dump in hand_made():
        piece = (piece + 37) % 256
        with open(os.path.join(SEEDS, "made_" + name), "wb") as file:
            file.write(bytes([piece]) + dump)


if __name__ == "__main__":
    main()
