"""Build the source of recipients, the message and the campaign from the options of `bulk`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..._errors import describe, stop
from ..._options import LEDGER_VARIABLE, read_app_id

if TYPE_CHECKING:
    from ...._core.client import TimClient
    from ....bulk import AccountListFile, Campaign, CampaignLocation, CsvFile, JsonLinesFile, Message, Template
    from ....cluster import ClusterCampaign

# A literal tab is hard to type.
_DELIMITERS: Final = {"\\t": "\t", "tab": "\t"}


def make_campaign(
    name: str,
    ledger: Path | str | None,
    *,
    app: str | int | None = None,
    **options: Any,  # noqa: ANN401 - those of Campaign
) -> Campaign:
    """Return the campaign of this process."""
    from ....bulk import Campaign

    # The library reads the variable itself, and checks that it does not depend on the working folder.
    named = None if ledger == os.environ.get(LEDGER_VARIABLE) else ledger
    return Campaign(name, ledger=named, sdk_app_id=None if app is None else read_app_id(app), **options)


async def find_place(campaign: Campaign, *, allow_new: bool, client: TimClient | None = None) -> CampaignLocation:
    """Return where a campaign is kept; end the command if it would be created in an unintended place.

    Cron or systemd may use another home folder than the user who started the campaign: all recipients would get the
    message again.
    """
    found = await campaign.locate(client=client)
    if found.is_new and found.is_default and not allow_new and not sys.stdin.isatty():
        stop(
            f"campaign {campaign.name!r} would be new, in {found.ledger}: give --ledger to continue it where it is "
            "kept, or --new to start it there (standard input is not a terminal)"
        )
    return found


def make_cluster_campaign(name: str, ledger: str | None, **options: Any) -> ClusterCampaign:  # noqa: ANN401 - as above
    """Return the campaign of workers."""
    from ....cluster import ClusterCampaign

    return ClusterCampaign(name, ledger=require_server(ledger), **options)


def require_server(ledger: str | None) -> str:
    """Return the URL of the workers' database; end the command if it is missing."""
    if ledger is None:
        stop("TIM_LEDGER (or --ledger) is missing: the URL of the workers' database")
    return ledger


def read_source(
    path: Path | None,
    *,
    account_column: str,
    encoding: str | None,
    delimiter: str | None,
    file_format: str | None,
) -> CsvFile | JsonLinesFile | AccountListFile | None:
    """Return the file of recipients; None to continue with the ledger's."""
    if path is None:
        return None
    if str(path) == "-" and file_format is None:
        stop("standard input needs a format: give --format csv, jsonl or txt")
    return read_file(
        path, account_column=account_column, encoding=encoding, delimiter=delimiter, file_format=file_format
    )


def read_file(
    path: Path, *, account_column: str, encoding: str | None, delimiter: str | None, file_format: str | None
) -> CsvFile | JsonLinesFile | AccountListFile:
    """Return a file of accounts as described by the options."""
    from ....bulk._plan.files import file_source

    return file_source(
        path,
        account_column=account_column,
        encoding=encoding,
        delimiter=_DELIMITERS.get(delimiter, delimiter) if delimiter is not None else None,
        file_format=file_format,
    )


def read_message(text: str | None, path: Path | None, *, plain: bool) -> str | Message | Template | None:
    """Return the message of --text or --message; None to continue with the ledger's."""
    if text is not None and path is not None:
        stop("give either --text or --message, not both")
    if text is not None and not text.strip():
        stop("--text is empty: is a shell variable unset?")
    from ....bulk import Message, Template
    from ....errors import UsageError

    content: str | Message | None = text
    try:
        if path is not None:
            from ...._api.wire import decode

            content = decode(path.read_bytes(), Message)
        return content if plain or content is None else Template(content)
    except OSError as error:
        stop(f"--message {path}: {error.strerror}")
    except UsageError as error:
        stop(f"{'--text' if path is None else f'--message {path}'}: {describe(error, {})}")
