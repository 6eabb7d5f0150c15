"""The location of a ledger: the given path or URL, and the files that belong beside a file."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Literal

import msgspec
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from ...errors import UsageError


class Location(msgspec.Struct, frozen=True):
    """The location of a ledger.

    Attributes:
        url: the URL of the database.
        path: the SQLite file, None on a server.
        name: its name in messages, without a password.
    """

    url: URL
    path: Path | None
    name: str

    @property
    def full_name(self) -> str:
        """The absolute path of a file, the URL of a server without its password."""
        return self.name if self.path is None else str(self.path)


def locate(given: str | PathLike[str]) -> Location:
    """Return the location of a ledger.

    Raises:
        UsageError: it is neither a path nor the URL of a database.
    """
    url: URL | None = None
    if isinstance(given, str) and "://" in given:
        try:
            url = make_url(given)
        except ArgumentError:
            url = None
        if url is None:
            raise UsageError("ledger is not the URL of a database", field="ledger")
        if url.get_backend_name() != "sqlite":
            url = _of_asyncpg(url)
            return Location(url, None, shown(url))
        given = url.database or ""
    if not isinstance(given, str | PathLike):
        raise UsageError(f"ledger must be a path or a URL, not {type(given).__name__}", field="ledger")
    if str(given) in ("", ":memory:"):
        raise UsageError("ledger must be a file: one in memory is lost when the process ends", field="ledger")
    try:
        # One file has one lock, whatever name or link refers to it.
        path = Path(given).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        problem = f"ledger is not the path of a file: {error}"
    else:
        return Location(file_url(path), path, str(given))
    raise UsageError(problem, field="ledger")


def _of_asyncpg(url: URL) -> URL:
    """Return the URL with the driver that ledgers use, if it names none, as in most programs.

    Such a URL may also use the usual parameter for the security of the connection, which the driver names differently.
    """
    if url.drivername not in ("postgresql", "postgres"):
        return url
    query = {"ssl" if name == "sslmode" else name: value for name, value in url.query.items()}
    return url.set(drivername="postgresql+asyncpg", query=query)


def shown(url: URL) -> str:
    """Return a URL for display, without a password, which may be in the query as well."""
    return url.set(query={}).render_as_string()


def lock_path(path: Path) -> Path:
    """Return the file that is locked while a process works on a ledger."""
    return path.with_name(path.name + ".lock")


def file_url(path: Path, *, only: Literal["ro", "immutable"] | None = None) -> URL:
    """Return the URL of a file.

    Args:
        path: the file.
        only: `ro` opens it for reading and leaves its log as it is; `immutable` creates no other file beside it, as if
            nothing ever wrote to it.
    """
    if only is None:
        return URL.create("sqlite", database=str(path))
    query = {"mode": "ro"} if only == "ro" else {"immutable": "1"}
    return URL.create("sqlite", database=path.as_uri(), query={**query, "uri": "true"})
