"""What somebody who helps needs to know of an installation, and nothing that is anybody's business: versions, settings, counts, shapes.

By what is let through, not by what is struck out: numbers of ours, words of our own formats, and yes or no. Every other text is
left out, or stands as a pseudonym, by a salt of this one bundle, where it matters whether two are the same.
"""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from hashlib import blake2b
from importlib import metadata
from typing import Literal, get_args, get_origin

from pydantic import BaseModel

from connectors.store import Store, StoreError, current_revision, open_to_read
from connectors.store.database.engine import engine_version
from connectors.store.database.row_counts import row_counts
from connectors.store.mappings import revisions
from connectors.store.people.audit import note
from connectors.store.sites import catalogues
from mappings.document.editor_schema import json_schema
from mappings.document.text.canonical import plain
from mappings.document.text.source import read_document
from mappings.facts.catalogue import Field
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector
from plugin.runtime.moving_clock import clock_of
from plugin.runtime.processes.heartbeat import Process
from plugin.runtime.settings import PREFIX, Settings
from plugin.use_cases.health.concerns import concerns
from plugin.use_cases.health.status import ObjectiveCounts, SiteStatus, installation, objective_counts
from plugin.use_cases.permission import ADMIN, act

DISTRIBUTION = "jira-okr-connector"
TYPES = frozenset(
    [
        "any",
        "array",
        "comments-page",
        "component",
        "date",
        "datetime",
        "group",
        "issuelink",
        "issuelinks",
        "issuerestriction",
        "issuetype",
        "number",
        "option",
        "option-with-child",
        "priority",
        "progress",
        "project",
        "resolution",
        "securitylevel",
        "status",
        "string",
        "timetracking",
        "user",
        "version",
        "votes",
        "watches",
    ]
)
"""Types that Jira's documentation lists for fields."""
Shown = Mapping[str, object] | Sequence[object] | str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """The parts of a bundle by their names, each of plain numbers, words and lists; `at` is when it was made."""

    at: datetime
    parts: Mapping[str, Shown]


@act(ADMIN)
def collect_diagnostics(
    settings: Settings, actor: Actor, connector: Connector | None, salt: bytes
) -> Diagnostics:
    """All that can be had. What cannot (no connector, a database that does not open) says of which kind the failure was.

    `salt` is new each time, so that a pseudonym means nothing beyond its bundle.
    """
    at = clock_of(settings)()
    names = Pseudonyms(salt)
    parts: dict[str, Shown] = {
        "versions": versions(),
        "settings": settings_shown(settings),
        "database": _database(settings, actor, at),
    }
    if connector is not None:
        try:
            found = installation(connector, actor)
            counts = objective_counts(connector, actor)
            parts["processes"] = [_process(one, names, found.at) for one in found.processes]
            parts["calls"] = calls_shown(found.counted.calls, names)
            parts["sites"] = {
                names.of(one.site): site_shown(one, counts.get(one.site, {})) for one in found.sites
            }
            parts["mappings"] = dict(_mappings(connector, names))
            parts["fields"] = dict(_fields(connector, names))
        except StoreError as error:
            parts["sites"] = _failed(error)
    return Diagnostics(at, parts)


class Pseudonyms:
    """Names that stand for others within one bundle: the same for the same, and nothing of what they stand for."""

    def __init__(self, salt: bytes) -> None:
        self._salt = salt

    def of(self, name: str) -> str:
        """What stands for this name."""
        return f"name-{blake2b(name.encode(), key=self._salt, digest_size=5).hexdigest()}"


def versions() -> dict[str, Shown]:
    """Of the connector, of Python, of the machine's system and of every library it is made of."""
    wanted = {"jira-okr": DISTRIBUTION}
    wanted |= {name: name for name in sorted(_libraries())}
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        **{shown: found for shown, name in wanted.items() if (found := _version(name)) is not None},
    }


def _libraries() -> set[str]:
    try:
        required = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return set()
    return {
        one.split(";")[0].split("[")[0].split(">")[0].split("=")[0].split("<")[0].strip() for one in required
    }


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def settings_shown(settings: BaseModel, before: str = PREFIX) -> dict[str, Shown]:
    """By the name an operator writes: numbers, switches and choices as they are, of all else whether it is set, or how many are."""
    shown: dict[str, Shown] = {}
    for name, info in type(settings).model_fields.items():
        value, written = getattr(settings, name), f"{before}{name.upper()}"
        if isinstance(value, BaseModel):
            shown |= settings_shown(value, f"{written}__")
        elif value is None or isinstance(value, bool | int | float) or value in _choices(info.annotation):
            shown[written] = value
        elif isinstance(value, dict | tuple):
            shown[written] = f"{len(value)} given"
        else:
            shown[written] = "given" if str(value) else "empty"
    return shown


