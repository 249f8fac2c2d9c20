"""Entity properties of issues: small JSON values that no screen shows and automation reads. Known by their keys.

The mirror keeps what an issue holds beside its fields under `property:<key>`: no field of Jira has a colon in its id, and no JQL name
leads to one.
"""

from __future__ import annotations

PREFIX = "property:"


def property_id(key: str) -> str:
    """The id under which the property of this key stands among what is known of an issue."""
    return PREFIX + key


def property_key(id_: str) -> str | None:
    """The key of the property that stands under this id; None where it is the id of something else."""
    return id_.removeprefix(PREFIX) if id_.startswith(PREFIX) else None
