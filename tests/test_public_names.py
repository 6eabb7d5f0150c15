"""Everything a public call takes or returns can be imported from `tim_async`, at no cost before it is used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import tim_async
from tests.public_names import PUBLIC, TARGET, exported, public_names, source, unexported
from tim_async import _public
from tim_async._names import HOMES

MET = public_names()


@pytest.mark.parametrize("name", sorted(MET))
def test_type_of_a_public_signature_can_be_imported(name: str) -> None:
    assert getattr(tim_async, name) is MET[name]
    assert name in tim_async.__all__
    assert name in dir(tim_async)


@pytest.mark.parametrize(
    "name",
    [
        "C2C", "Chunked", "ConnectionSlot", "Counter", "Deliveries", "Delivery", "FailedChunk", "GroupAttributes",
        "Items", "MessageOptions", "MessageStream", "PartialResult", "Pool", "Priority", "ProfileTag", "Repeat",
        "Request", "RoamMsg", "SendMsg", "SendMsgResult", "SettingsOptions", "SnsTag", "UserIDItem",
    ],
)  # fmt: skip
def test_walk_of_the_signatures_meets(name: str) -> None:
    assert name in MET


def test_no_private_type_is_in_a_public_signature() -> None:
    assert [name for name in MET if name.startswith("_") and name != "__version__"] == []


def test_list_of_late_names_is_current() -> None:
    assert TARGET.read_text("utf-8") == source(), "run `python -m tests.public_names`"
    assert not set(HOMES) & set(_public.__all__)


@pytest.mark.parametrize("package", PUBLIC)
def test_type_of_another_public_package_can_be_imported_from_where_it_lies(package: str) -> None:
    assert unexported(package) == []


def test_walk_of_a_public_package_meets_what_its_signatures_name(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {**exported("tim_async.emulator")}
    del names["Member"]
    monkeypatch.setattr(
        "tests.public_names.exported", lambda package: names if "emulator" in package else vars(tim_async)
    )
    assert "tim_async.emulator.Member" in unexported("tim_async.emulator")


def test_late_names_load_no_more_than_their_module() -> None:
    code = (
        "import sys, tim_async; tim_async.TimClient; loaded = set(sys.modules); tim_async.SendMsg;"
        "print(*sorted(name for name in set(sys.modules) - loaded if name.startswith('tim_async.')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(tim_async.__file__).parents[1],
    )
    assert done.stdout.split() == ["tim_async._names", "tim_async.models.c2c", "tim_async.models.message"]


def test_way_of_the_session_and_late_names_are_loaded_for_those_who_use_them() -> None:
    code = (
        "import sys; from tim_async import TimClient; key = '0' * 64; TimClient(1400000000, key);"
        "print(*(name for name in sys.modules if 'http_session' in name or name.endswith('_names')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(tim_async.__file__).parents[1],
    )
    assert done.stdout.split() == ["tim_async._core.http_session_places"]


def test_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'tim_async' has no attribute 'Nothing'"):
        _ = tim_async.Nothing  # type: ignore[attr-defined]  # what the test is about
