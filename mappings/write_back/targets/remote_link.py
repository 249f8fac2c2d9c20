"""`remote_link`: a link of the issue to its why-page, titled "OKR: 62 % — why?". Cloud and Data Center show it with every issue.

One link for what an issue is as an objective or key result, one for what it counts for as a row. Each has a global id of its own,
made from the id of the issue: writing it again changes it and adds none. Jira empties what a write leaves out, so it is written whole.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field as Described

from mappings.document.checks.codes import Code
from mappings.document.checks.report import Report
from mappings.facts.catalogue import Field
from mappings.rollup.state import HealthLevel
from mappings.write_back.echo import EventValue
from mappings.write_back.target import (
    Aim,
    FieldLookup,
    MadeValue,
    Objection,
    Place,
    Request,
    RuleKey,
    Sent,
    WriteBasis,
    WriteRequest,
    WriteTarget,
)
from mappings.write_back.values import LABELS, VALUE_OF_NAME, Figures, ValuePart

if TYPE_CHECKING:
    from mappings.document.schema import Document, WriteBackPart
    from mappings.write_back.plan import Change

PREFIX = "link:"
STANDING, COUNTING = "okr", "row"
"""What a link says of its issue: where it stands as an objective or key result, and what it counts for as a row."""
LONGEST_TITLE = 255
APPLICATION = {"type": "dev.jira-okr", "name": "OKR connector"}
RELATIONSHIP = "OKR"
WHY = "/why/"
ICONS = "/assets/link/"
"""Below the address of the pages: where an issue is explained, and the icons, which the browsers of Jira's readers fetch."""
PLAIN_SUMMARY = "Progress, health, and every row behind them"
COUNTING_SUMMARY = "How much it counts, and why"
REMEDY_OF_ADDRESS = "set JIRA_OKR_BASE_URL to the address by which people open the connector's pages"

Shape = Literal["numbers", "plain"]


@dataclass(frozen=True, slots=True)
class LinkPlace(Place):
    """`{"title": "OKR: 62 % — why?", "url": "https://okr.acme.example/why/10010", "summary": "At risk"}`; `icon` names the health."""

    @property
    def subject(self) -> str:
        """What the link says of its issue."""
        return self.id.removeprefix(PREFIX)

    @property
    def target(self) -> WriteTarget:
        return TARGET

    def equal(self, left: object, right: object) -> bool:
        """Same title, same summary, leading to the same page; icons are what Jira makes of them."""
        return _said(left) == _said(right)

    def step(self, before: object, after: object) -> str:
        """`OKR: 50 % — why? → OKR: 62 % — why?`; with the health where the title alone stays."""
        old, new = _said(before), _said(after)
        if old is not None and new is not None and old[0] == new[0]:
            return f"{_title(before)} ({old[1]} → {new[1]})"
        return f"{_title(before)} → {_title(after)}"

    def says(self, told: EventValue, value: object) -> bool:
        """A changelog names a link by its title, in a sentence of Jira's own language."""
        said = _said(value)
        if said is None or told.whole:
            return said is None and not told.whole and not told.text
        return told.text is not None and said[0] in told.text

    def standing(self, shape: Shape, figures: Figures, basis: WriteBasis) -> MadeValue | None:
        """Where an objective or key result stands; nothing where nobody knows the address of the pages."""
        if not basis.pages or figures.issue_id is None:
            return None
        if shape == "plain":
            return MadeValue(_link(basis, figures.issue_id, "OKR: why?", PLAIN_SUMMARY))
        number = _PROGRESS.what.number(_PROGRESS, figures)
        shown = "unknown" if number is None else _PROGRESS.what.words(number)
        health = figures.health
        return MadeValue(_link(basis, figures.issue_id, f"OKR: {shown} — why?", LABELS[health], health))

    def counting(self, figures: Figures, basis: WriteBasis) -> MadeValue | None:
        """What a row counts for: without numbers, or a new story would retitle all its siblings."""
        objective = figures.objective
        if not basis.pages or figures.issue_id is None or objective is None:
            return None
        title = f"counts for {objective.key or objective.title}"
        return MadeValue(_link(basis, figures.issue_id, title[:LONGEST_TITLE], COUNTING_SUMMARY))


