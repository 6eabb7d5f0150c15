"""Asyncio SDK for the server-side REST API of Tencent Cloud IM (TIM).

    from tim_async import TimClient, TextElem

    async with TimClient(sdk_app_id=1400000000, secret_key="...") as client:
        sent = await client.c2c.send(to_account="bob", msg_body=[TextElem(text="hi")])

The names stand in `_public` and are imported when one of them is first used. pytest imports this package in every run,
for the sake of the plugin in `tim_async.testing`; aiohttp and the rest are loaded where something is done with them.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._public import *  # noqa: F403 - the one list of public names
else:

    def __getattr__(name: str) -> object:
        # Other names with an underscore are asked for by the import system, while `_public` itself is being imported.
        if name.startswith("_") and name not in ("__all__", "__version__"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from . import _public

        names = {each: getattr(_public, each) for each in _public.__all__}
        globals().update(names, __all__=_public.__all__)
        try:
            return globals()[name]
        except KeyError:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None

    def __dir__() -> list[str]:
        from . import _public

        return sorted({*globals(), *_public.__all__})
