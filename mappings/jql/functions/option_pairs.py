"""`cascadeOption("Italy", "Rome")`: an option of a cascading field together with the one below it."""

from __future__ import annotations

from collections.abc import Sequence

from mappings.facts.catalogue import Field
from mappings.jql.compilation import Compilation, Verdict, never
from mappings.jql.text.tree import FunctionCall, JqlValue

CASCADING = ("", "any", "option-with-child")
"""Types of fields that may hold pairs: those not known among them."""


def cascade_option(compilation: Compilation, field: Field, call: FunctionCall) -> Verdict:
    """The pair that is asked for; the one below may be left out, and `none` without quotes means that there is none."""
    if field.type not in CASCADING:
        message = f"{field.name} has no options below its options"
        compilation.refuse("function-not-allowed", message, call, remedy="name the option itself")
        return never
    pair, field_id = call.arguments, field.id
    if len(pair) not in (1, 2):
        remedy = (
            'write cascadeOption("Italy"), cascadeOption("Italy", "Rome") or cascadeOption("Italy", none)'
        )
        compilation.refuse("wrong-arguments", "cascadeOption() takes one option or two", call, remedy=remedy)
        return never
    return lambda issue, _: _is_pair(issue.fields.get(field_id), pair)


def _is_pair(held: object, pair: Sequence[JqlValue]) -> bool:
    option = held if isinstance(held, dict) else None
    if len(pair) == 2 and not _is_option(option.get("child") if option else None, pair[1]):
        return False
    return _is_option(option, pair[0])


def _is_option(held: object, word: JqlValue) -> bool:
    """Whether a raw option is the one meant, by value or id."""
    if not isinstance(held, dict):
        return word.text.casefold() == "none" and not word.quoted
    names = (held.get("value"), held.get("id"))
    return any(str(name).casefold() == word.text.casefold() for name in names if name is not None)
