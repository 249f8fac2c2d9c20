"""What findings list of the registries, by a name in the expected texts: what is registered besides changes none of them."""

from __future__ import annotations

from collections.abc import Iterable

from mappings.fields import ReadingKind, schemas_reading
from mappings.kpi.sources import SOURCE_OPTIONS, UNASKED_OPTIONS, SourceOptions
from mappings.progress import PROGRESS_RULES
from mappings.write_back.targets import WRITE_TARGETS


def _kind(options: type[SourceOptions]) -> str:
    """What a mapping writes as the `kind` of a source."""
    return str(options.model_fields["kind"].annotation.__args__[0])  # type: ignore[union-attr]


def _targets(subject: str = "") -> list[str]:
    return [one.option for one in WRITE_TARGETS if not subject or subject in one.subjects]


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


LISTS = {
    "{kinds of key result}": ", ".join(rule.kind for rule in PROGRESS_RULES),
    "{kinds of source}": ", ".join(map(_kind, (*SOURCE_OPTIONS, *UNASKED_OPTIONS))),
    "{sources with jql}": ", ".join(_kind(one) for one in SOURCE_OPTIONS if "jql" in one.model_fields),
    "{targets}": ", ".join(_targets()),
    "{`targets`}": _quoted(_targets()),
    "{targets of a key result}": ", ".join(_targets("key_result")),
    "{`targets` of a key result}": _quoted(_targets("key_result")),
    "{targets of a parent}": ", ".join(_targets("parent")),
    "{`targets` of a parent}": _quoted(_targets("parent")),
    "{types read as numbers}": ", ".join(schemas_reading(ReadingKind.NUMBER)),
}


def with_lists(text: str) -> str:
    """An expected text with what its names stand for."""
    for name, listed in LISTS.items():
        text = text.replace(name, listed)
    return text
