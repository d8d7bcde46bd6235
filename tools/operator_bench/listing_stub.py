"""An S3 service that lists a million seeded keys, each answer after a delay, and knows nothing else.

    listing_stub COUNT SECONDS

is a process of its own, so that it shares neither its memory nor its interpreter with who measures. It says in
a line of JSON where it is and how many bytes its objects have, and ends when its standard input does.

Keys are failover logs of thirty days, sizes log-normal; an answer has a thousand of them, and depends on
nothing but the request. The XML of a page is joined from texts that are made once, so a page costs about a
millisecond.
"""

import bisect
import hashlib
import http.server
import json
import random
import sys
import threading
import time
import urllib.parse

KEYS_A_PAGE = 1_000
BEGINS = 1_775_001_600  # 2026-04-01
SECONDS = 30 * 86_400


class Listing:
    def __init__(self, count, seed=1):
        numbers = random.Random(seed)
        self.keys, self.entries, self.bytes = [], [], 0
        for number in range(count):
            at = time.gmtime(BEGINS + SECONDS * number // count)
            key = time.strftime(f"failover/kafka_failover_%Y_%m_%dT%H_%M_%S_pod{number % 24:02}_{number:07}.ndjson.gz", at)
            size = int(numbers.lognormvariate(11, 1.2))
            tag = hashlib.md5(key.encode()).hexdigest()
            self.bytes += size
            self.keys.append(key)
            self.entries.append(
                f"<Contents><Key>{key}</Key><LastModified>{time.strftime('%Y-%m-%dT%H:%M:%S.000Z', at)}</LastModified>"
                f"<ETag>&quot;{tag}&quot;</ETag><Size>{size}</Size><StorageClass>STANDARD</StorageClass></Contents>")
        assert self.keys == sorted(self.keys)

    def page(self, query):
        first = 0
        if "continuation-token" in query:
            first = int(query["continuation-token"])
        elif "start-after" in query:
            first = bisect.bisect_right(self.keys, query["start-after"])
        prefix = query.get("prefix", "")
        first = max(first, bisect.bisect_left(self.keys, prefix))
        end = bisect.bisect_left(self.keys, prefix + "\U0010ffff")
        last = min(first + KEYS_A_PAGE, end)
        more = f"<NextContinuationToken>{last}</NextContinuationToken>" if last < end else ""
        return ('<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
                f"<IsTruncated>{'true' if more else 'false'}</IsTruncated>{more}"
                f"{''.join(self.entries[first:last])}</ListBucketResult>").encode()


class Server(http.server.ThreadingHTTPServer):
    """On a free port of 127.0.0.1, as long as the process lives."""

    daemon_threads = True

    def __init__(self, listing, delay):
        self.listing, self.delay = listing, delay
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        asked = time.monotonic()
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        body = self.server.listing.page(query)
        time.sleep(max(0, self.server.delay - (time.monotonic() - asked)))
        self.send_response(200)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main():
    listing = Listing(int(sys.argv[1]))
    server = Server(listing, float(sys.argv[2]))
    print(json.dumps({"url": server.url, "bytes": listing.bytes}), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
