"""Presets as cards to choose from: their name, and what their first comment says of when to take them."""

from __future__ import annotations

from dataclasses import dataclass

from mappings import presets

ABBREVIATIONS = ("okr", "kpi")


@dataclass(frozen=True, slots=True)
class PresetCard:
    """One preset; `sentences` are its opening comment."""

    name: str
    title: str
    sentences: str


def preset_cards() -> list[PresetCard]:
    """All presets, the simplest first."""
    return [PresetCard(name, _title(name), _opening(name)) for name in presets.names()]


def _title(name: str) -> str:
    """`okr-issue-types` as `OKR issue types`."""
    first, *rest = name.split("-")
    return " ".join([first.upper() if first in ABBREVIATIONS else first.capitalize(), *rest])


def _opening(name: str) -> str:
    lines = presets.text(name).splitlines()
    said = []
    for line in lines:
        if not line.startswith("#"):
            break
        said.append(line.lstrip("# ").strip())
    return " ".join(said).replace("`", "")
