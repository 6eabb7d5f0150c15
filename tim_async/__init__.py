"""Asyncio SDK for the server-side REST API of Tencent Cloud IM (TIM).

    from tim_async import TimClient, TextElem

    async with TimClient(sdk_app_id=1400000000, secret_key="...") as client:
        sent = await client.c2c.send(to_account="bob", msg_body=[TextElem(text="hi")])

Each name in `_public` is imported on first use, each name in `_names` (families, structs, helper results) likewise.
pytest imports this package in every run, for the plugin in `tim_async.testing`; aiohttp and the rest load when needed.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._names import *  # noqa: F403 - made from the families and structs
    from ._public import *  # noqa: F403 - the one list of names written by hand
else:

    def __getattr__(name: str) -> object:
        # The import system asks for other underscore names while it imports `_public`.
        if name.startswith("_") and name not in ("__all__", "__version__"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from . import _public

        names = globals()
        if name in _public.__all__:
            names.update({each: getattr(_public, each) for each in _public.__all__})
        else:
            from ._names import HOMES

            if name == "__all__":
                names[name] = [*_public.__all__, *HOMES]
            elif name in HOMES:
                names[name] = import_module(f"{__name__}.{HOMES[name]}").__dict__[name]
            else:
                raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return names[name]

    def __dir__() -> list[str]:
        from . import _public
        from ._names import HOMES

        return sorted({*globals(), *_public.__all__, *HOMES})
