"""Recipients from a query: its rows as an async iterator, with SQLAlchemy and with asyncpg.

Neither fetches all rows first: a campaign reads them as they arrive, so a million need no more memory than a thousand.
They are read once, when the campaign is planned; later runs use the ledger. If planning itself is interrupted, a new
iterator is needed, because a partly read result cannot be read again.

Needs a PostgreSQL, in which nothing is changed: DATABASE_URL, or the one on this machine.
"""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from tim_async import TimClient
from tim_async.bulk import Campaign, Template
from tim_async.emulator import DEFAULT_SECRET_KEY, Emulator

DATABASE_URL = os.environ.get("DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
LIMITS = {"openim/sendmsg": 2000}

# In your database, a table of customers. One column is the account, the others are for the text.
QUERY = "SELECT 'user-' || n AS account, 'Name ' || n AS name, n * 10 AS points FROM generate_series(1, 500) AS n"


async def rows_of_sqlalchemy(engine: AsyncEngine) -> AsyncIterator[dict[str, object]]:
    async with engine.connect() as connection:
        result = await connection.stream(text(QUERY))
        async for row in result.mappings():
            yield dict(row)


async def rows_of_asyncpg(url: str) -> AsyncIterator[dict[str, object]]:
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction(readonly=True):  # a cursor needs one
            async for record in connection.cursor(QUERY):
                yield dict(record)
    finally:
        await connection.close()


async def main(folder: Path) -> None:
    engine = create_async_engine(DATABASE_URL.replace("postgresql://", "postgresql+asyncpg://"))
    message = Template("Hi $name, you have $points points 🌸")
    sources = {"sqlalchemy": rows_of_sqlalchemy(engine), "asyncpg": rows_of_asyncpg(DATABASE_URL)}
    async with (
        Emulator(auto_import=True, rate_limits=LIMITS) as emulator,
        TimClient(emulator.sdk_app_id, DEFAULT_SECRET_KEY, base_url=emulator.url, rate_limits=LIMITS) as client,
    ):
        for name, rows in sources.items():
            campaign = Campaign(name, ledger=folder / "campaigns.db", recipients=rows, message=message)
            print(await campaign.run(client))
        last = emulator.messages(to="user-500")[-1]
        print(f"user-500 got: {last.msg_body[0].text}")
    await engine.dispose()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        asyncio.run(main(Path(place)))
