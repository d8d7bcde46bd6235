"""The page's files by themselves: pure modules, vendored packages, sizes and habits."""

import gzip
import json
import pathlib
import re
import subprocess

import pytest

from npm import read_package_file

TESTS = pathlib.Path(__file__).resolve().parent
PAGE = TESTS.parents[1] / "src/page"
VENDOR = PAGE / "vendor"
VERSIONS = json.loads((VENDOR / "versions.json").read_text())
MODULES = sorted(path for path in PAGE.rglob("*.js") if VENDOR not in path.parents)


def name_of(path):
    return str(path.relative_to(PAGE))


@pytest.mark.parametrize("test", sorted(path.name for path in TESTS.glob("*.test.mjs")))
def test_pure_modules_do_what_their_tests_say(test):
    done = subprocess.run(["node", "--test", TESTS / test], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", VERSIONS)
def test_vendored_files_are_those_of_the_npm_package(name):
    package = VERSIONS[name]
    for ours, theirs in package["files"].items():
        text = read_package_file(name, package["version"], theirs).decode()
        text = text.replace(*package.get("replaced", {}).get(ours, ["", ""]))
        assert (VENDOR / ours).read_text() == text, ours


def test_every_vendored_file_has_a_package_and_each_package_its_licence():
    known = {ours for package in VERSIONS.values() for ours in package["files"]}
    assert {path.name for path in VENDOR.iterdir()} == known | {"versions.json"}
    assert {f"{name}.LICENSE" for name in VERSIONS} <= known


def needed_by(name, known):
    """What a module imports, and what that imports: all of it comes before it runs."""
    for found in re.findall(r'^import [^;]*?"(\.[^"]+)";', (PAGE / name).read_text(), re.MULTILINE):
        path = name_of((PAGE / name).parent.joinpath(found).resolve())
        if path not in known:
            known.add(path)
            needed_by(path, known)
    return known


def test_the_page_asks_at_once_for_all_that_its_first_screen_needs_and_for_no_more():
    preloaded = re.findall(r'modulepreload" href="/assets/([^"]+)"', (PAGE / "index.html").read_text())
    assert sorted(preloaded) == sorted(needed_by("app.js", set()))


def ways_of(text):
    """The links of the bar on top, as a file has them."""
    bar = text[text.index('<nav aria-label="Screens">') : text.index("</nav>", text.index('<nav aria-label="Screens">'))]
    return re.findall(r'<a href="([^"]+)"[^>]*>([^<]+)</a>', bar)


def test_what_is_drawn_before_any_script_has_come_is_what_the_scripts_draw():
    index, app = (PAGE / "index.html").read_text(), (PAGE / "app.js").read_text()
    assert ways_of(index) == ways_of((PAGE / "parts/chrome.js").read_text()) != []
    asking = re.search(r'<p class="asking".*?</p>', index)[0]
    assert asking in app
    before = index[: index.index(asking)]
    assert re.findall(r'rel="stylesheet" href="([^"]+)"', before) == ["/assets/styles/base.css"], "one file is waited for"


def test_the_page_is_below_150_kB_over_the_wire():
    served = [path for path in PAGE.rglob("*") if path.suffix in (".html", ".js", ".css", ".svg")]
    assert sum(len(gzip.compress(path.read_bytes())) for path in served) < 150_000


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_is_read_at_one_sitting_and_says_what_it_is(path):
    text = path.read_text()
    assert len(text.splitlines()) <= 200
    assert text.startswith("// ")


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_only_one_file_talks_to_the_server(path):
    if path.name != "api.js":
        assert not re.search(r"\bfetch\(\s*[\"'`/]|new EventSource|/api/v1", path.read_text())


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_becomes_markup(path):
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\(", path.read_text())
