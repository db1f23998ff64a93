#!/usr/bin/env python3
"""Which test covers which requirement: reads tools/requirements.txt and the tests, writes docs/requirements.md.

A test names what it covers in the comment above it (`// THR-2 F26: words`), at most three lines away, or in its own name (`THR_2`, `F26`).
Spans count (`F01-F07`). Scripts below tests/ name theirs in lines `# F38: words`.

    requirement_table.py            writes the table
    requirement_table.py --check    exits 1 when the table is not what it would write, or when an id has no test
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs" / "requirements.md"
TEST = re.compile(r"^TEST(?:_[FP])?\(\s*(\w+)\s*,\s*(\w+)\s*\)", re.M)
ID = re.compile(r"\b(?:[A-Z]{2,5}-\d{1,2}|[FA]\d{1,3})\b")
SPAN = re.compile(r"\b([FA])(\d{1,3})-\1(\d{1,3})\b")
IN_NAME = re.compile(r"(?:^|_)([A-Z]{2,5})_(\d{1,2})(?=_|$)|(?:^|_)([FA]\d{2,3})(?=_|$)")
NEAR = 3  # lines above a test that may hold its comment


def read_ids(path):
    """requirements.txt -> [(heading, [(id, words, whether it needs a test)])]."""
    groups = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("= "):
            groups.append((line[2:], []))
            continue
        if " | " not in line or not groups:
            sys.exit(f"{path}:{number}: not 'ID | words' below a '= heading'")
        name, words = line.split(" | ", 1)
        groups[-1][1].append((name, words.removeprefix("- "), not words.startswith("- ")))
    return groups


def ids_in(text):
    """The ids of a comment, spans spread out."""
    spread = SPAN.sub(lambda m: " ".join(f"{m[1]}{n:02}" for n in range(int(m[2]), int(m[3]) + 1)), text)
    return set(ID.findall(spread))


def comment_above(lines, at):
    """Comment lines in the NEAR lines above line `at`, and the whole block that the nearest one belongs to; not past another test."""
    found = []
    for i in range(at - 1, -1, -1):
        line = lines[i].strip()
        if line.startswith("//"):
            found.append(line)
        elif at - i > NEAR or line == "}" or line.startswith("TEST"):
            break
    return "\n".join(found)


def tests_of_spec(path):
    """(test, ids) of a file of GoogleTest."""
    text = path.read_text()
    lines = text.splitlines()
    for match in TEST.finditer(text):
        names = {f"{m[1]}-{m[2]}" if m[1] else m[3] for m in IN_NAME.finditer(match[2])}
        yield f"{match[1]}.{match[2]}", names | ids_in(comment_above(lines, text.count("\n", 0, match.start())))


def tests_of_script(path, root):
    named = re.findall(r"^\s*# ((?:[A-Z]+-?\d+[ ,-]*)+):", path.read_text(errors="replace"), re.M)
    if named:
        yield str(path.relative_to(root)), ids_in(" ".join(named))


def all_tests(root):
    """id -> tests that name it, in order of file and place."""
    covered = {}
    tests = []
    for path in sorted((root / "tests").rglob("*_spec.cpp")):
        tests += tests_of_spec(path)
    for ending in ("*.py", "*.sh", "*.mjs"):
        for path in sorted((root / "tests").rglob(ending)):
            if "node_modules" not in path.parts:
                tests += tests_of_script(path, root)
    for test, ids in tests:
        for name in ids:
            covered.setdefault(name, []).append(test)
    return covered


def table(groups, covered):
    out = ["# What is promised, and the tests that hold it", "",
           "Written by `tools/requirement_table.py` from `tools/requirements.txt` and the comments above the tests; not to be edited.",
           "A test is named `Suite.test`: `grep -rn test tests/` finds it."]
    for heading, ids in groups:
        out += ["", f"## {heading}", "", "| Id | What | Tests |", "|---|---|---|"]
        for name, words, needed in ids:
            tests = "<br>".join(f"`{test}`" for test in covered.get(name, []))
            out.append(f"| {name} | {words if needed else ''} | {tests or ('**none**' if needed else words)} |")
    return "\n".join(out) + "\n"


def main():
    groups = read_ids(ROOT / "tools" / "requirements.txt")
    covered = all_tests(ROOT)
    text = table(groups, covered)
    if "--check" not in sys.argv[1:]:
        TABLE.write_text(text)
        return 0
    faults = [f"{name}: no test names it: {words}" for _, ids in groups for name, words, needed in ids
              if needed and name not in covered]
    if not TABLE.exists() or TABLE.read_text() != text:
        faults.append("docs/requirements.md is not what the tests say: run tools/requirement_table.py")
    print("\n".join(faults) or "every requirement has a test, and the table says which")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