PLACES = {
    STANDING: LinkPlace(f"{PREFIX}{STANDING}", "link to the why-page"),
    COUNTING: LinkPlace(f"{PREFIX}{COUNTING}", "link to what it counts for"),
}


class RemoteLinkTarget(WriteTarget):
    """`remote_link: numbers`, or `plain` for a title that is written once and never changes."""

    option: ClassVar[str] = "remote_link"
    prefix: ClassVar[str] = PREFIX
    subjects: ClassVar[frozenset[str]] = frozenset({"objective", "key_result", "row"})
    permission: ClassVar[str] = "LINK_ISSUES"
    recalled: ClassVar[bool] = True
    history: ClassVar[frozenset[str]] = frozenset({"RemoteIssueLink", "RemoteWorkItemLink"})
    forms: ClassVar[tuple[str, ...]] = ("numbers", "plain")

    @property
    def shape(self) -> RuleKey:
        told = "A link of the issue to its why-page: numbers in its title, or plain, which is written once."
        return Annotated[Shape | None, Described(description=told)], None

    def aims(self, rule: WriteBackPart, fields: Mapping[str, Field]) -> Iterator[Aim]:  # noqa: ARG002
        shape, place = self.part(rule), self._place_of(rule)
        if shape is None:
            return
        make = place.counting if place.subject == COUNTING else partial(place.standing, shape)
        yield Aim(place, "link", make, rule.on_leave == "leave")

    def places(self, rule: WriteBackPart, fields: Mapping[str, Field]) -> Iterator[Place]:  # noqa: ARG002
        if self.part(rule) is not None:
            yield self._place_of(rule)

    def _place_of(self, rule: WriteBackPart) -> LinkPlace:
        return PLACES[COUNTING if rule.target == "row" else STANDING]

    def place(self, id_: str, field_of: FieldLookup) -> Place | None:  # noqa: ARG002
        return PLACES.get(id_.removeprefix(PREFIX))

    # -- checks

    def check(self, document: Document, sources: Mapping[str, str], report: Report) -> None:  # noqa: ARG002
        """One rule links a kind of issue; rows carry no numbers."""
        linked: set[str | None] = set()
        for index, rule in enumerate(document.write_back):
            shape, path = self.part(rule), ("write_back", index, self.option)
            if shape is None:
                continue
            if rule.target in linked:
                message = f"the link of {rule.one} is written twice"
                report.add(Code.TWO_WRITERS, message, path, value=shape, remedy="let one rule write it")
            if rule.target == "row" and shape == "numbers":
                message = "the link of a row carries no numbers: each new row would retitle all the others"
                report.add(
                    Code.WRONG_VALUE, message, path, value=shape, valid=("plain",), remedy="write `plain`"
                )
            linked.add(rule.target)

    def check_basis(self, document: Document, basis: WriteBasis, report: Report) -> None:
        for index, rule in enumerate(document.write_back):
            if self.is_written(rule) and not basis.pages:
                message = "a link needs to know where it leads, and nobody told the connector its own address"
                path = ("write_back", index, self.option)
                report.add(Code.NO_ADDRESS, message, path, value=self.part(rule), remedy=REMEDY_OF_ADDRESS)

    # -- reading and writing

    def shown(self, api: object) -> bool:  # noqa: ARG002
        return False

    def readings(self, wanted: Mapping[str, Collection[str]], sent: Sent) -> Iterator[Request]:  # noqa: ARG002
        """By its global id alone: links of other hands are never read."""
        for issue_id, ids in wanted.items():
            for id_ in sorted(ids):
                yield Request("GET", _path(issue_id), params={"globalId": global_id(issue_id, id_)})

    def found(self, request: Request, answer: object) -> Mapping[str, Mapping[str, object]] | None:
        if answer is None:
            return {}
        issue_id, wanted = request.path.split("/")[2], request.params["globalId"]
        found: dict[str, object] = {}
        for one in answer if isinstance(answer, list) else [answer]:
            if not isinstance(one, dict) or not isinstance(link := one.get("object"), dict):
                return None
            if one.get("globalId") == wanted:
                found[PREFIX + wanted.rpartition("=")[2]] = _read(link)
        return {issue_id: found}

    def writings(self, changes: Iterable[Change]) -> Iterator[WriteRequest]:
        """A call each: there is none for several."""
        for change in changes:
            path, named = _path(change.issue_id), global_id(change.issue_id, change.field_id)
            if isinstance(change.after, dict):
                request = Request("POST", path, _body(named, change.after), answer="link")
            else:
                request = Request("DELETE", path, params={"globalId": named}, removes=True, answer="nothing")
            yield WriteRequest(request, (change,))

    def words(self, change: Change, objection: Objection) -> str:  # noqa: ARG002
        return objection.message

    def remedy(self, change: Change, objection: Objection) -> str:
        if objection.status in (401, 403, 404):
            return (
                f"Check that {change.issue_key} still exists and that issue linking is switched on in Jira, and give the connector's "
                "account Browse projects and Link issues in its project; a scoped token needs write:jira-work."
            )
        return "See what Jira says against it, then retry; or take remote_link out of write_back."


