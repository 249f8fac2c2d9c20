"""The tables, by what they are about; how they came to be is in `migrations`."""

from __future__ import annotations

from connectors.store.schema.columns import metadata
from connectors.store.schema.mirrored import alias, candidate, issue, link
from connectors.store.schema.numbers import (
    alignment,
    check_in,
    dependency,
    history,
    kpi_reading,
    kpi_state,
    listing,
    objective,
    snapshot,
)
from connectors.store.schema.people import (
    account,
    activation,
    answer,
    api_token,
    audit,
    ended_session,
    revision,
    site,
)
from connectors.store.schema.work import (
    delivery,
    drift,
    due,
    fact,
    gap,
    out_of_sight,
    plan,
    rate_limit,
    refusal,
    resync_page,
    resync_run,
    write,
)

__all__ = [
    "account",
    "activation",
    "alias",
    "alignment",
    "answer",
    "api_token",
    "audit",
    "candidate",
    "check_in",
    "delivery",
    "dependency",
    "drift",
    "due",
    "ended_session",
    "fact",
    "gap",
    "history",
    "issue",
    "kpi_reading",
    "kpi_state",
    "link",
    "listing",
    "metadata",
    "objective",
    "out_of_sight",
    "plan",
    "rate_limit",
    "refusal",
    "resync_page",
    "resync_run",
    "revision",
    "site",
    "snapshot",
    "write",
]
