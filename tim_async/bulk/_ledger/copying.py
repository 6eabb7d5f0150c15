"""Copy rows into a table of PostgreSQL by COPY, at a tenth of the cost of the same rows as statement parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError

from .database import Values


def copy_rows(connection: Connection, table: Table, rows: Sequence[Values]) -> None:
    """Insert rows.

    Args:
        connection: in a transaction that has executed a statement: the first one begins it on the server.
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
            # As SQLAlchemy raises it for its own statements, which this bypasses.
            statement = f"COPY {table.name} FROM STDIN"
            raise DBAPIError(statement, None, error, connection_invalidated=driver.is_closed()) from error

    adapted: Any = connection.connection.dbapi_connection
    adapted.run_async(copy)
