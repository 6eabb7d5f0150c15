"""`tim-async console`: the explorer for a real app, in the browser of this machine."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from .._browser import open_address
from .._frame import make_command
from .._loop import run_async
from .._options import (
    DEFAULT_ADMIN,
    DEFAULT_REGION,
    AdminOption,
    AppIdOption,
    BaseUrlOption,
    RegionOption,
    read_region,
)
from .._output import echo
from .._secrets import secret_key, without_secrets
from .._signals import handled

if TYPE_CHECKING:
    from aiohttp import web

    from ..._api.endpoint import Endpoint
    from ..._core.client import TimClient
    from ..._explorer.sending import Send

DEFAULT_PORT: Final = 8901
# How long a page waits for an answer, including the client's retries and its turn at the limit.
_DEADLINE_S: Final = 30.0


def console(
    sdk_app_id: AppIdOption,
    *,
    port: Annotated[
        int, typer.Option(min=0, max=65_535, metavar="NUMBER", help="Port; 0 picks a free one.")
    ] = DEFAULT_PORT,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = True,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host",
            metavar="NAME",
            show_default=False,
            help="Also answer under this host name, such as that of a proxy; may be repeated.",
        ),
    ] = None,
    identifier: AdminOption = DEFAULT_ADMIN,
    region: RegionOption = DEFAULT_REGION,
    base_url: BaseUrlOption = None,
) -> None:
    """Open the explorer for an app: any endpoint as a form that is checked and sent, error codes, and limits.

    It listens on this machine only, and answers only requests with the printed address. The secret key stays in this
    process. Calls that delete, shut people out or reach everyone ask for confirmation.

    The secret key comes from TIM_SECRET_KEY, or from a prompt.
    """
    home = read_region(region)
    key = secret_key()

    async def main() -> None:
        import asyncio

        from ..._core.client import TimClient
        from ..._explorer.explorer import PREFIX, About, Explorer
        from ..._explorer.site import explorer_assets, explorer_page
        from ..._pages.server import PageServer

        hosts = frozenset(name.lower() for name in allow_host or ())
        async with TimClient(sdk_app_id, key, identifier, region=home, base_url=base_url) as client:
            about = About(
                sdk_app_id=sdk_app_id,
                identifier=identifier,
                address=client.base_url,
                asks_first=True,
                body_limit=client.settings.body_limit,
            )
            explorer = Explorer(about, _sender(client), hosts)

            async def serve(request: web.BaseRequest) -> web.Response | None:
                if not request.path.startswith(PREFIX):
                    return None
                response = await explorer.serve(request)
                # The answer may not come from the service, and may repeat the request.
                response.text = without_secrets(response.text or "", key)
                return response

            stopping = asyncio.Event()
            with handled(lambda _: stopping.set()):
                async with PageServer(explorer_page(), explorer_assets(), serve, port=port, hosts=hosts) as server:
                    echo(f"The console of app {sdk_app_id} is at this address until Ctrl-C:\n\n  {server.address}\n")
                    if open_browser:
                        open_address(server.token.address_once(server.url))
                    await stopping.wait()
        echo("stopped")

    with suppress(KeyboardInterrupt):
        run_async(main())


def _sender(client: TimClient) -> Send:
    """Return the function that sends a request of the page."""
    from ..._api.wire import encode

    in_time = client.with_options(deadline=_DEADLINE_S)

    async def send(endpoint: Endpoint[..., Any], body: dict[str, Any]) -> bytes:
        return encode(await in_time.request(endpoint.command, body))

    return send


command = make_command(
    console,
    examples=(
        "tim-async console",
        "tim-async console --port 8901 --no-open",
        "tim-async console --base-url http://127.0.0.1:8900",
    ),
)
