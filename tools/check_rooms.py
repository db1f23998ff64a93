#!/usr/bin/env python3
"""The house rules that a machine can check; see docs/architecture.md. Prints file, line, rule; exits 1 when one is broken.

Checked: who includes whom (rooms.txt), pure rooms, third-party headers at home, file and function sizes, banned names, members without
headers, leftovers (TODO and the like). Run as `check_rooms.py [root]`.
"""
import re
import sys
from pathlib import Path

MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 70
BANNED_NAMES = re.compile(r"(^|_)(utils?|helpers?|common|manager|context)(_|\.|$)")
LEFTOVER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
# What a thinking room must not touch: files, threads, sockets, output, the clock.
IMPURE_HEADERS = {"thread", "fstream", "iostream", "filesystem", "mutex", "condition_variable", "future", "unistd.h", "poll.h",
                  "sys/socket.h", "fcntl.h", "cstdio", "stdio.h", "random"}
IMPURE_CALL = re.compile(r"\b(system_clock|steady_clock)::now|\bstd::(cout|cerr|clog|getenv)\b|\bprintf\s*\(|fmt::print\b|\btime\(nullptr\)")
MEMBER_FOLDERS = {"known", "checks", "formats", "collectors", "rules", "models", "kinds", "actions", "commands", "proofs"}


def read_rules(path):
    """rooms.txt -> (allowed arrows, pure rooms, home rooms by header prefix)."""
    arrows, pure, homes = {}, set(), {}
    for line in path.read_text().splitlines():
        line = line.split("#")[0].strip()
        if not line:
            continue
        left, right = line.split(":", 1)
        if left.startswith("header "):
            homes[left[7:].strip()] = set(right.split())
        elif left == "pure":
            pure = set(right.split())
        else:
            arrows[left] = set(right.split()) | {left}
    return arrows, pure, homes


def function_lengths(lines):
    """(first line, length) of each function body, by brace depth: a body opens on a line ending in `{` that holds a `)`."""
    start, depth, inside = 0, 0, False
    for number, raw in enumerate(lines, 1):
        raw = re.sub(r"(?<=\d)'(?=\d)", "", raw)  # 1'000 is a number, not the beginning of a character
        line = re.sub(r'"(\\.|[^"\\])*"|\'(\\.|[^\'\\])*\'|//.*', "", raw)
        opens_body = re.match(r"^\S.*|^ {1,2}\S.*", raw) and ")" in line and line.rstrip().endswith("{")
        if not inside and opens_body and not re.match(r"^\s*(namespace|struct|class|enum|union|extern)\b", raw):
            start, depth, inside = number, 0, True
        if inside:
            depth += line.count("{") - line.count("}")
            if depth <= 0:
                yield start, number - start + 1
                inside = False


class House:
    def __init__(self, root):
        self.root = root
        self.arrows, self.pure, self.homes = read_rules(root / "rooms.txt")
        self.broken = []

    def complain(self, path, line, rule):
        self.broken.append(f"{path.relative_to(self.root)}:{line}: {rule}")

    def check_include(self, path, number, room, quote, header):
        if quote == '"':
            target = header.split("/")[0]
            if target in self.arrows and target not in self.arrows.get(room, set()):
                allowed = ", ".join(sorted(self.arrows.get(room, set())))
                self.complain(path, number, f"room '{room}' may not include '{target}/' (allowed: {allowed})")
            return
        for prefix, homes in self.homes.items():
            if header.startswith(prefix) and room not in homes:
                self.complain(path, number, f"<{header}> lives in {', '.join(sorted(homes))}, not in '{room}'")
        if room in self.pure and header in IMPURE_HEADERS:
            self.complain(path, number, f"room '{room}' is pure: no <{header}>")

    def check_source(self, path, room):
        lines = path.read_text(errors="replace").splitlines()
        for number, line in enumerate(lines, 1):
            match = INCLUDE.match(line)
            if match and room:
                self.check_include(path, number, room, *match.groups())
            if room in self.pure and IMPURE_CALL.search(line.split("//")[0]):
                self.complain(path, number, f"room '{room}' is pure: no clock, no output, no environment")
        self.check_shape(path, lines)

    def check_shape(self, path, lines):
        if len(lines) > MAX_FILE_LINES:
            self.complain(path, len(lines), f"{len(lines)} lines; a file has at most {MAX_FILE_LINES}")
        for number, line in enumerate(lines, 1):
            if LEFTOVER.search(line):
                self.complain(path, number, "left open: finish it or write a decision")
        for start, length in function_lengths(lines):
            if length > MAX_FUNCTION_LINES:
                self.complain(path, start, f"a function of {length} lines; at most {MAX_FUNCTION_LINES}")
        if BANNED_NAMES.search(path.name):
            self.complain(path, 1, "a name that says nothing (utils, helpers, common, manager, context)")

    def check_members(self):
        for path in sorted((self.root / "src").rglob("*.h")):
            if path.parent.name in MEMBER_FOLDERS:
                self.complain(path, 1, f"members of {path.parent.name}/ have no header: the roster declares them")

    def check(self):
        for folder in ("src", "tests", "bench"):
            for path in sorted((self.root / folder).rglob("*")):
                if path.suffix not in (".h", ".cpp") or "node_modules" in path.parts:
                    continue
                parts = path.relative_to(self.root).parts
                self.check_source(path, parts[1] if folder == "src" and len(parts) > 2 else None)
        self.check_members()
        return self.broken


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    broken = House(root).check()
    print("\n".join(broken) if broken else "the rooms are in order")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
