"""What a page advises against: it passes, and is logged once."""

from __future__ import annotations

import pytest

from tim_async import SnsTag
from tim_async._api import lints
from tim_async._api.wire import Request
from tim_async.models.group_msg import GetGroupMsgs
from tim_async.models.sns import GetSpecifiedFriends


@pytest.fixture(autouse=True)
def _nothing_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lints, "_logged", set())


@pytest.mark.parametrize(
    ("advised", "too_many", "said"),
    [
        pytest.param(
            GetSpecifiedFriends(from_account="a", to_account=["b"] * 100, tag_list=[SnsTag.REMARK]),
            GetSpecifiedFriends(from_account="a", to_account=["b"] * 101, tag_list=[SnsTag.REMARK]),
            "sns/friend_get_list for more than 100 friends",
            id="friends",
        ),
        pytest.param(
            GetGroupMsgs(group_id="g", req_msg_number=20),
            GetGroupMsgs(group_id="g", req_msg_number=21),
            "group_msg_get_simple for more than 20 messages",
            id="group-history",
        ),
    ],
)
def test_more_than_is_advised_passes_and_is_logged_once(
    advised: Request, too_many: Request, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    advised.check()
    assert caplog.records == []
    too_many.check()
    too_many.check()
    (record,) = caplog.records
    assert said in record.getMessage()


def test_lints_are_logged_once_each(caplog: pytest.LogCaptureFixture) -> None:
    lints.log_lints(["one", "two"])
    lints.log_lints(["two", "three"])
    assert [record.getMessage() for record in caplog.records] == ["lint: one", "lint: two", "lint: three"]
