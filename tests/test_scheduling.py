"""Groups of tests that run one after the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scheduling import GROUPS, Scheduling, group_of

ROOT = Path(__file__).parent.parent


def test_groups_are_folders_and_files() -> None:
    assert [group for group in GROUPS if not (ROOT / group).exists()] == []


@pytest.mark.parametrize(
    ("node_id", "group"),
    [
        ("tests/cluster/workers/test_worker.py::test_a[one]", "tests/cluster/"),
        ("tests/cluster/test_campaign.py::test_b", "tests/cluster/"),
        ("tests/core/test_retry.py::test_c[tests/cluster/]", "tests/core/test_retry.py::test_c[tests/cluster/]"),
    ],
    ids=["in a group", "in the same group", "in none"],
)
def test_group_of_a_test(node_id: str, group: str) -> None:
    assert group_of(node_id) == group


def test_scheduler_of_this_folder_is_the_one_that_is_used(
    pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Scheduling, "__init__", lambda *_: None)  # it starts processes
    made = pytestconfig.hook.pytest_xdist_make_scheduler(config=pytestconfig, log=None)
    assert isinstance(made, Scheduling)
    assert made._split_scope("tests/cluster/test_campaign.py::test_b") == "tests/cluster/"
