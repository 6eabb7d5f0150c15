"""Statements that are compiled once: their values come to the right places on every kind of database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, create_engine, event, insert, select, update
from sqlalchemy.dialects.postgresql import asyncpg

from tim_async.bulk._ledger.database import Prepared, constant, value

words = Table("words", MetaData(), Column("id", Integer, primary_key=True), Column("word", Text), Column("n", Integer))
# Its text needs the values in another order, and one of them twice.
change = Prepared(
    update(words).where(words.c.id == value("id"), words.c.n < value("n")).values(word=value("word"), n=value("n")),
    *("id", "word", "n"),
)


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        words.create(connection)
        connection.execute(insert(words), [{"id": number, "word": "old", "n": 1} for number in range(4)])
        yield connection
    engine.dispose()


def test_values_are_found_by_their_names(connection: Connection) -> None:
    change.run(connection, [(1, "one", 5), (2, None, 7), (3, "three", 1)])
    assert connection.execute(select(words)).all() == [(0, "old", 1), (1, "one", 5), (2, None, 7), (3, "old", 1)]


def test_without_rows_nothing_is_asked(connection: Connection) -> None:
    asked: list[str] = []
    event.listen(connection.engine, "before_cursor_execute", lambda _, __, text, *___: asked.append(text))
    change.run(connection, [])
    assert asked == []
    change.run(connection, [(1, "one", 5)])
    assert len(asked) == 1


def test_database_that_counts_its_parameters_gets_each_once() -> None:
    text, arrange = change._compile(asyncpg.dialect())  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it so
    assert text == (
        "UPDATE words SET word=$1::VARCHAR, n=$2::INTEGER WHERE words.id = $3::INTEGER AND words.n < $2::INTEGER"
    )
    assert arrange is not None
    assert arrange((1, "one", 5)) == ("one", 5, 1)


def test_constants_are_no_values(connection: Connection) -> None:
    reset = Prepared(update(words).where(words.c.id == value("id")).values(n=constant(9)), "id")
    reset.run(connection, [(0,), (3,)])
    assert connection.execute(select(words.c.n).order_by(words.c.id)).scalars().all() == [9, 1, 1, 9]
