"""Campaigns: one message to any number of recipients, from a ledger that survives crashes.

    from tim_async.bulk import Campaign, Template

    campaign = Campaign("spring", recipients="people.csv", message=Template("Hi $name"))
    report = await campaign.run(client)

Needs the extra `bulk` (SQLAlchemy).
"""

from importlib import import_module as _import_module

try:
    _import_module("sqlalchemy")
except ModuleNotFoundError as _error:
    if _error.name != "sqlalchemy":
        raise
    raise ModuleNotFoundError(
        'tim_async.bulk needs sqlalchemy: pip install "tim-async[bulk]"', name="sqlalchemy"
    ) from None

from ._engine.runner import OnProgress
from ._ledger.given_up import GivenUpChunk
from ._ledger.opening import adopt_ledger
from ._ledger.options import Lanes, OnUnknown
from ._ledger.presence import WorkerInfo, WorkerTask
from ._ledger.records import Problem
from ._ledger.suppression import SuppressionList
from ._ledger.timing import Timing
from ._message.messages import Message
from ._message.rendering import MessageGiven, Recipient, Template
from ._plan.definition import CampaignArguments
from ._plan.files import AccountListFile, CsvFile, JsonLinesFile
from ._plan.plan import LanePlan, Plan
from ._plan.reading import OnPlanning, PlanProgress, PlanStage
from ._plan.sources import Recipients
from ._plan.suppressing import SuppressionChange, SuppressionFile
from ._plan.timing_given import TimingChanges
from .campaign import Campaign
from .csv_cells import restore_cell
from .export import RecipientOutcome
from .inspection import CampaignLocation
from .listing import CampaignSummary, list_campaigns
from .progress import CodeCount, Progress, Report
from .retrying import Retried, Retryable
from .showing import MessageIs, RecipientDetails
from .suppression import AccountsGiven, SuppressionLists

__all__ = [
    "AccountListFile",
    "AccountsGiven",
    "Campaign",
    "CampaignArguments",
    "CampaignLocation",
    "CampaignSummary",
    "CodeCount",
    "CsvFile",
    "GivenUpChunk",
    "JsonLinesFile",
    "LanePlan",
    "Lanes",
    "Message",
    "MessageGiven",
    "MessageIs",
    "OnPlanning",
    "OnProgress",
    "OnUnknown",
    "Plan",
    "PlanProgress",
    "PlanStage",
    "Problem",
    "Progress",
    "Recipient",
    "RecipientDetails",
    "RecipientOutcome",
    "Recipients",
    "Report",
    "Retried",
    "Retryable",
    "SuppressionChange",
    "SuppressionFile",
    "SuppressionList",
    "SuppressionLists",
    "Template",
    "Timing",
    "TimingChanges",
    "WorkerInfo",
    "WorkerTask",
    "adopt_ledger",
    "list_campaigns",
    "restore_cell",
]
