"""Certificates made for one run, by openssl."""

import subprocess


class Authority:
    """A CA in a directory of its own; issued certificates lie beside it as <name>.pem and .key."""

    def __init__(self, directory):
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self._request("ca", "-addext", "keyUsage=critical,keyCertSign")

    def issue(self, name, *extensions):
        authority = ("-CA", self.path("ca.pem"), "-CAkey", self.path("ca.key"))
        added = (part for extension in extensions for part in ("-addext", extension))
        self._request(name, *authority, "-addext", "basicConstraints=critical,CA:FALSE", *added)

    def path(self, name):
        return self.directory / name

    def _request(self, name, *options):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
             "-nodes", "-days", "2", "-subj", f"/CN={name}", "-keyout", self.path(f"{name}.key"),
             "-out", self.path(f"{name}.pem"), *options],
            check=True,
            capture_output=True,
        )  # fmt: skip
