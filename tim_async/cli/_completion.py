"""Completion for bash, zsh, fish and PowerShell: the candidates for the word that is being typed.

A shell runs the program itself, with a variable that names the shell, and gets one candidate per line: the word, a tab,
and its meaning. No output leaves the word to the shell, which offers files. The line is parsed here and not by typer,
which would load its converters; the input is not validated.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ._completion_scripts import LINE_VARIABLE, SHELLS, VARIABLE

# Names of data centres; importing `_core` would be slow.
REGIONS: Final = (
    "china", "singapore", "seoul", "tokyo", "frankfurt", "silicon_valley", "jakarta", "mumbai", "saudi_arabia",
)  # fmt: skip
# After these, bash replaces only the rest of a word.
_BREAKS: Final = re.compile(r".*[=:]")


class Candidate(NamedTuple):
    """A candidate for the word.

    Attributes:
        word: the whole word.
        meaning: its meaning in a few words, "" for none.
    """

    word: str
    meaning: str = ""


class _Place(NamedTuple):
    """The position of the word.

    Attributes:
        command: the command or group, a class of typer's.
        values: the arguments of the command before it.
        option: the option whose value it is, None for none.
        allows_options: whether it may be an option.
    """

    command: Any
    values: Sequence[str]
    option: Any
    allows_options: bool


def answer() -> None:
    """Print the candidates that the shell requests; print nothing on any error."""
    shell = os.environ.pop(VARIABLE)
    words = sys.argv[1:]
    if shell in ("bash", "powershell"):
        words = _split(os.environ.pop(LINE_VARIABLE, ""), escape="" if shell == "powershell" else "\\")[1:]
    from typer.main import get_command

    from .app import app

    words = words or [""]
    found = candidates(get_command(app), words)
    for each in found:
        word = each.word
        if shell == "bash" and (head := _BREAKS.match(words[-1])):
            word = word.removeprefix(head[0])
        meaning = " ".join(each.meaning.split())
        sys.stdout.write(f"{word}\t{meaning}\n" if meaning and shell != "bash" else f"{word}\n")


def candidates(root: Any, words: Sequence[str]) -> list[Candidate]:  # noqa: ANN401 - a class of typer's
    """Return the candidates for the last of the words, which do not include the program's name."""
    word = words[-1]
    place = _find(root, words[:-1])
    if place is None:
        return []
    return [each for each in _offered(place, word) if each.word.startswith(word)]


def _find(command: Any, before: Sequence[str]) -> _Place | None:  # noqa: ANN401
    """Return the position of the word after these; None after an unknown command."""
    values: list[str] = []
    option, allows_options = None, True
    for word in before:
        if option is not None:
            option = None
        elif allows_options and word == "--":
            allows_options = False
        elif allows_options and word.startswith("-") and len(word) > 1:
            name, equals, _ = word.partition("=")
            found = next((each for each in command.params if name in each.opts), None)
            option = found if found is not None and not found.is_flag and not equals else None
        elif hasattr(command, "load"):
            if word not in command.commands:
                return None
            command = command.load(word)
        else:
            values.append(word)
    return _Place(command, values, option, allows_options)


def _offered(place: _Place, word: str) -> Iterator[Candidate]:
    command = place.command
    if place.option is not None:
        yield from _values(command, place.option.name, place.values, word)
    elif place.allows_options and re.match(r"-(?![0-9])", word):
        yield from _options(command, place, word)
    elif hasattr(command, "load"):
        yield from (Candidate(entry.name, entry.summary) for entry in command.entries)
    else:
        arguments = [each for each in command.params if each.param_type_name == "argument"]
        index = len(place.values)
        if index < len(arguments):
            yield from _values(command, arguments[index].name, place.values, word)
        elif arguments and arguments[-1].nargs == -1:
            yield from _values(command, arguments[-1].name, place.values, word)


def _options(command: Any, place: _Place, word: str) -> Iterator[Candidate]:  # noqa: ANN401
    """Yield the options of a command; after `--option=`, the values of that one."""
    name, equals, value = word.partition("=")
    for param in command.params:
        if param.param_type_name != "option":
            continue
        if equals and name in param.opts:
            for each in _values(command, param.name, place.values, value):
                yield Candidate(f"{name}={each.word}", each.meaning)
        elif not equals and not param.hidden:
            for each in (*param.opts, *param.secondary_opts):
                if each.startswith("--") or word == "-":
                    yield Candidate(each, _first_sentence(param.help or ""))
    if not equals:
        yield from (Candidate(each, "Show the help and exit.") for each in ("--help", "-h"))


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.;:]) ", text, maxsplit=1)[0].rstrip(".;:")


def _values(command: Any, name: str, values: Sequence[str], word: str) -> Iterator[Candidate]:  # noqa: ANN401
    """Yield the known values of an option or argument."""
    offer = _OFFERS.get((command.name, name)) or _OFFERS.get(("", name))
    if offer is not None:
        yield from offer(values, word)


def _endpoints(values: Sequence[str], word: str) -> Iterator[Candidate]:
    """Yield the endpoints: by command after a slash was typed, by name otherwise."""
    from ._catalogue import ENDPOINTS

    for name, (command, title, _) in ENDPOINTS.items():
        yield Candidate(command if "/" in word else name, title)


def _items(values: Sequence[str], word: str) -> Iterator[Candidate]:
    """Yield the fields of the called endpoint that are not given yet, in the spelling that was begun."""
    from ._catalogue import ENDPOINTS

    called = values[0].removeprefix("client.")
    found = next((row for name, row in ENDPOINTS.items() if called in (name, row[0])), None)
    given = {re.split(r"[:=\[]", each)[0] for each in values[1:]}
    for field in found[2].split() if found else ():
        snake, equals, wire = re.split("(:?=)", field)
        if not {snake, wire} & given:
            yield Candidate((wire if word[:1].isupper() else snake) + equals)


def _subjects(values: Sequence[str], word: str) -> Iterator[Candidate]:
    """Yield topics of errors, or codes after a digit was typed."""
    if not word[:1].isalpha():
        from .._codes import rows

        yield from (Candidate(str(row.code), row.meaning) for row in rows())
    if not word[:1].isdigit():
        from ._topics import NEXT_STEPS

        yield from (Candidate(topic, step) for topic, step in NEXT_STEPS.items())


def _of(*words: str) -> Callable[[Sequence[str], str], Iterator[Candidate]]:
    return lambda values, word: (Candidate(each) for each in words)


# The values of an option or argument of a command; "" stands for every command.
_OFFERS: Final[Mapping[tuple[str, str], Callable[[Sequence[str], str], Iterator[Candidate]]]] = {
    ("", "region"): _of(*REGIONS),
    ("", "lanes"): _of("auto", "single", "batch", "both"),
    ("", "file_format"): _of("csv", "jsonl", "txt"),
    ("call", "name"): _endpoints,
    ("call", "items"): _items,
    ("completion", "shell"): _of(*SHELLS),
    ("endpoints", "words"): _endpoints,
    ("explain", "subject"): _subjects,
}


def _split(line: str, *, escape: str) -> list[str]:
    """Split a line as a shell does; an unclosed quotation continues to the end, where the word is."""
    for end in ("", '"', "'"):
        # An x separates the word at the end from what precedes it, and keeps an empty word.
        lexer = shlex.shlex(f"{line}x{end}", posix=True, punctuation_chars=False)
        lexer.whitespace_split, lexer.commenters, lexer.escape = True, "", escape
        try:
            words = list(lexer)
        except ValueError:
            continue
        return [*words[:-1], words[-1][:-1]]
    return []
