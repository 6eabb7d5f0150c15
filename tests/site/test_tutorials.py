"""A reader who knows only the Chinese pages can do what the tutorials say: their commands are run, word for word.

The code of both languages is the same (`test_written_pages`), so this covers the English pages too. How a page is
followed is in `tests.site.terminals`.
"""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from tests.site import terminals
from tests.site.blocks import DOCS
from tests.site.terminals import Reader, steps, tutorials
from tim_async.emulator import DEFAULT_SECRET_KEY, Emulator

pytestmark = pytest.mark.docs

NEEDS_AN_ACCOUNT = "real-service"


def page(name: str, language: str = "zh") -> str:
    return (DOCS / language / "tutorials" / f"{name}.md").read_text("utf-8")


@pytest.mark.parametrize("name", [name for name in tutorials() if name != NEEDS_AN_ACCOUNT])
def test_tutorial_works_word_for_word(name: str, tmp_path: Path) -> None:
    with Reader(tmp_path) as reader:
        reader.follow(page(name))


async def test_tutorial_of_the_real_service_works_but_for_the_account(tmp_path: Path) -> None:
    """The lines with the app's id, key and data centre are those of an emulator; all others stand as they are."""
    async with Emulator() as emulator:
        account = (
            f"export TIM_BASE_URL={emulator.url} TIM_SDK_APP_ID={emulator.sdk_app_id}\n"
            f"export TIM_SECRET_KEY={DEFAULT_SECRET_KEY} TIM_IDENTIFIER=administrator\n"
        )

        def follow() -> None:
            with Reader(tmp_path) as reader:
                instead = {"export TIM_SDK_APP_ID": account, "export TIM_REGION": "unset TIM_REGION\n"}
                reader.follow(page(NEEDS_AN_ACCOUNT), instead)

        await asyncio.to_thread(follow)


@pytest.mark.parametrize("name", tutorials())
def test_both_languages_have_the_same_steps(name: str) -> None:
    assert steps(page(name, "en")) == steps(page(name))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param("```sh\nfalse\ntrue\n```\n", "exit code 1, not 0", id="a command fails"),
        pytest.param("<!-- exit: 3 -->\n```sh\n(exit 4)\n```\n", "exit code 4, not 3", id="another exit code"),
        pytest.param("<!-- until: never -->\n```sh\nexit\n```\n", "no 'never' after", id="the terminal is closed"),
        pytest.param(
            "```sh\necho 2 of 3 sent\n```\n<!-- shows -->\n```text\n2 of 4 sent\n```\n", "not printed", id="a count"
        ),
        pytest.param(
            "```sh\necho one; echo two\n```\n<!-- shows -->\n```text\ntwo\none\n```\n", "not printed", id="the order"
        ),
        pytest.param("<!-- until: a -->\n```sh\necho a; cat\n```\n```sh\ntrue\n```\n", "another command", id="busy"),
    ],
)
def test_what_does_not_work_is_noticed(
    text: str, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminals, "_SCREEN_PATIENCE_S", 0.5)
    with Reader(tmp_path) as reader, pytest.raises(AssertionError, match=complaint):
        reader.follow(text)


def test_port_that_is_taken_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminals, "_PORT_PATIENCE_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as other, Reader(tmp_path) as reader:
        port = other.getsockname()[1]
        with pytest.raises(AssertionError, match=f"port {port}, which the page uses, is taken"):
            reader.follow(f"<!-- serves: {port} -->\n```sh\npython3 -m http.server {port}\n```\n")


def test_what_differs_from_run_to_run_may_differ(tmp_path: Path) -> None:
    with Reader(tmp_path) as reader:
        reader.follow(
            "```sh\necho 3 messages at 10:15 in 1.5 s\n```\n<!-- shows -->\n```text\n3 messages at 9:7 …\n```\n"
        )
