"""Send one text, and read it back from the history.

Runs against the embedded emulator. With TIM_SDK_APP_ID and TIM_SECRET_KEY set (and TIM_REGION outside China) it sends
to the real service instead; the accounts must then be imported there.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tim_async import TimClient
from tim_async.emulator import DEFAULT_SECRET_KEY, Emulator


async def main() -> None:
    async with open_client() as client:
        sent = await client.c2c.send_text("bob", "你好, Bob! 👋", from_account="alice")
        print(f"sent: MsgKey {sent.msg_key}, time {sent.msg_time}")

        async for message in client.c2c.iter_roam_msgs("bob", "alice"):
            print(f"in bob's history: {message.from_account} wrote {message.msg_body}")
            break  # the newest message comes first


@asynccontextmanager
async def open_client() -> AsyncIterator[TimClient]:
    """Open a client for the app named by the environment, otherwise for an emulator."""
    if "TIM_SDK_APP_ID" in os.environ:
        async with TimClient.from_env() as client:
            yield client
    else:
        async with (
            Emulator(auto_import=True) as emulator,
            TimClient(emulator.sdk_app_id, DEFAULT_SECRET_KEY, base_url=emulator.url) as client,
        ):
            yield client


if __name__ == "__main__":
    asyncio.run(main())
