"""`tim-async bulk workers`: show the workers, what each has in flight, and since when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._frame import make_command
from ..._loop import run_async
from ..._options import OptionalAppIdOption, read_app_id
from ..._output import JsonOption, echo, one_line, print_json, show_time
from ._campaign import require_server
from ._options import LedgerOption

if TYPE_CHECKING:
    from ....bulk import WorkerInfo


def workers(
    *, ledger: LedgerOption = None, sdk_app_id: OptionalAppIdOption = None, as_json: JsonOption = False
) -> None:
    """Show the workers, what each has in flight, and since when.

    Includes those that died within the last day without an orderly end. Without --sdk-app-id: of all apps.
    """
    from ....cluster import list_workers

    app = None if sdk_app_id is None else read_app_id(sdk_app_id)
    found = run_async(list_workers(require_server(ledger), sdk_app_id=app))
    if as_json:
        print_json({"workers": found})
        return
    alive = sum(each.is_alive for each in found)
    echo(f"{alive} {'worker is' if alive == 1 else 'workers are'} alive")
    for each in found:
        for line in _describe(each):
            echo(f"  {one_line(line)}")


def _describe(worker: WorkerInfo) -> list[str]:
    name = f"{worker.host} pid {worker.pid}, app {worker.app}"
    if not worker.is_alive:
        return [f"{name}: dead, last seen {show_time(worker.seen_at)}"]
    count = sum(len(task.chunks) for task in worker.at_work)
    since = f"{worker.state} since {show_time(worker.started_at)}"
    lines = [f"{name}: {since}, {worker.chunks:,} chunks done, {count} of {worker.tasks} in flight"]
    for task in worker.at_work:
        numbers = ", ".join(map(str, task.chunks))
        lines.append(f"  {task.campaign}: chunks {numbers} since {show_time(task.since)}")
    return lines


command = make_command(workers, examples=("tim-async bulk workers", "tim-async bulk workers --json"))