def _choices(annotation: object) -> tuple[object, ...]:
    """The words that a setting may have, if it has such."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return tuple(word for part in get_args(annotation) for word in _choices(part))


def shape(value: object, names: Pseudonyms, words: frozenset[str]) -> Shown:
    """A document with everything left out that is not a word of the format: what stands there is said by its kind."""
    if isinstance(value, Mapping):
        return {
            key if key in words else names.of(str(key)): shape(inner, names, words)
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [shape(inner, names, words) for inner in value]
    if value is None or isinstance(value, bool) or value in words:
        return value if value is None or isinstance(value, bool) else str(value)
    if isinstance(value, str):
        return f"text of {len(value)}"
    return "day" if isinstance(value, date) else "number"


@cache
def format_words() -> frozenset[str]:
    """The keys of the format of mappings, and the words that stand for themselves in it."""
    return frozenset(_words(json_schema()))


def _words(part: object) -> Iterator[str]:
    if isinstance(part, Mapping):
        properties = part.get("properties")
        if isinstance(properties, Mapping):
            yield from map(str, properties)
        for word in (part.get("const"), *part.get("enum", ())):
            if isinstance(word, str):
                yield word
        for inner in part.values():
            yield from _words(inner)
    elif isinstance(part, list | tuple):
        for inner in part:
            yield from _words(inner)


def site_shown(found: SiteStatus, objectives: ObjectiveCounts) -> dict[str, Shown]:
    """What is counted of a site, and what troubles it, without a sentence: sentences name issues."""
    drift, outage, webhook = found.drift, found.outage, found.webhook
    return {
        "troubles": [{"kind": one.kind, "level": one.level} for one in concerns(found)],
        "seconds_since": {
            name: _age(at, found.at)
            for name, at in (
                ("delivery", found.last_delivery),
                ("full_read", found.last_resync),
                ("recent_read", found.last_recent),
                ("reconcile", found.last_reconcile),
                ("first_unserved_event", found.waiting_since),
            )
        },
        "issues": found.issues,
        "objectives_by_health": _by_health(objectives),
        "deliveries": dict(found.deliveries or {}),
        "writes": dict(found.writes or {}),
        "due": found.due,
        "failed_for_good": len(found.dead),
        "tried_again": len(found.retried),
        "refused_fields": len(found.refused),
        "held": len(found.held),
        "gaps": len(found.gaps),
        "missing_issues": len(found.losses),
        "activating": found.activating is not None,
        "outage": None if outage is None else {"kind": outage.kind, "seconds": _age(outage.since, found.at)},
        "failing_reads": [{"kind": one.kind, "tries": one.tries} for one in found.failing],
        "corrected": None
        if drift is None
        else {"last_full_read": drift.full, "of": drift.read, "since": drift.recent},
        "webhook": None
        if webhook is None
        else {
            "registered": webhook.registered,
            "enabled": webhook.enabled,
            "lacking_events": len(webhook.lacking),
        },
        "heard_from": [one.source for one in found.sources],
        "calls_of_the_last_hour": None if found.budget is None else found.budget.hour,
    }


def calls_shown(counted: Mapping[str, int], names: Pseudonyms) -> list[Shown]:
    """Calls to Jira by kind of endpoint and outcome; a part of an address that is no word of Jira's API is left out."""
    total: Counter[tuple[str, ...]] = Counter()
    for key, number in counted.items():
        site, method, endpoint, outcome = key.split("|")
        place = "/".join(part if _of_the_api(part) else "*" for part in endpoint.split("/"))
        total[(names.of(site), method, place, outcome)] += number
    keys = ("site", "method", "endpoint", "outcome", "calls")
    return [dict(zip(keys, (*parts, number), strict=True)) for parts, number in sorted(total.items())]


def _of_the_api(part: str) -> bool:
    """Words of Jira's addresses are letters alone and begin small; keys and names of people do not, or are long."""
    return part.isalpha() and part.isascii() and part[:1].islower() and len(part) <= 24


def _by_health(objectives: ObjectiveCounts) -> dict[str, Shown]:
    total: Counter[str] = Counter()
    for (_, level), count in objectives.items():
        total[level] += count
    return dict(sorted(total.items()))


def _age(at: datetime | None, now: datetime) -> int | None:
    return None if at is None else round((now - at).total_seconds())


def _process(one: Process, names: Pseudonyms, now: datetime) -> Shown:
    return {
        "machine": names.of(one.host),
        "role": one.role,
        "workers": one.workers,
        "wanted": one.wanted,
        "seconds_since": _age(one.at, now),
        "gone": one.gone,
    }


def _database(settings: Settings, actor: Actor, now: datetime) -> Shown:
    try:
        store = open_to_read(settings.database_url)
    except StoreError as error:
        return _failed(error)
    try:
        return _tables(store, actor, now)
    except StoreError as error:
        return _failed(error)
    finally:
        store.close()


def _tables(store: Store, actor: Actor, now: datetime) -> dict[str, Shown]:
    found: dict[str, Shown] = {"engine": engine_version(store), "revision": current_revision(store)}
    try:
        store.check()
        with store.read() as conn:
            found["rows"] = row_counts(conn)
        with store.write() as conn:
            note(conn, actor.label, "diagnostics made", now)
    except StoreError as error:
        return found | _failed(error)
    return found


def _failed(error: StoreError) -> dict[str, Shown]:
    """Its message names places of this machine."""
    return {"failed": type(error).__name__, "passing": error.passing}


def _mappings(connector: Connector, names: Pseudonyms) -> Iterator[tuple[str, Shown]]:
    words = format_words()
    for site in list(connector.sites):
        with connector.store.read() as conn:
            active = revisions.active(conn, site)
        if active is not None:
            document = read_document(active.text).document
            yield names.of(site), None if document is None else shape(plain(document), names, words)


def _fields(connector: Connector, names: Pseudonyms) -> Iterator[tuple[str, Shown]]:
    """How many fields of which type each site has, as it was known last; Jira is not asked."""
    for site in list(connector.sites):
        with connector.store.read() as conn:
            known = catalogues.get(conn, site)
        if known is not None:
            yield names.of(site), dict(sorted(Counter(map(_type, known.fields)).items()))


def _type(field: Field) -> str:
    """As Jira's own schema has it; an app may call its types as it likes."""
    return field.type if field.type in TYPES else "another"
