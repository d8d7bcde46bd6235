"""The import rule can fail: each case breaks one thing in a small tree that is right."""

import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
TREE = {
    "ARCHITECTURE.md": "| level | room | sentence |\n| --- | --- | --- |\n| 0 | `base/` | b |\n"
                       "| 1 | `model/` | m |\n| 2 | `kafka/`, `store/` | k |\n| 3 | `replay/` | r |\n",
    "CMakeLists.txt": "room(base LIBS fmt)\nroom(model ROOMS base)\nroom(kafka ROOMS model\n  LIBS rdkafka)\n",
    "src/base/result.h": "#include <string>\n",
    "src/model/batch.h": '#include "base/result.h"\n#include "model/key.h"\n',
    "src/kafka/sink.cc": '#include <librdkafka/rdkafka.h>\n#include <nlohmann/json.hpp>\n#include "model/batch.h"\n',
    "src/replay/replay_test.cc": '#include "crash/world.h"\n#include "kafka/sink.h"\n',
}


def problems_of(folder, changes):
    for name, text in (TREE | changes).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    run = subprocess.run([sys.executable, ROOT / "tools/check_rooms.py", folder],
                         stdout=subprocess.PIPE, text=True)
    assert (run.returncode == 1) == bool(run.stdout)
    return run.stdout


def test_the_project_itself_keeps_the_rule():
    run = subprocess.run([sys.executable, ROOT / "tools/check_rooms.py"], stdout=subprocess.PIPE, text=True)
    assert run.stdout == "" and run.returncode == 0


def test_a_tree_that_is_right_has_no_problem(tmp_path):
    assert problems_of(tmp_path, {}) == ""


@pytest.mark.parametrize("name, text, complaint", [
    ("src/base/a.h", '#include "model/batch.h"\n', "a.h:1: base/ (level 0) may not include model/"),
    ("src/kafka/a.cc", '\n#include "store/queries.h"\n', "a.cc:2: kafka/ (level 2) may not include store/"),
    ("src/kafka/a_test.cc", '#include "replay/replay.h"\n', "kafka/ (level 2) may not include replay/"),
    ("src/model/a.h", '#  include "attic/a.h"\n', "attic/ is no room"),
    ("src/replay/a.cc", "#include <librdkafka/rdkafka.h>\n", "only kafka/ sees librdkafka"),
    ("src/kafka/a.cc", "#include <libpq-fe.h>\n", "only store/ sees the database"),
    ("src/model/key.h", "#include <nlohmann/json.hpp>\n", "batch.h: sees all of nlohmann/json through model/key.h"),
    ("src/model/batch.h", "#include <nlohmann/json.hpp>\n", "sink.cc: sees all of nlohmann/json through model/batch.h"),
    ("src/attic/a.h", "", "src/attic: not in ARCHITECTURE.md's table"),
    ("src/base/a.cc", "//\n" * 801, "801 lines"),
    ("CMakeLists.txt", "room(model ROOMS base\n     kafka LIBS x)\n", "model may not link kafka"),
    ("CMakeLists.txt", "room(model ROOMS base)\nroom(replay ROOMS model kafka)\n",
     "replay links model, of which it includes nothing"),
    ("CMakeLists.txt", "room(attic)\n", "room attic is not in ARCHITECTURE.md's table"),
    ("ARCHITECTURE.md", "no table\n", "no table of rooms"),
])
def test_each_forbidden_thing_is_named(tmp_path, name, text, complaint):
    assert complaint in problems_of(tmp_path, {name: text})
