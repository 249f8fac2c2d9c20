"""Raw JSON values in words, where no type of field says it better."""

from __future__ import annotations

import json
from collections.abc import Iterator


def words(raw: object) -> str:
    """`progress_percent 62, health at_risk`; what is no object, as JSON."""
    return ", ".join(_members(raw)) if isinstance(raw, dict) else word(raw)


def _members(raw: dict[str, object]) -> Iterator[str]:
    return (f"{name} {word(value)}" for name, value in raw.items())


def word(value: object) -> str:
    """One value: a text as it is, null as `unknown`, anything else as JSON."""
    if value is None:
        return "unknown"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
