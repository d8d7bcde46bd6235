"""Ingest messages as Bulker's failover log holds them: seeded, about 1.6 kB each, made quickly.

The long parts of a message (page, device, product) are drawn from pools that are serialised once;
what differs from line to line (ids, times, addresses, prices) is filled in by one format call.
"""

import datetime
import json
import random

TYPES = ["page"] * 5 + ["track"] * 3 + ["identify", "screen"]
TITLES = [
    "Größe & Passform — Läufer №7", "価格表 と 配送について", "Цены и доставка по всей стране",
    "أسعار الشحن والإرجاع", "Straight \"quoted\" title\twith a tab", "Back\\slash / path & more",
    "Summer sale 🛍️ up to 70 % off", "Line one\nline two of a long description", "Plain old title",
    "नई सर्दियों की पोशाकें", "Smörgåsbord för hela familjen 🎉", "Prix réduits d'été : -50 %",
]
AGENTS = [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/136.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/18.4 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:138.0) Gecko/20100101 Firefox/138.0",
]
WORDS = "alpha bravo kilo lima oscar papa quebec sierra tango victor x-ray zulu".split()


def compact(value, ascii_only):
    return json.dumps(value, ensure_ascii=ascii_only, separators=(",", ":"))


class Events:
    """An endless supply of messages: message(when) returns one line without its newline."""

    def __init__(self, seed, streams=20):
        self.random = random.Random(seed)
        self.streams = [self._stream(i) for i in range(streams)]
        self.contexts = [self._context() for _ in range(400)]
        self.properties = [self._properties() for _ in range(400)]

    def _stream(self, i):
        origin = {"baseUrl": "https://data.example.com", "slug": f"site-{i}",
                  "sourceId": f"src{i:04}", "domain": f"d{i}.example.com", "classic": False}
        return f"wk{i}:***", compact(origin, True)

    def _context(self):
        r = self.random
        title = r.choice(TITLES)
        path = "/".join(r.choices(WORDS, k=3))
        context = {
            "library": {"name": "@jitsu/js", "version": "1.10.0"},
            "userAgent": r.choice(AGENTS), "locale": r.choice(["de-DE", "en-US", "ja-JP", "ru-RU"]),
            "timezone": r.choice(["Europe/Berlin", "America/New_York", "Asia/Tokyo"]),
            "screen": {"width": r.choice([390, 1440, 1920]), "height": r.choice([844, 900, 1080]),
                       "density": r.choice([1, 1.5, 2])},
            "page": {"title": title, "url": f"https://d.example.com/{path}?utm_source=mail&q=%20",
                     "path": f"/{path}", "referrer": "https://search.example.org/", "host": "d.example.com"},
            "campaign": {"source": r.choice(WORDS), "medium": "email", "name": r.choice(TITLES)},
        }
        return compact(context, r.random() < 0.3)

    def _properties(self):
        r = self.random
        products = [{"sku": f"{r.choice(WORDS)}-{r.randrange(10**5)}", "name": r.choice(TITLES),
                     "price": r.randrange(10**5) / 100, "quantity": r.randrange(1, 5)}
                    for _ in range(2)]
        return compact({"category": r.choice(TITLES), "products": products}, r.random() < 0.3)[1:-1]

    def message(self, when):
        r = self.random
        write_key, origin = r.choice(self.streams)
        kind = r.choice(TYPES)
        bits = "%032x" % r.getrandbits(128)
        uuid = f"{bits[:8]}-{bits[8:12]}-4{bits[13:16]}-a{bits[17:20]}-{bits[20:]}"
        more = "%072x" % r.getrandbits(288)
        number = r.getrandbits(30)
        address = f"{number & 255}.{number >> 8 & 255}.{number >> 16 & 255}.{number >> 22}"
        user = f'"user-{number % 9973}"' if number & 1 else "null"
        # A number of 2^64 or more is legal, and rare.
        rare = "0" * 20 if number % 1000 == 0 else ""
        created = when.strftime("%Y-%m-%dT%H:%M:%S.") + f"{when.microsecond // 1000:03}Z"
        return (
            f'{{"ingestType":"browser","messageCreated":"{created}","writeKey":"{write_key}",'
            f'"messageId":"{uuid}","type":"{kind}","origin":{origin},'
            f'"httpHeaders":{{"user-agent":"{AGENTS[number % 3]}","x-forwarded-for":"{address}"}},'
            f'"httpPayload":{{"type":"{kind}","anonymousId":"{bits[:16]}","userId":{user},'
            f'"sentAt":"{created}","session":"{more[:24]}","click":"{more[24:]}","context":{r.choice(self.contexts)},'
            f'"properties":{{"value":{number % 100000 / 100},"big":{number}{rare},'
            f'{r.choice(self.properties)}}}}}}}'
        )

    def small(self, when):
        """About 200 bytes."""
        r = self.random
        _, origin = r.choice(self.streams)
        origin = origin.replace('"baseUrl":"https://data.example.com",', "").replace(',"classic":false', "")
        created = when.strftime("%Y-%m-%dT%H:%M:%S.") + f"{when.microsecond // 1000:03}Z"
        return (f'{{"messageCreated":"{created}","messageId":"{r.getrandbits(64):016x}","type":"{r.choice(TYPES)}",'
                f'"origin":{origin},"value":{r.randrange(10**5) / 100}}}')

    def large(self, when):
        """About 64 kB: a message with many rows."""
        rows = ",".join(self.random.choices(self.contexts, k=103))
        return f'{self.message(when)[:-1]},"rows":[{rows}]}}'


def repository(streams=20):
    """The streams repository's answer: a destination for each stream of Events, by either name."""
    return [{"stream": {"id": name, "workspaceId": "workspace", "name": name},
             "updatedAt": "2026-05-01T00:00:00Z",
             "destinations": [{"id": f"destination-{i}", "connectionId": f"connection-{i}",
                               "destinationType": "postgres", "options": {}}]}
            for i in range(streams) for name in (f"src{i:04}", f"site-{i}")]


def file_name(when, ending=""):
    return when.strftime("kafka_failover_%Y_%m_%dT%H_%M_%S.ndjson") + ending


def utc(*date):
    return datetime.datetime(*date, tzinfo=datetime.timezone.utc)
