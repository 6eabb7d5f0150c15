"""Statements that run for every recipient, compiled once.

SQLAlchemy handles every value of a statement, which costs several times what the database does with it. These it only
compiles: the text goes to the driver, with tuples. The schema stays the one source of it, for all kinds of databases.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, Final, TypeAlias

from sqlalchemy import ColumnElement, Connection, Dialect, Executable, bindparam, literal_column
from sqlalchemy.sql.compiler import SQLCompiler

Values: TypeAlias = tuple[str | int | float | None, ...]

_Compiled: TypeAlias = tuple[str, Callable[[Values], Values] | None]


def value(name: str) -> ColumnElement[Any]:
    """Return what stands in a statement for the value of a row that is named so."""
    return bindparam(f"v_{name}")  # a column's own name means something else in an update


def constant(number: int) -> ColumnElement[Any]:
    """Return what stands for a number that is the same in all rows."""
    return literal_column(str(int(number)))


class Prepared:
    """A statement without a result, which runs with rows of values.

    Args:
        statement: with a `value` for each of them, and none but constants besides.
        names: their names, in the order that they have in a row.
    """

    def __init__(self, statement: Executable, *names: str) -> None:
        self._statement: Final = statement
        self._names: Final = tuple(f"v_{name}" for name in names)
        self._compiled: dict[type[Dialect], _Compiled] = {}

    def run(self, connection: Connection, rows: Sequence[Values]) -> None:
        """Run it with each of some rows, of which there may be none."""
        if not rows:
            return
        compiled = self._compiled.get(type(connection.dialect))
        if compiled is None:
            compiled = self._compiled[type(connection.dialect)] = self._compile(connection.dialect)
        text, arrange = compiled
        connection.exec_driver_sql(text, list(rows if arrange is None else map(arrange, rows)))

    def _compile(self, dialect: Dialect) -> _Compiled:
        compiled = self._statement.compile(dialect=dialect)  # type: ignore[attr-defined]  # all statements have it
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 - what a statement compiles to
        # One that is used twice is there twice, unless the database counts its parameters.
        order = [self._names.index(name) for name in compiled.positiontup or ()]
        return compiled.string, None if order == list(range(len(self._names))) else itemgetter(*order)
