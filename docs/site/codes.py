"""The page of all error codes."""

from __future__ import annotations

from tim_async._explorer.codes import CodeLine, code_lines
from tim_async.cli._site import code_anchor

from .markup import index, table, text
from .words import Words


def page(words: Words) -> str:
    """Return the page: a section for each kind of command, a row for each code."""
    chinese = words.is_chinese
    parts = [f"(error-codes)=\n# {words.errors}\n\n{words.errors_text}\n\n"]
    for scope, title in words.scopes.items():
        rows = [line for line in code_lines() if line.scope == scope and line.code]
        parts.append(index(*dict.fromkeys(str(line.code) for line in rows)))
        parts.append(f"(codes-{scope})=\n## {title}\n\n")
        parts.append(
            table([words.error_code, words.meaning, words.to_do], [_row(line, chinese=chinese) for line in rows])
        )
    return "".join(parts)


def _row(line: CodeLine, *, chinese: bool) -> list[str]:
    meaning = f"{line.meaning_zh}<br>{text(line.meaning)}" if chinese else text(line.meaning)
    advice = line.advice_zh if chinese else line.advice
    raised = f"<br>`{line.raised_as}`" if line.raised_as else ""
    return [f"`{line.code}`{{#{code_anchor(line.scope, line.code)}}}", meaning + raised, text(advice)]
