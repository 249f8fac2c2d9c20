"""The parts of addresses by name, each with its type and what it means; routing, validation and OpenAPI read them here."""

from __future__ import annotations

from typing import Any

from plugin.api.model import RevisionId, Serial, SiteName, Word

PATH_TYPES: dict[str, Any] = {
    "site": SiteName,
    "objective": Word,
    "delivery": Serial,
    "check_in": Serial,
    "revision": RevisionId,
    "preset": Word,
    "person": Serial,
    "token": Serial,
}

PATH_MEANINGS = {
    "site": "The name of a site.",
    "objective": "An issue key (a former one too), an issue id, or the id of an objective of the mapping.",
    "delivery": "The number of a delivery.",
    "check_in": "The number of a check-in.",
    "revision": "The id of a mapping revision, or its first characters.",
    "preset": "The name of a preset.",
    "person": "The number of an account.",
    "token": "The number of an API token of yours.",
}
