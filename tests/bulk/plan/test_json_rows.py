from __future__ import annotations

import pytest

from tests.bulk.plan.files import Folder, accounts, problems


def test_json_lines(folder: Folder) -> None:
    lines = ['"alice"', '{"account":"bob","age":7,"tags":["x"]}', "", "{broken", '{"name":"no account"}',
             '{"account":12}', "[1]", '{"account":"carol"}']  # fmt: skip
    rows = folder.read("people.jsonl", "\r\n".join(lines).encode())
    assert rows[:2] == [("alice", None, 1), ("bob", '{"age":7,"tags":["x"]}', 2)]
    assert accounts(rows) == ["alice", "bob", "carol"]
    assert [(line, reason.partition(":")[0]) for line, _, reason in problems(rows)] == [
        (4, "not valid JSON"),
        (5, "account is missing"),
        (6, "account is int, not text"),
        (7, "not an account or a mapping, but list"),
    ]


@pytest.mark.parametrize("content", [b'[{"account":"alice"}]', b'\n[\n  "alice"\n]\n', b"\xef\xbb\xbf [\r\n"])
def test_array_is_refused(folder: Folder, content: bytes) -> None:
    assert folder.refusal("people.jsonl", content) == (
        "people.jsonl is a JSON array; JSON lines, one value per line, are expected. To convert it: "
        "jq -c '.[]' people.json > people.jsonl"
    )
