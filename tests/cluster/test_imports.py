"""What the package imports, and its error without its extra."""

from __future__ import annotations

import subprocess
import sys

import pytest


def test_without_the_extra_the_error_names_it() -> None:
    code = (
        "import sys; sys.modules['redis'] = None; sys.modules['redis.asyncio'] = None\n"
        "import tim_async.cluster\n"
        "try:\n    tim_async.cluster.RedisRateLimiter\n"
        "except ModuleNotFoundError as error:\n    print(error)\n"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.strip() == 'tim_async.cluster.RedisRateLimiter needs redis: pip install "tim-async[cluster]"'


def test_core_imports_none_of_it() -> None:
    code = "import sys, tim_async; print([name for name in sys.modules if name.split('.')[0] in ('redis', 'taskiq')])"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.strip() == "[]"


def test_unknown_name_is_an_attribute_error() -> None:
    import tim_async.cluster

    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = tim_async.cluster.Nothing
