from __future__ import annotations

import pytest

from tests.bulk.plan.files import Folder, problems


def test_list_of_accounts(folder: Folder) -> None:
    rows = folder.read("people.txt", "\ufeffalice\r\n\r\n  bob \r\n鲍勃\r\n".encode() + b"x" * 33)
    assert rows[:3] == [("alice", None, 1), ("bob", None, 3), ("鲍勃", None, 4)]
    assert problems(rows) == [(5, "x" * 33, "account has 33 bytes of UTF-8; an account must have 1 to 32")]
    assert folder.read("people.txt", b"") == []


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (
            "account\tname\r\nalice\tA\r\n".encode("utf-16"),
            (
                "people.txt has columns separated by tabs: read it by file_format='csv' with delimiter='\\t'; a .txt "
                "file is a list of accounts"
            ),
        ),
        (
            b"alice,A\r\n",
            (
                "people.txt has columns separated by commas: read it by file_format='csv' with delimiter=','; a .txt "
                "file is a list of accounts"
            ),
        ),
        (
            b" Account\r\nalice\r\n",
            (
                "people.txt begins with a column name, but a .txt file is a list of accounts: use file_format='csv', "
                "or remove the line"
            ),
        ),
    ],
    ids=["Excel Unicode Text", "commas", "header"],
)
def test_table_is_no_list(folder: Folder, content: bytes, refusal: str) -> None:
    assert folder.refusal("people.txt", content) == refusal
