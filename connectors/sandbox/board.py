"""The pages of the sandbox: a board to move cards on, and a page per issue. They work without JavaScript; with it, cards can be dragged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, g, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from connectors.sandbox.feeds import Feed, Move
from connectors.sandbox.site import site
from connectors.sandbox.site_state import scheme
from connectors.sandbox.site_state import transitions as workflow
from connectors.sandbox.site_state.documents import text_of
from connectors.sandbox.site_state.edits import create, edit, editable, plain_number
from connectors.sandbox.site_state.state import Record, Sandbox, person
from connectors.sandbox.traffic.access import JiraAnswerError
from mappings.facts.issue import JiraValue, Status

POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
NUMBERS = (scheme.POINTS, scheme.KR_START, scheme.KR_CURRENT, scheme.KR_TARGET, scheme.KR_WEIGHT)
PLAYER = scheme.PEOPLE[0]


@dataclass(frozen=True, slots=True)
class Card:
    """An issue on the board; `measure` is "start → current → target" for a key result, `progress` what was written to it, `pieces` how many sub-tasks are done.

    `feeds` are the numbers that it is part of, None where nobody says.
    """

    record: Record
    targets: tuple[Status, ...]
    points: str | None
    measure: str | None
    progress: float | None
    pieces: str | None
    feeds: tuple[Feed, ...] | None


@dataclass(frozen=True, slots=True)
class Lane:
    """An epic with its cards by status id, in board order; `epic` is None for what stands below no epic.

    `by_cards`: the epic has no key results, so that its number is the state of its cards. Others move with the readings of their
    key results. `fed` are the numbers of the epic that its cards feed.
    """

    epic: Record | None
    columns: tuple[tuple[Status, tuple[Card, ...]], ...]
    progress: float | None
    health: str | None
    by_cards: bool
    fed: tuple[Feed, ...] = ()

    @property
    def open(self) -> bool:
        return self.epic is None or self.epic.status.category != "done"


# -- what is shown ----------------------------------------------------------------------------------------------


def lanes(
    sandbox: Sandbox, project_key: str, feeds: Mapping[str, tuple[Feed, ...]] | None = None
) -> list[Lane]:
    """The board of a project: epics that are not done first, the newest first, and at the end what has no epic.

    `feeds` are the numbers that each issue feeds, by id; None where nobody says.
    """
    project = sandbox.projects[project_key]
    mine = [one for one in sandbox.records.values() if one.project.key == project_key]
    epics = [one for one in mine if one.type.level == 1]
    epics.sort(key=lambda one: (one.status.category == "done", one.due is None, one.due, int(one.id)))
    items = [one for one in mine if one.type.level == 0]
    by_epic: dict[str | None, list[Record]] = {}
    known = {one.id for one in epics}
    for one in items:
        by_epic.setdefault(one.parent_id if one.parent_id in known else None, []).append(one)
    found = [lane(sandbox, project, epic, by_epic.get(epic.id, []), feeds) for epic in epics]
    loose = by_epic.get(None, [])
    return [*found, lane(sandbox, project, None, loose, feeds)] if loose else found


def lane(
    sandbox: Sandbox,
    project: scheme.ProjectDef,
    epic: Record | None,
    records: Iterable[Record],
    feeds: Mapping[str, tuple[Feed, ...]] | None = None,
) -> Lane:
    """One epic's row of the board."""
    cards = [card(sandbox, project, one, feeds) for one in records]
    columns = tuple(
        (status, tuple(one for one in cards if one.record.status.id == status.id))
        for status in project.statuses
    )
    customs = epic.customs if epic else {}
    health = customs.get(scheme.OKR_HEALTH)
    by_cards = epic is not None and bool(cards) and not any(is_key_result(one.record) for one in cards)
    fed = {
        feed.number: feed
        for one in cards
        for feed in one.feeds or ()
        if epic is not None and feed.objective == epic.key
    }
    return Lane(
        epic=epic,
        columns=columns,
        progress=customs.get(scheme.OKR_PROGRESS),
        health=health.name if health else None,
        by_cards=by_cards,
        fed=tuple(fed[name] for name in sorted(fed, reverse=True)),
    )


def card(
    sandbox: Sandbox,
    project: scheme.ProjectDef,
    record: Record,
    feeds: Mapping[str, tuple[Feed, ...]] | None = None,
) -> Card:
    """One issue's card."""
    points = record.customs.get(scheme.POINTS)
    below = [sandbox.records[one].status.category for one in sandbox.children.get(record.id, ())]
    return Card(
        record=record,
        targets=tuple(one for one in project.statuses if one.id != record.status.id),
        points=None if points is None else plain_number(points),
        measure=measure(record) if is_key_result(record) else None,
        progress=record.customs.get(scheme.OKR_PROGRESS),
        pieces=f"{below.count('done')}/{len(below)}" if below else None,
        feeds=None if feeds is None else feeds.get(record.id, ()),
    )


def is_key_result(record: Record) -> bool:
    """Whether it carries numbers of its own."""
    return record.type.name == "Key Result"


def measure(record: Record) -> str:
    """A key result in words: where it stands on its way."""
    values = (record.customs.get(one) for one in (scheme.KR_START, scheme.KR_CURRENT, scheme.KR_TARGET))
    start, current, target = ("?" if one is None else plain_number(one) for one in values)
    return f"{start} → {current} → {target}"


