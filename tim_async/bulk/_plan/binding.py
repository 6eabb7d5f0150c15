"""Bind a campaign to the app, admin and service of its first run."""

from __future__ import annotations

from yarl import URL

from ..._core.client import TimClient
from ..._core.config import Region
from ...errors import LedgerError, UsageError
from .._ledger.ledger import Ledger
from .._ledger.records import CampaignRow


async def bind(ledger: Ledger, campaign: CampaignRow, client: TimClient) -> CampaignRow:
    """Bind a campaign to app, admin and service on its first run; refuse others on later ones.

    A repeat from another sender is another message, and a rehearsal on an emulator reaches no one.

    Raises:
        UsageError: the client is for another app, admin or service; it names the argument.
    """
    host = client.base_url
    if campaign.app is None or campaign.service is None:
        await ledger.campaigns.update(campaign.id, app=client.sdk_app_id, sender=client.identifier, service=host)
        bound = await ledger.campaigns.find(campaign.name)
        if bound is None:
            raise LedgerError(f"the campaign {campaign.name!r} was removed in the meantime")
        return bound
    if campaign.app != client.sdk_app_id:
        raise UsageError(
            f"the campaign {campaign.name!r} was started for app {campaign.app}, not {client.sdk_app_id}",
            field="sdk_app_id",
        )
    if campaign.sender != client.identifier:
        raise UsageError(
            f"the campaign {campaign.name!r} was started by {campaign.sender}, not {client.identifier}: a repeat from "
            "another sender would be a second message",
            field="identifier",
        )
    if _kind(campaign.service) != _kind(host):
        raise UsageError(
            f"the campaign {campaign.name!r} was started on {campaign.service} and cannot continue on {host}: one "
            "of them may be an emulator; use another ledger",
            field="ledger",
        )
    return campaign


def _kind(address: str) -> str:
    """Return whether an address is a region of the service, this machine, or any other, whose kind is unknown."""
    host = URL(address).host or ""
    if any(host in region.hosts for region in Region):
        return "region"
    return "loopback" if host in ("localhost", "::1") or host.startswith("127.") else "other"
