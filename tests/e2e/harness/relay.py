"""A TCP relay before a server: a middlebox that may swallow what passes, and closes nothing."""

import contextlib
import socket
import threading


class Relay:
    """Listens on 127.0.0.1:port as long as the context is open."""

    def __init__(self, target_port):
        self._target = ("127.0.0.1", target_port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.silent = threading.Event()  # set: no byte passes, either way
        self._words = []  # of each that is sent once, the answer is swallowed, and all after it
        self.swallowed = 0
        self._sockets = []
        threading.Thread(target=self._accept, daemon=True).start()

    def swallow_answer_to(self, word, times=1):
        self._words += [word] * times

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for each in [self._listener, *self._sockets]:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
                self._sockets += [client, server]
                deaf = threading.Event()
                for one, other, sends in ((client, server, True), (server, client, False)):
                    threading.Thread(
                        target=self._pass_on, args=(one, other, deaf, sends), daemon=True
                    ).start()

    def _pass_on(self, one, other, deaf, sends):
        with contextlib.suppress(OSError):
            while data := one.recv(65_536):
                if sends and self._words and self._words[0] in data:
                    self._words.pop(0)
                    deaf.set()
                    self.swallowed += 1
                if not self.silent.is_set() and (sends or not deaf.is_set()):
                    other.sendall(data)
            if not self.silent.is_set() and not deaf.is_set():
                other.shutdown(socket.SHUT_RDWR)