def shown_value(value: Any) -> str:
    """A field's value as text."""
    if isinstance(value, JiraValue):
        return value.name
    if isinstance(value, dict):
        return text_of(value)
    return plain_number(value) if isinstance(value, int | float) else str(value)


# -- pages ------------------------------------------------------------------------------------------------------


class Pages(Blueprint):
    """Pages that take forms from here alone, and show nothing from elsewhere."""

    def __init__(self, name: str) -> None:
        super().__init__(name, __name__, template_folder="templates")
        self.before_request(only_from_here)
        self.after_request(with_policy)


def only_from_here() -> None:
    """A form of another site must not move cards here."""
    if request.method == "POST" and request.headers.get("Sec-Fetch-Site", "none") not in (
        "same-origin",
        "none",
    ):
        abort(403)


def with_policy(response: Response) -> Response:
    """No inline script or style, nothing from elsewhere."""
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "no-store"
    return response


routes = Pages("board")


@routes.get("/")
def board() -> AnyResponse:
    projects = site().sandbox.projects
    asked = request.args.get("project", "")
    key = asked if asked in projects else next(iter(projects))
    feeds, last = _feeds(), site().last_move
    answer = Response(
        render_template(
            "sandbox/board.html",
            projects=[one.project for one in projects.values()],
            project=projects[key],
            lanes=lanes(site().sandbox, key, feeds),
            told=feeds is not None,
            last=last,
            effects=last.effects((feeds or {}).get(last.issue, ())) if last else (),
            by_reading=last is not None and _reads(last.issue),
        )
    )
    answer.add_etag()
    return answer.make_conditional(request)


def _reads(issue: str) -> bool:
    """Whether the issue moves its number by its reading, wherever it stands."""
    found = site().sandbox.records.get(issue)
    return found is not None and is_key_result(found)


def _feeds() -> Mapping[str, tuple[Feed, ...]] | None:
    """What whoever computes numbers says of the issues; None where nobody does."""
    ask = site().feeds
    return None if ask is None else ask()


@routes.get("/browse/<key>")
def issue(key: str, problem: str = "") -> str:
    sandbox, record = site().sandbox, _record(key)
    fields = editable(sandbox, record)
    customs = [
        (sandbox.fields[name].name, shown_value(value))
        for name, value in sorted(record.customs.items())
        if name in sandbox.fields
    ]
    children = [sandbox.records[one] for one in sorted(sandbox.children.get(record.id, ()), key=int)]
    return render_template(
        "sandbox/issue.html",
        record=record,
        parent=sandbox.records.get(record.parent_id or ""),
        children=children,
        customs=customs,
        statuses=[one.status for one in workflow.transitions(sandbox, record)],
        numbers=[(fields[name], record.customs.get(name)) for name in NUMBERS if name in fields],
        links=_links(sandbox, record),
        remote=list(sandbox.remote_links[record.id].values()),
        histories=list(reversed(sandbox.histories.get(record.id, [])))[:30],
        problem=problem,
        plain=plain_number,
    )


def _links(sandbox: Sandbox, record: Record) -> list[tuple[str, Record]]:
    found = []
    for row in sandbox.links_on(record.id):
        outward = row.source == record.id
        other = sandbox.records[row.destination if outward else row.source]
        found.append((row.type.outward if outward else row.type.inward, other))
    return found


def _record(key: str) -> Record:
    record = site().sandbox.find(key)
    if record is None:
        abort(404)
    return record


@routes.post("/board/move")
def move() -> AnyResponse:
    record = _record(request.form.get("issue", ""))
    wanted = request.form.get("status", "")
    status = next(
        (one for one in site().sandbox.projects[record.project.key].statuses if one.id == wanted), None
    )
    if status is None:
        abort(400)
    fed = (_feeds() or {}).get(record.id, ())
    moved = Move(issue=record.id, key=record.key, before=record.status.name, after=status.name, fed=fed)
    workflow.to_status(site().sandbox, record, status, person(PLAYER))
    site().last_move = moved
    if request.form.get("back") == "issue":
        return redirect(f"/browse/{record.key}", 303)
    return redirect(f"/?project={record.project.key}#i{record.id}", 303)


@routes.post("/board/bug")
def report_bug() -> AnyResponse:
    """Somebody finds a bug."""
    key = request.form.get("project", "")
    if key not in site().sandbox.projects:
        abort(404)
    fields = {"project": {"key": key}, "issuetype": {"name": "Bug"}, "summary": "Reported on the board"}
    made = create(site().sandbox, {"fields": fields}, "3", person(PLAYER))
    return redirect(f"/browse/{made.key}", 303)


@routes.post("/browse/<key>/numbers")
def numbers(key: str) -> AnyResponse | str:
    record = _record(key)
    try:
        given = {
            name: float(text) if (text := request.form[name].strip()) else None
            for name in NUMBERS
            if name in request.form
        }
        g.version = "3"
        edit(site().sandbox, record, {"fields": given}, "3", person(PLAYER))
    except (ValueError, JiraAnswerError) as problem:
        return issue(key, f"Not saved: {problem}")
    return redirect(f"/browse/{record.key}", 303)
