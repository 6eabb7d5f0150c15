"""The data files of this package, which may lie in a zip."""

from __future__ import annotations


def data_file(name: str) -> bytes:
    """Return what is in a file of this folder."""
    from importlib.resources import files  # only those who ask for the data load it

    assert __package__  # noqa: S101 - it is imported as a part of one
    return files(__package__).joinpath(name).read_bytes()
