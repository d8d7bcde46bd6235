"""What one run of a container wrote, line by line, and how a kubelet tells it."""

import itertools
import threading
import time


def stamp(nanoseconds):
    seconds, rest = divmod(nanoseconds, 10**9)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{rest:09}Z"


class ContainerLog:
    def __init__(self):
        self._lines = []  # (nanoseconds, bytes with their end)
        self._first = 0  # that can still be read
        self._ended, self._stuck = False, 0  # follows that began before this many rotations hear no more
        self._changed = threading.Condition()

    def add(self, line):
        with self._changed:
            self._lines.append((time.time_ns(), line if line.endswith(b"\n") else line + b"\n"))
            self._changed.notify_all()

    def end(self):
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def text(self):
        return b"".join(line for _, line in self._lines).decode(errors="replace")

    def rotate(self, hangs=True):
        """A new file: what was written so far can no longer be read, and where it hangs, follows that are
        open hear nothing any more (kubernetes#59902)."""
        with self._changed:
            self._first = len(self._lines)
            self._stuck += hangs

    def read(self, follow=False, timestamps=False, since=0, tail=None, limit=None, alive=lambda: True):
        """Pieces of the answer; an empty one each second in which nothing was written. `since`: nanoseconds."""
        lines = self._following(alive) if follow else self._now()
        if tail is not None:
            lines = self._from_tail(lines, tail)
        for line in lines:
            if line is None:
                yield b""
                continue
            written, text = line
            if written < since:
                continue
            piece = (f"{stamp(written)} ".encode() if timestamps else b"") + text
            if limit is not None:
                piece, limit = piece[:limit], limit - len(piece)
            yield piece
            if limit is not None and limit <= 0:
                return

    def _now(self):
        with self._changed:
            return self._lines[self._first :]

    def _from_tail(self, lines, tail):
        """Without what was there at the start but for its last `tail` lines."""
        there = len(self._now())
        return itertools.islice(iter(lines), max(there - tail, 0), None)

    def _following(self, alive):
        """Lines as they come; None each second without one."""
        with self._changed:
            at, born = self._first, self._stuck
        while alive():
            with self._changed:
                news = [] if self._stuck != born else self._lines[at:]
                if not news and self._ended and self._stuck == born:
                    return
                if not news:
                    self._changed.wait(1.0)
            at += len(news)
            yield from news or [None]
