"""A plain page of the goals, as people see them: what was posted and by whom, the metrics, and a form to post an update by hand."""

from __future__ import annotations

import json

from flask import abort, redirect, render_template, request
from werkzeug.wrappers import Response

from connectors.sandbox.board import Pages
from connectors.sandbox.goals.goal import SCORED, STATUSES, Goal, RefusedError, words_of
from connectors.sandbox.site import site
from connectors.sandbox.site_state.scheme import PEOPLE

routes = Pages("goals")


@routes.get("/goals")
def all_goals(problem: str = "") -> str:
    book = site().sandbox.goals
    return render_template(
        "sandbox/goals.html",
        goals=list(book.goals.values()),
        scoring=book.scoring,
        statuses=[one for one in STATUSES if one != "archived"],
        words=words_of,
        key_of=_key_of,
        problem=problem,
    )


@routes.get("/o/<path:site>/goal/<key>")
def one_goal(key: str, **_at: str) -> Response:
    return redirect(f"/goals#{_goal(key).key}", 303)


@routes.post("/goals/<key>/update")
def post(key: str) -> Response | str:
    """Somebody posts by hand."""
    goal, said = _goal(key), request.form.get("summary", "").strip()
    status, score = request.form.get("status", ""), request.form.get("score", "").strip()
    text = {"type": "text", "text": said}
    document = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [text]}]}
    try:
        scored = int(score) if score and status in SCORED else None
        site().sandbox.goals.post(
            goal.ari, PEOPLE[0], status, scored, json.dumps(document) if said else None, {}
        )
    except (RefusedError, ValueError) as problem:
        return all_goals(f"Not posted: {getattr(problem, 'message', problem)}")
    return redirect(f"/goals#{goal.key}", 303)


def _goal(key: str) -> Goal:
    found = site().sandbox.goals.named(key)
    if found is None:
        abort(404)
    return found


def _key_of(ari: str) -> str:
    """The key of a linked issue."""
    record = site().sandbox.records.get(ari.rpartition("/")[2])
    return record.key if record else ari
