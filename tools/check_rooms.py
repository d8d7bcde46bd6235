#!/usr/bin/env python3
"""Checks the imports between rooms against the table in ARCHITECTURE.md.

    check_rooms.py [ROOT]     prints what is wrong, a line each; exit 1 if anything is

A room may include itself and rooms of strictly lower levels; CMakeLists.txt may link no more than
that, and only what is included. A few libraries may be seen from one place only, nlohmann/json (20,000 lines) in .cc files of one
room only, and no source file is over 800 lines.
"""

import pathlib
import re
import sys

MAX_LINES = 800
SOURCES = (".h", ".cc")

# header pattern → who may include it, in words and as a test of (room, path)
LIBRARIES = [
    (r"librdkafka/|rdkafka", "only kafka/ sees librdkafka", lambda room, path: room == "kafka"),
    (r"libpq|sqlite3", "only store/ sees the database", lambda room, path: room == "store"),
    (r"prometheus/", "only metrics/ sees Prometheus", lambda room, path: room == "metrics"),
    (r"boost/", "only http/'s wire, connection and beast_server see Boost",
     lambda room, path: room == "http" and path.stem in ("wire", "connection", "beast_server")),
    (r"yaml-cpp/", "only kube/yaml.cc sees yaml-cpp",
     lambda room, path: room == "kube" and path.name == "yaml.cc"),
    (r"curl/", "only net/ sees libcurl", lambda room, path: room == "net"),
]

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
TABLE_ROW = re.compile(r"^\|\s*(\d+)\s*\|([^|]+)\|")
ROOM_CALL = re.compile(r"^room\((\w+)([^)]*)\)", re.MULTILINE)


def read_levels(root):
    levels = {}
    for line in (root / "ARCHITECTURE.md").read_text().splitlines():
        if row := TABLE_ROW.match(line):
            for room in re.findall(r"`(\w+)/`", row[2]):
                levels[room] = int(row[1])
    return levels


def headers_of(path):
    return [include[2] for line in path.read_text(errors="replace").splitlines()
            if (include := INCLUDE.match(line))]


def check_file(path, room, levels, where):
    is_test = path.stem.endswith("_test")
    lines = path.read_text(errors="replace").splitlines()
    for number, line in enumerate(lines, 1):
        include = INCLUDE.match(line)
        if not include:
            continue
        at, header = f"{where}:{number}", include[2]
        for pattern, rule, allowed in LIBRARIES:
            if re.match(pattern, header) and not allowed(room, path):
                yield f"{at}: {rule}: {header}"
        if include[1] != '"' or "/" not in header:
            continue
        other = header.split("/")[0]
        if other not in levels:
            if not is_test:
                yield f"{at}: {other}/ is no room: {header}"
        elif other != room and levels[other] >= levels[room]:
            yield (f"{at}: {room}/ (level {levels[room]}) may not include {other}/ "
                   f"(level {levels[other]}): {header}")
    if len(lines) > MAX_LINES:
        yield f"{where}: {len(lines)} lines; over {MAX_LINES} it is two files"


def check_json(root):
    """A header that includes nlohmann/json is its room's own: .cc files beside it may include it, and any
    test where it is for tests."""
    sources = {path: headers_of(path)
               for path in sorted((root / "src").rglob("*")) if path.suffix in SOURCES}
    heavy = {str(path.relative_to(root / "src")) for path, headers in sources.items()
             if path.suffix == ".h" and any(header.startswith("nlohmann/") and
                                            header != "nlohmann/json_fwd.hpp" for header in headers)}
    for path, headers in sources.items():
        for header in heavy.intersection(headers):
            if header.endswith("_for_tests.h") and path.name.endswith(("_test.cc", "_for_tests.h")):
                continue
            if path.suffix == ".h" or path.parent.name != header.split("/")[0]:
                yield f"{path.relative_to(root)}: sees all of nlohmann/json through {header}"


def check_cmake(root, levels):
    text = re.sub(r"#.*", "", (root / "CMakeLists.txt").read_text())
    for room, arguments in ROOM_CALL.findall(text):
        if room not in levels:
            yield f"CMakeLists.txt: room {room} is not in ARCHITECTURE.md's table"
            continue
        words = re.split(r"\bLIBS\b", arguments)[0].split()
        seen = {header.split("/")[0] for path in (root / "src" / room).rglob("*")
                if path.suffix in SOURCES for header in headers_of(path)}
        for other in words[1:] if words[:1] == ["ROOMS"] else []:
            if levels.get(other, 99) >= levels[room]:
                yield f"CMakeLists.txt: {room} may not link {other}: it is not on a lower level"
            elif other not in seen:
                yield f"CMakeLists.txt: {room} links {other}, of which it includes nothing"


def check(root):
    levels = read_levels(root)
    if not levels:
        yield "ARCHITECTURE.md: no table of rooms (| level | `room/` | …)"
        return
    for folder in sorted((root / "src").iterdir()):
        if not folder.is_dir():
            continue
        if folder.name not in levels:
            yield f"src/{folder.name}: not in ARCHITECTURE.md's table"
            continue
        for path in sorted(folder.rglob("*")):
            if path.suffix in SOURCES:
                yield from check_file(path, folder.name, levels, path.relative_to(root))
    yield from check_json(root)
    yield from check_cmake(root, levels)


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[1])
    problems = list(check(root))
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
