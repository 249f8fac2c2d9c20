"""Fields that a Forge app brought along: they hold what others hold, but the app alone may write them.

What the mirror keeps for the write target stands under `app:<id of the field>`, beside the field itself: no field of Jira has a colon in its id.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

PREFIX = "app:"
OWNER = re.compile(r"ari:cloud:ecosystem::extension/([^/]+)/([^/]+)/static/([^/]+)")


@dataclass(frozen=True, slots=True)
class FieldOwner:
    """The app and the environment of it that a field belongs to, by the last parts of their ids, and what the manifest calls the field."""

    app: str
    environment: str
    module: str

    def is_of(self, app_id: str, environment_id: str) -> bool:
        """Whether the app of these whole ids owns it."""
        ends = (app_id.rpartition("/")[2], environment_id.rpartition("/")[2])
        return (self.app.lower(), self.environment.lower()) == tuple(one.lower() for one in ends)


def owner_of(custom: str) -> FieldOwner | None:
    """Who owns the fields of such a type (`schema.custom`); None where that is no app."""
    found = OWNER.fullmatch(custom)
    return None if found is None else FieldOwner(*found.groups())


def app_place_id(field_id: str) -> str:
    """The id of the place that the field is to the app."""
    return PREFIX + field_id


def app_field_id(id_: str) -> str | None:
    """The field that stands at this place; None where it is the id of something else."""
    return id_.removeprefix(PREFIX) if id_.startswith(PREFIX) else None
