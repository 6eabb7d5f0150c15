"""How the acts are shown: drawn on a terminal of at least 60 columns, or as plain lines."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeAlias

from ...models.c2c import RoamMsg
from .._output import echo, one_line, show_time
from .acts import CROWD, Lane, Performance, Repeat
from .messages import ALICE, describe

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

NEXT: Final = (
    ("tim-async emulator", "http://127.0.0.1:8900/"),
    ("tim-async doctor", "can your own app be called?"),
    ('tim-async send bob "hello"', "to either of them"),
)
_MESSAGE_PAUSE_S: Final = 0.25
_ACT_PAUSE_S: Final = 0.6
Show: TypeAlias = Callable[[list[Lane]], None]


class Lines:
    """Shows the acts as plain lines, without pauses."""

    async def show_conversation(self, messages: Sequence[RoamMsg], performance: Performance) -> None:
        """Show the conversation, the first message with all its details."""
        echo(f"An emulator of the service runs at {performance.address}.")
        for index, message in enumerate(messages):
            kind = type(message.msg_body[0]).__name__
            echo(f"{message.from_account} to {message.to_account}: {describe(message.msg_body[0])} ({kind})")
            if not index:
                key, moment = one_line(message.msg_key), show_time(message.msg_time_stamp)
                echo(f"  delivered, MsgKey {key}, {moment}")
        echo(f"{performance.arrived} of {performance.total} messages were delivered and read back from the history.")

    @contextmanager
    def race(self) -> Iterator[Show]:
        """Show the results."""
        lanes: list[Lane] = []
        yield lambda now: lanes.__setitem__(slice(None), now)
        for lane in lanes:
            echo(
                f"{lane.total} messages at once, {lane.name}: {lane.sent} sent, {lane.refused} refused, "
                f""
                f"{lane.took_s:.1f} s, {lane.busiest} calls in the busiest second."
            )

    async def show_repeat(self, repeat: Repeat) -> None:
        """Show the result of a lost answer."""
        echo(f"An answer was lost: {_outcome(repeat)}, recognised by its MsgSeq and MsgRandom.")

    def show_next(self) -> None:
        """Show what to do next."""
        for line, purpose in NEXT:
            echo(f"next: {line}  ({purpose})")


class Terminal:
    """Draws the acts in colours.

    Args:
        screen: the terminal.
        pace: the length of pauses, 1 for reading along.
        is_live: whether bars are animated; for a picture, they are drawn once.
    """

    def __init__(self, screen: Console, *, pace: float = 1.0, is_live: bool = True) -> None:
        self._screen = screen
        self._pace = pace
        self._is_live = is_live

    async def _pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds * self._pace)

    def _title(self, text: str) -> None:
        from rich.rule import Rule
        from rich.text import Text

        self._screen.print(Rule(Text(text, style="bold"), align="left", style="dim"))

    async def show_conversation(self, messages: Sequence[RoamMsg], performance: Performance) -> None:
        """Show the conversation as a phone does: one account left, the other right."""
        from rich.text import Text

        self._title("1  Every kind of message, sent, delivered, read back")
        for message in messages:
            is_left = message.from_account == ALICE
            text = Text(f" {describe(message.msg_body[0])} ", style="black on cyan" if is_left else "black on green")
            text.truncate(self._screen.width - 10, overflow="ellipsis")
            name = Text(message.from_account, style="cyan" if is_left else "green")
            line = Text(" ").join([name, text] if is_left else [text, name])
            self._screen.print(line, justify="left" if is_left else "right", no_wrap=True)
            await self._pause(_MESSAGE_PAUSE_S)
        self._verdict(
            performance.arrived == performance.total,
            f"{performance.arrived} of {performance.total} messages arrived as they were sent",
        )
        await self._pause(_ACT_PAUSE_S)

    @contextmanager
    def race(self) -> Iterator[Show]:
        """Show two animated bars, with the refused messages counted beside them."""
        from rich.live import Live

        self._title(f"2  {CROWD} messages at once, with a limit of 200 per second")
        lanes: list[Lane] = []
        if self._is_live:
            with Live(console=self._screen, refresh_per_second=10) as live:

                def show(now: list[Lane]) -> None:
                    lanes[:] = now
                    live.update(self._bars(lanes))

                yield show
        else:
            yield lambda now: lanes.__setitem__(slice(None), now)
            self._screen.print(self._bars(lanes))
        if lanes:
            text = f"{lanes[0].refused} refused here; a plain limiter let {lanes[1].busiest} into one second"
            self._verdict(lanes[0].refused == 0, text)

    def _bars(self, lanes: Sequence[Lane]) -> Table:
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 1, 0, 0), expand=True)
        table.add_column(no_wrap=True)
        table.add_column(ratio=1)
        for _ in range(3):
            table.add_column(no_wrap=True, justify="right")
        for lane in lanes:
            done = lane.sent + lane.refused
            table.add_row(
                Text(lane.name, style="bold" if lane is lanes[0] else ""),
                ProgressBar(
                    lane.total, done, complete_style="green", finished_style="red" if lane.refused else "green"
                ),
                f"{lane.sent}",
                f"{lane.rate}/s",
                Text(f"{lane.refused} refused", style="bold red" if lane.refused else "green"),
            )
        return table

    async def show_repeat(self, repeat: Repeat) -> None:
        """Show the result of a lost answer, attempt by attempt."""
        from rich.text import Text

        await self._pause(_ACT_PAUSE_S)
        self._title("3  An answer that is lost in transit")
        for number, what, style in (
            (1, "accepted by the service, its answer lost", "yellow"),
            (2, "same MsgSeq and MsgRandom: a repeat, recognised", "green"),
        ):
            self._screen.print(Text.assemble((f"attempt {number}  ", "dim"), (what, style)))
            await self._pause(_ACT_PAUSE_S)
        self._verdict(repeat.messages == 1, _outcome(repeat))
        await self._pause(_ACT_PAUSE_S)

    def show_next(self) -> None:
        """Show what to do next."""
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 1, 0, 0))
        for index, (line, purpose) in enumerate(NEXT):
            table.add_row("" if index else "next", Text(line, style="bold cyan"), Text(purpose, style="dim"))
        self._screen.print(table)

    def _verdict(self, is_good: bool, text: str) -> None:
        from rich.text import Text

        self._screen.print(Text("✓ " if is_good else "✗ ", style="bold green" if is_good else "bold red").append(text))


def _outcome(repeat: Repeat) -> str:
    messages = "1 message" if repeat.messages == 1 else f"{repeat.messages} messages"
    return f"{repeat.attempts} attempts, {messages}"


class Silent(Lines):
    """Shows nothing."""

    async def show_conversation(self, messages: Sequence[RoamMsg], performance: Performance) -> None:
        """Show nothing."""

    @contextmanager
    def race(self) -> Iterator[Show]:
        """Show nothing."""
        yield lambda lanes: None

    async def show_repeat(self, repeat: Repeat) -> None:
        """Show nothing."""

    def show_next(self) -> None:
        """Show nothing."""


Stage: TypeAlias = Lines | Terminal
