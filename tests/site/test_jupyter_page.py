"""The cells that the guide to notebooks shows, run as a kernel runs them, in a loop that is there already."""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.site.blocks import blocks
from tim_async.errors import UsageError

pytestmark = pytest.mark.docs

core = pytest.importorskip("IPython.core.interactiveshell", reason="IPython is in the group `editor`")

CELLS: Final = [block.source for block in blocks("en") if block.page == "how-to/jupyter" and block.language == "py"]
ASKED: Final = [
    line.removesuffix("?")
    for block in blocks("en")
    if block.page == "how-to/jupyter" and block.language == "text"
    for line in block.source.splitlines()
]
RUN_IN_A_LOOP: Final = """
import asyncio
waiting = asyncio.sleep(0)
try:
    asyncio.run(waiting)
finally:
    waiting.close()
"""
BLOCK_A_LOOP: Final = """
from tim_async import blocking
blocking.TimClient(1, "0" * 64).account.kick(user_id="bob")
"""


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(tmp_path))
        shell = core.InteractiveShell(colors="nocolor")
        yield shell
        shell.atexit_operations()
        atexit.unregister(shell.atexit_operations)


async def run(shell: Any, cell: str) -> Any:
    return await shell.run_cell_async(cell, transformed_cell=shell.transform_cell(cell), store_history=False)


async def test_cells_run_in_the_loop_of_the_kernel(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    results = []
    for number, cell in enumerate(CELLS):
        done = await run(shell, cell)
        assert done.success, (cell, done.error_in_exec, capsys.readouterr().out)
        results.append(done.result)
        if number == 1:
            for name in ASKED:
                assert "Limits:" in shell.object_inspect_text(name)
            refused = await run(shell, RUN_IN_A_LOOP)
            assert isinstance(refused.error_in_exec, RuntimeError)
            refused = await run(shell, BLOCK_A_LOOP)
            assert isinstance(refused.error_in_exec, UsageError)
            assert "use tim_async.TimClient there" in str(refused.error_in_exec)
    shown = [repr(result) for result in results if result is not None]
    assert shown[0].startswith("SendMsgResult(")
    assert shown[1] == "[[TextElem(text='你好 👋')]]"
    assert shown[2].startswith("<Chunked: 1 answers")
    assert shown[3] == "(300, {})"
    assert shown[4] == "[('msg_body', 'MsgBody'), ('to_account', 'To_Account')]"
    assert capsys.readouterr().out.splitlines()[-1] == "302 calls; 2 messages for bob"
