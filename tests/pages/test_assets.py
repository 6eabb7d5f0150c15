"""The files of pages: which are served, with what, and from where."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from textwrap import dedent

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

import tim_async
from tim_async._pages.assets import Assets
from tim_async._pages.page import page, respond

PACKAGE = Path(tim_async.__file__).parent
STATIC = sorted(PACKAGE.rglob("static/*"))


@pytest.fixture
async def url() -> AsyncIterator[str]:
    assets = Assets({"pages": "tim_async._pages", "gone": "tim_async.models"})

    async def serve(request: web.BaseRequest) -> web.StreamResponse:
        return assets.serve(request)

    runner = web.ServerRunner(web.Server(serve))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/_assets"
    await runner.cleanup()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_file_comes_with_its_type_and_the_policy(url: str, session: aiohttp.ClientSession) -> None:
    async with session.get(f"{url}/pages/shell.js") as response:
        assert response.status == 200
        assert await response.read() == (PACKAGE / "_pages/static/shell.js").read_bytes()
        assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    async with session.get(f"{url}/pages/base.css") as response:
        assert response.headers["Content-Type"] == "text/css; charset=utf-8"
    async with session.get(f"{url}/pages/icon.svg") as response:
        assert response.headers["Content-Type"] == "image/svg+xml"


async def test_browser_with_the_newest_copy_is_sent_nothing(url: str, session: aiohttp.ClientSession) -> None:
    async with session.get(f"{url}/pages/dom.js") as response:
        tag = response.headers["ETag"]
    async with session.get(f"{url}/pages/dom.js", headers={"If-None-Match": f'"old", {tag}'}) as response:
        assert (response.status, await response.read()) == (304, b"")
    async with session.get(f"{url}/pages/dom.js", headers={"If-None-Match": '"old"'}) as response:
        assert response.status == 200


@pytest.mark.parametrize(
    "path",
    [
        "pages/nothing.js",
        "pages/assets.py",
        "pages/..%2fassets.py",
        "pages/%2e%2e/assets.py",
        "pages/%2fetc%2fpasswd.js",
        "pages/",
        "other/dom.js",
        "gone/c2c.js",
        "dom.js",
        "pages/dom.js/",
        "pages/dom.js%00.js",
    ],
)
async def test_nothing_else_is_served(url: str, session: aiohttp.ClientSession, path: str) -> None:
    async with session.get(URL(f"{url}/{path}", encoded=True)) as response:
        assert response.status == 404


async def test_files_are_only_read(url: str, session: aiohttp.ClientSession) -> None:
    async with session.post(f"{url}/pages/dom.js", json={}) as response:
        assert (response.status, response.headers["Allow"]) == (405, "GET, HEAD")
    async with session.head(f"{url}/pages/dom.js") as response:
        assert (response.status, await response.read()) == (200, b"")
        assert int(response.headers["Content-Length"]) > 0


def test_page_holds_no_script_and_what_it_is_given_is_no_markup() -> None:
    document = page("<b>&", script="x/main.js", styles=["x/a.css"]).decode()
    assert "<title>&lt;b&gt;&amp;</title>" in document
    assert re.findall(r"<script[^>]*>([^<]*)</script>", document) == ["", ""]
    assert "<style" not in document
    assert " style=" not in document
    assert respond(b"").headers["Cache-Control"] == "no-store"


# What makes markup or code of a text, and what the policy would refuse.
FORBIDDEN = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|srcdoc|setHTML"
    r"|\beval\b|new Function|https?://(?!www\.w3\.org/)"
)


@pytest.mark.parametrize("path", STATIC, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_of_pages_make_no_markup_and_name_no_other_host(path: Path) -> None:
    assert FORBIDDEN.findall(path.read_text("utf-8")) == []


def test_pages_are_read_from_a_zip(tmp_path: Path) -> None:
    zipped = tmp_path / "library.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        for path in PACKAGE.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                archive.write(path, Path("tim_async") / path.relative_to(PACKAGE))
    script = """
        import asyncio, aiohttp, tim_async
        from tim_async.emulator import Emulator

        async def main():
            assert "library.zip" in tim_async.__file__
            async with Emulator() as emulator, aiohttp.ClientSession() as session:
                files = ("/_assets/pages/dom.js", "/_assets/console/main.js", "/_assets/explorer/form.js")
                for path in ("/", *files, "/_explorer/v1/catalogue", "/_explorer/v1/endpoints/openim/sendmsg"):
                    async with session.get(emulator.url + path, headers={"Accept": "text/html"}) as response:
                        assert response.status == 200, path
                        assert await response.read(), path

        asyncio.run(main())
    """
    subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(zipped)!r})\n{dedent(script)}"], check=True
    )
