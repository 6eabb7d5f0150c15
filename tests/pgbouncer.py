"""PgBouncer in transaction mode, for one test: between its ledgers and the PostgreSQL that all tests use.

Debian 12 has version 1.18. It passes every transaction to any free connection, and does not know what a transaction
before left on it: no prepared statement that was given a name, no lock of a session, no setting.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from pathlib import Path

from sqlalchemy.engine import make_url

from tests.services import POSTGRES_URL, OwnServer, missing

_SBIN = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
_START_TIMEOUT_S = 10.0
# It refuses to run as root.
_USERS = ("postgres", "nobody")


class OwnPgBouncer(OwnServer):
    """A PgBouncer that listens on its own port.

    Args:
        folder: where its configuration is written.
        connections: to the server, for each database; fewer than its clients have, so that they share them.
    """

    def __init__(self, folder: Path, *, connections: int = 3) -> None:
        super().__init__()
        self._binary = shutil.which("pgbouncer", path=_SBIN) or missing("pgbouncer is not installed")
        server = make_url(POSTGRES_URL)
        target = {"host": server.host, "port": server.port or 5432, "user": server.username}
        if server.password is not None:
            target["password"] = server.password
        settings = {
            "listen_addr": "127.0.0.1",
            "listen_port": self.port,
            "unix_socket_dir": "",
            "auth_type": "any",  # who comes is let in, as the user that the target names
            "pool_mode": "transaction",
            "default_pool_size": connections,
            "server_login_retry": 1,
        }
        if os.geteuid() == 0:
            settings["user"] = next(name for name in _USERS if _is_user(name))
        lines = [
            "[databases]",
            "* = " + " ".join(f"{name}={value}" for name, value in target.items()),
            "[pgbouncer]",
            *(f"{name} = {value}" for name, value in settings.items()),
        ]
        self._log = folder / "pgbouncer.log"
        self._config = folder / "pgbouncer.ini"
        self._config.touch(0o600)  # it may have a password; read before it becomes another user
        self._config.write_text("\n".join(lines))

    def url(self, url: str) -> str:
        """Return how a database of the server is called through it."""
        through = make_url(url).set(host="127.0.0.1", port=self.port, password=None)
        return through.render_as_string(hide_password=False)

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen([self._binary, str(self._config)], stdout=log, stderr=log, cwd="/")
        end = time.monotonic() + _START_TIMEOUT_S
        while self._process.poll() is None and time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.01)
            else:
                return
        self.stop()
        raise RuntimeError(f"pgbouncer does not start: {self._log.read_text()}")


def _is_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