TARGET = RemoteLinkTarget()
_PROGRESS = ValuePart(value=VALUE_OF_NAME["progress_percent"].name)


def global_id(issue_id: str, place_id: str) -> str:
    """By what Jira knows the link again: made from the issue's id, because keys change."""
    return f"system=jira-okr&issue={issue_id}&subject={place_id.removeprefix(PREFIX)}"


def icon_of(health: HealthLevel) -> str:
    """The file of the icon that shows a health."""
    return f"{health.value}.png"


def _path(issue_id: str) -> str:
    return f"/issue/{issue_id}/remotelink"


def _link(
    basis: WriteBasis, issue_id: str, title: str, summary: str, health: HealthLevel | None = None
) -> dict[str, object]:
    link: dict[str, object] = {"title": title, "url": f"{basis.pages}{WHY}{issue_id}", "summary": summary}
    return link if health is None else {**link, "icon": icon_of(health)}


def _said(raw: object) -> tuple[str, str, str] | None:
    """Title, summary and address; None for no link."""
    if not isinstance(raw, Mapping):
        return None
    return str(raw.get("title")), str(raw.get("summary")), str(raw.get("url"))


def _title(raw: object) -> str:
    said = _said(raw)
    return "no link" if said is None else said[0]


def _body(named: str, link: Mapping[str, object]) -> dict[str, object]:
    """The whole link as Jira wants it. `resolved` would strike the title through."""
    url = str(link["url"])
    icons = url.rpartition(WHY)[0] + ICONS
    status: dict[str, object] = {"resolved": False}
    if "icon" in link:
        icon = {"url16x16": f"{icons}{link['icon']}", "title": link["summary"], "link": url}
        status = {**status, "icon": icon}
    return {
        "globalId": named,
        "application": APPLICATION,
        "relationship": RELATIONSHIP,
        "object": {
            "url": url,
            "title": link["title"],
            "summary": link["summary"],
            "icon": {"url16x16": f"{icons}okr.png", "title": APPLICATION["name"]},
            "status": status,
        },
    }


def _read(held: Mapping[str, object]) -> dict[str, object]:
    """What a link of Jira's says, as it was made."""
    read: dict[str, object] = {name: held.get(name) or "" for name in ("title", "url", "summary")}
    icon = str(_inner(_inner(held, "status"), "icon").get("url16x16") or "").rpartition("/")[2]
    return {**read, "icon": icon} if icon else read


def _inner(held: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = held.get(name)
    return found if isinstance(found, dict) else {}
