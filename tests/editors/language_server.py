"""pyright's language server, asked what an editor asks it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast


class LanguageServer:
    """A separate language server for a folder; `async` is not needed, because requests are answered one by one.

    Args:
        folder: the workspace; its settings are those of a `pyrightconfig.json` there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pyright.langserver", "--stdio"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder,
        )  # fmt: skip
        self._number = 0
        self._files = 0

    def __enter__(self) -> Self:
        uri = self._folder.as_uri()
        self._ask(
            "initialize",
            {
                "processId": None,
                "rootUri": uri,
                "workspaceFolders": [{"uri": uri, "name": "user"}],
                "capabilities": {
                    "textDocument": {
                        "hover": {"contentFormat": ["markdown"]},
                        "signatureHelp": {"signatureInformation": {"documentationFormat": ["markdown"]}},
                        "completion": {"completionItem": {"documentationFormat": ["markdown"]}},
                    },
                    "workspace": {"configuration": True},
                },
            },
        )
        self._send({"method": "initialized", "params": {}})
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if exc_type is None:
            self._ask("shutdown", None)
            self._send({"method": "exit"})
        else:
            self._process.terminate()
        self._process.wait(30)
        for pipe in (self._process.stdin, self._process.stdout):
            cast(IO[bytes], pipe).close()

    def hover(self, code: str) -> str:
        """Return what is shown for the name before the mark `|` of some code."""
        found = self._at(code, "textDocument/hover", -1)
        return str(found["contents"]["value"]) if found else ""

    def signatures(self, code: str) -> list[dict[str, Any]]:
        """Return the signatures that are shown at the mark `|` of some code."""
        found = self._at(code, "textDocument/signatureHelp", 0)
        return list(found["signatures"]) if found else []

    def completions(self, code: str) -> list[str]:
        """Return the completions at the mark `|` of some code, in its order; texts without their quotes."""
        found = self._at(code, "textDocument/completion", 0)
        return [each["label"].strip("\"'") for each in sorted(found["items"], key=lambda each: str(each["sortText"]))]

    def _at(self, code: str, method: str, step: int) -> Any:
        before, after = code.split("|")
        uri = (self._folder / f"user_{self._files}.py").as_uri()
        self._files += 1
        text = {"uri": uri, "languageId": "python", "version": 1, "text": before + after}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": text}})
        lines = before.split("\n")
        place = {"line": len(lines) - 1, "character": len(lines[-1]) + step}
        return self._ask(method, {"textDocument": {"uri": uri}, "position": place})

    def _ask(self, method: str, params: Any) -> Any:
        self._number += 1
        self._send({"id": self._number, "method": method, "params": params})
        while True:
            message = self._read()
            if "method" in message:
                if "id" in message:  # a request of the server, for example for its configuration
                    answer: list[dict[str, str]] | None
                    answer = [{}] * len(message["params"]["items"]) if "items" in (message["params"] or {}) else None
                    self._send({"id": message["id"], "result": answer})
            elif message["id"] == self._number:
                if "error" in message:
                    raise AssertionError(message["error"])
                return message["result"]

    def _send(self, message: dict[str, Any]) -> None:
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        pipe = cast(IO[bytes], self._process.stdin)
        pipe.write(b"Content-Length: %d\r\n\r\n%b" % (len(data), data))
        pipe.flush()

    def _read(self) -> dict[str, Any]:
        pipe = cast(IO[bytes], self._process.stdout)
        length = 0
        while line := pipe.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if not length:
            raise AssertionError("the language server ended")
        return cast("dict[str, Any]", json.loads(pipe.read(length)))
