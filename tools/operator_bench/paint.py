"""When a visitor sees the jobs, and what came over the wire for it."""

import shutil
import statistics

from harness.command import SqliteBooks
from playwright.sync_api import sync_playwright

VISITS = 9
# When the first row of the table was there: the page says so by its own mark of time.
SEEN = """() => new Promise((found) => {
  const look = () => document.querySelector('a.job-row') ? found(performance.now()) : requestAnimationFrame(look);
  look();
})"""
WEIGHT = """() => performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))
  .reduce((sum, entry) => sum + entry.transferSize, 0)"""
PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0].startTime"


def rows(world):
    books = SqliteBooks(world.new_folder("books") / "jobs.db")
    logs = world.new_folder("logs")
    (logs / "kafka_failover_2026_05_01T00_00_00.ndjson").write_text('{"n":1}\n' * 100)
    for number in range(20):
        world.command("run", logs, "--job", f"job-{number}", "--out", world.new_folder("out"), "--database", books.url,
                      "--yes", "--again")  # fmt: skip
    service = world.service(books, RAW_AUTH_TOKENS=None, REPROCESS_VIEW_TOKENS=None, REPROCESS_NO_AUTH="true")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        painted, seen, weight = zip(*(visit(browser, service) for _ in range(VISITS)))
        browser.close()
    yield {"what": "the page's first visit: list of 20 jobs, warm server, nothing in the browser's cache",
           "figure": f"first paint {statistics.median(painted):.0f} ms, the jobs {statistics.median(seen):.0f} ms "
                     f"({min(seen):.0f} to {max(seen):.0f}); {statistics.median(weight) / 1000:.0f} kB over the wire",
           "mark": "300 ms, 150 kB", "command": f"{VISITS} visits, headless Chromium"}  # fmt: skip
    service.stop()


def visit(browser, service):
    context = browser.new_context()
    tab = context.new_page()
    tab.goto(f"http://127.0.0.1:{service.port}/", wait_until="commit")
    seen = tab.evaluate(SEEN)
    figures = tab.evaluate(PAINT), seen, tab.evaluate(WEIGHT)
    context.close()
    return figures
