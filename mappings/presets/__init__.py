"""Mapping documents to begin with, one file each. Every one is complete and valid; a page in the docs tells when to take it."""

from __future__ import annotations

from importlib import resources

PRESETS = (
    "epics-as-objectives",
    "initiatives-and-epics",
    "okr-issue-types",
    "labels-and-links",
    "kpi-watch",
    "sales",
    "marketing",
    "people",
    "engineering",
    "sums-on-epics",
)


def names() -> tuple[str, ...]:
    """Every preset, the simplest first."""
    return PRESETS


def text(name: str) -> str:
    """The YAML of a preset with its comments; raises KeyError, naming the valid ones, for a name that is none."""
    if name not in PRESETS:
        raise KeyError(f"there is no preset {name!r}; valid: {', '.join(PRESETS)}")
    return resources.files(__name__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
