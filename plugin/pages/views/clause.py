"""Flags of an objective as sentences. A flag this page does not know is shown as it is, made readable."""

from __future__ import annotations

SENTENCES = {
    "delivered_outcome_unmoved": "Everything is delivered, yet the outcome has not moved.",
}


def flag_sentence(flag: str) -> str:
    """What a flag tells a person."""
    if flag in SENTENCES or " " in flag:
        return SENTENCES.get(flag, flag)
    return flag.replace("_", " ").replace("-", " ").capitalize() + "."
