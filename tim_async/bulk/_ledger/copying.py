"""Rows into a table of PostgreSQL by COPY, which costs a tenth of the same rows as parameters of a statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError

from .database import Values


def copy_rows(connection: Connection, table: Table, rows: Sequence[Values]) -> None:
    """Enter rows.

    Args:
        connection: in a transaction in which a statement was executed: the first one begins it on the server.
        table: the table.
        rows: the values of its columns, in their order.

    Raises:
        DBAPIError: the server refused them, or the connection was lost.
    """
    names = [column.name for column in table.columns]

    async def copy(driver: Any) -> None:  # noqa: ANN401 - it is not typed
        assert driver.is_in_transaction()  # noqa: S101 - or they would be there whatever becomes of the rest
        try:
            await driver.copy_records_to_table(table.name, records=rows, columns=names)
        except TimeoutError:
            raise
        except Exception as error:
            # As SQLAlchemy raises it for its own statements; here it is not in between.
            statement = f"COPY {table.name} FROM STDIN"
            raise DBAPIError(statement, None, error, connection_invalidated=driver.is_closed()) from error

    adapted: Any = connection.connection.dbapi_connection
    adapted.run_async(copy)
