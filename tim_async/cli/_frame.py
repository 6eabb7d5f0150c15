"""The frame that all commands share: lazy loading, and help with panels and examples.

A group knows the name, the panel and one sentence of each command; `--help` and completion need no more. Help is plain
text made by typer's own formatter: rich would take twice the time of everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple, TypeAlias, cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from ._output import plain
from ._shells import example

# Click's classes; later versions of typer include them under private names.
_Context: TypeAlias = Any
_Formatter: TypeAlias = Any

ARGUMENTS = "Arguments"
OPTIONS = "Options"
_HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}
# Stands for a hyphen while text is wrapped.
_UNBREAKABLE = "\N{NON-BREAKING HYPHEN}"


class Entry(NamedTuple):
    """A command of a group.

    Attributes:
        name: its name on the command line.
        panel: the section of the group's help that lists it.
        summary: one sentence, the first of the command's own help.
        load: imports the command.
    """

    name: str
    panel: str
    summary: str
    load: Callable[[], TyperCommand | TyperGroup]


class _PlainHelp:
    """Help as text: the description, a section for each panel, examples; and usage errors."""

    help: str | None
    epilog: str | None

    def make_context(self, *args: Any, **extra: Any) -> _Context:  # noqa: ANN401 - click's
        """Parse the arguments; a usage error may repeat them, and the arguments of scripts may be untrusted."""
        try:
            return super().make_context(*args, **extra)  # type: ignore[misc]  # typer's: this class stands before it
        except Exception as error:
            if isinstance(message := getattr(error, "message", None), str):
                error.message = plain(message)  # type: ignore[attr-defined]  # click's own, under various names
            raise

    def get_help_option(self, ctx: _Context) -> Any:  # noqa: ANN401 - click's
        """Return the option for help. Its default needs no conversion, so typer loads nothing for it."""
        option = super().get_help_option(ctx)  # type: ignore[misc]  # typer's: this class stands before it
        if option is not None and option.default is None:
            option.default = False
        return option

    def get_help(self, ctx: _Context) -> str:
        """Return the help."""
        text: str = super().get_help(ctx)  # type: ignore[misc]  # typer's: this class stands before it
        return text.replace(_UNBREAKABLE, "-")

    def format_help_text(self, ctx: _Context, formatter: _Formatter) -> None:
        """Write the description."""
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(_unbroken(self.help or ""))

    def format_epilog(self, ctx: _Context, formatter: _Formatter) -> None:
        """Write the examples unwrapped, for copying."""
        if self.epilog:
            with formatter.section("Examples"):
                for line in self.epilog.splitlines():
                    formatter.write(f"  {example(line)}\n")


class Command(_PlainHelp, TyperCommand):
    """A command whose errors are printed in one place, and whose help has a section for each panel."""

    def invoke(self, ctx: _Context) -> object:
        """Run the command; a failure that is not a bug of this program becomes a line and an exit code."""
        try:
            return super().invoke(ctx)
        except (Exception, KeyboardInterrupt) as error:
            from ._errors import report

            code = report(error, ctx)
            if code is None:
                raise
        raise typer.Exit(code)

    def format_options(self, ctx: _Context, formatter: _Formatter) -> None:
        """Write the arguments and options, a section for each panel."""
        _write_panels(self, ctx, formatter)


class _Unloaded(TyperCommand):
    """A placeholder for a command until it is called."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(entry.name, short_help=entry.summary, rich_help_panel=entry.panel)
        self.load = entry.load


class LazyGroup(_PlainHelp, TyperGroup):
    """A group that imports a command when it is called."""

    entries: ClassVar[Sequence[Entry]] = ()

    def __init__(self, **attributes: Any) -> None:  # noqa: ANN401 - typer's
        super().__init__(**attributes)
        self.commands = {entry.name: _Unloaded(entry) for entry in self.entries}

    def load(self, name: str) -> TyperCommand | TyperGroup:
        """Return a command of this group."""
        command = self.commands[name]
        if isinstance(command, _Unloaded):
            command = self.commands[name] = command.load()
        return cast("TyperCommand | TyperGroup", command)

    def resolve_command(self, ctx: _Context, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Load the command that is called."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command and self.load(command.name or ""), rest

    def format_options(self, ctx: _Context, formatter: _Formatter) -> None:
        """Write the commands, a section for each panel, then the options."""
        for panel in dict.fromkeys(entry.panel for entry in self.entries):
            with formatter.section(panel):
                rows = [(entry.name, _unbroken(entry.summary)) for entry in self.entries if entry.panel == panel]
                formatter.write_dl(rows)
        _write_panels(self, ctx, formatter)


def _write_panels(command: TyperCommand | TyperGroup, ctx: _Context, formatter: _Formatter) -> None:
    panels: dict[str, list[tuple[str, str]]] = {}
    for param in command.get_params(ctx):
        usual = ARGUMENTS if param.param_type_name == "argument" else OPTIONS
        record = param.get_help_record(ctx)
        if record is not None:
            text = record[1].replace("\\[", "[")  # older versions of typer escape for rich even if it does not print
            panel = getattr(param, "rich_help_panel", None) or usual
            panels.setdefault(panel, []).append((record[0], _unbroken(text)))
    for panel in sorted(panels, key=lambda panel: (panel == OPTIONS) - (panel == ARGUMENTS)):
        with formatter.section(panel):
            formatter.write_dl(panels[panel])


def _unbroken(text: str) -> str:
    """Return a text that is not wrapped inside `tim-async` or `--change-message`, for copying."""
    return text.replace("-", _UNBREAKABLE)


def make_command(
    function: Callable[..., object],
    *,
    examples: Sequence[str],
    name: str | None = None,
    context_settings: dict[str, Any] | None = None,
) -> TyperCommand | TyperGroup:
    """Return a function as a command: its signature and docstring, and example lines for copying.

    Args:
        function: the command.
        examples: the lines.
        name: the name on the command line, if the function's name differs because that is reserved in Python.
        context_settings: further settings of click.
    """
    app = make_app()
    settings = {**_HELP_OPTIONS, **(context_settings or {})}
    app.command(name, cls=Command, epilog="\n".join(examples), context_settings=settings)(function)
    return _made(app)


def make_group(
    cls: type[LazyGroup], *, name: str, about: str, examples: Sequence[str] = ()
) -> TyperCommand | TyperGroup:
    """Return a group of commands without options of its own."""
    app = make_app(name=name, cls=cls, help=about, epilog="\n".join(examples), no_args_is_help=True)
    app.callback()(lambda: None)
    return _made(app)


def _made(app: typer.Typer) -> TyperCommand | TyperGroup:
    return cast("TyperCommand | TyperGroup", get_command(app))


def make_app(**options: Any) -> typer.Typer:  # noqa: ANN401 - typer's
    """Return a typer application with the common settings.

    Typer's own tracebacks may show the values of variables, including the secret key: Python's are used instead.
    """
    return typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings=_HELP_OPTIONS,
        **options,
    )
