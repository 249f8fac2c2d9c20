"""What the rules say, as sentences of a page: they are kept as clauses, since they stand inside other texts too."""

from __future__ import annotations


def finish_clause(clause: str) -> str:
    """The clause with a capital and a full stop; a bare code is made readable, and no percentage is torn."""
    text = clause if " " in clause else clause.replace("_", " ").replace("-", " ")
    if not text:
        return ""
    text = text.replace(" %", "\u202f%")
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?" else ".")
