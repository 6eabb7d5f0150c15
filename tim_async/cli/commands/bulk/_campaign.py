"""What the options of `bulk` stand for: the source of recipients, the message, the ledger, the campaign."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..._errors import describe, stop

if TYPE_CHECKING:
    from ....bulk import AccountListFile, Campaign, CsvFile, JsonLinesFile, Message, Template
    from ....cluster import ClusterCampaign

# A tab is hard to type.
_DELIMITERS: Final = {"\\t": "\t", "tab": "\t"}


def make_campaign(name: str, ledger: Path | str, **options: Any) -> Campaign:  # noqa: ANN401 - those of Campaign
    """Return the campaign of this process."""
    from ....bulk import Campaign

    return Campaign(name, ledger=ledger, **options)


def make_cluster_campaign(name: str, ledger: str | None, **options: Any) -> ClusterCampaign:  # noqa: ANN401 - as above
    """Return the campaign of workers."""
    from ....cluster import ClusterCampaign

    if ledger is None:
        stop("--ledger is missing: the URL of the workers' database")
    return ClusterCampaign(name, ledger=ledger, **options)


def read_source(
    path: Path | None,
    *,
    account_column: str,
    encoding: str | None,
    delimiter: str | None,
    file_format: str | None,
) -> CsvFile | JsonLinesFile | AccountListFile | None:
    """Return the file of recipients; None to carry on with the ledger's."""
    if path is None:
        return None
    if str(path) == "-" and file_format is None:
        stop("- is standard input, whose format has to be named: give --format csv, jsonl or txt")
    from ....bulk._plan.files import file_source

    return file_source(
        path,
        account_column=account_column,
        encoding=encoding,
        delimiter=_DELIMITERS.get(delimiter, delimiter) if delimiter is not None else None,
        file_format=file_format,
    )


def read_message(text: str | None, path: Path | None, *, plain: bool) -> str | Message | Template | None:
    """Return the message of --text or --message; None to carry on with the ledger's."""
    if text is not None and path is not None:
        stop("give either --text or --message, not both")
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


def ledger_of(name: str, given: str | None) -> Path | str:
    """Return where the ledger of a campaign is."""
    if given is not None:
        return given
    if os.sep in name or name.startswith("."):
        stop(f"--name {name!r} cannot be a file name: give --ledger")
    return Path(f"{name}.db")
