"""The data files of this package, which may be inside a zip file."""

from __future__ import annotations


def data_file(name: str) -> bytes:
    """Return the contents of a file in this folder."""
    from importlib.resources import files  # late: few processes read the data

    assert __package__  # noqa: S101 - it is imported as a part of one
    return files(__package__).joinpath(name).read_bytes()
