"""What the API and the pages tell of a company in which much is there, word for word, to an admin and to those who may do less."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.full_company import FullCompany, full_company
from tests.plugin.doors import test_told as small
from tests.plugin.doors.test_told import file_of, told_at

HERE = Path(__file__).parent / "full"
TRIALS, COUNTRY, BILLING, ROBOTS = "PLAT-5", "GROW-1", "PLAT-9", "CORE-1"
Q2, Q3, Q4 = "2026-Q2", "2026-Q3", "2026-Q4"
NOVEMBER = "2026-11-02T00:00:00Z"
LISTS = (
    "audit", "badges", "check-ins/due", "dead-letters", "deliveries", "digests", "drafts", "gaps", "goals", "held", "losses", "missing", f"objectives/{COUNTRY}/check-ins",
    f"objectives/{TRIALS}/comments", f"objectives/{COUNTRY}/replies", f"objectives/{TRIALS}/history", f"objectives/{COUNTRY}/history", "kpis/sign-ups/readings", "outbox", "people", "people/tokens", "plan", "refusals",
    "sites/main/mapping/revisions", "subscriptions", "tokens", "writes",
)  # fmt: skip
ANSWERS = (
    *LISTS,
    "advice", f"advice?cycle={Q3}", "audit?text=closed", f"audit?since={NOVEMBER}", f"audit?until={NOVEMBER}&limit=3", "changes", "changes?since=0&limit=2", "check-ins/due?owner=Chiara+Brandt",
    "check-ins/due?owner=Chiara+Lindqvist", "cycles", f"cycles/{Q2}", f"cycles/{Q3}", f"cycles/{Q4}", "cycles/2027-Q1", "cycles/2026", "cycles/2031-Q1",
    f"cycles/{Q3}/calibration", f"cycles/{Q4}/calibration", f"cycles/{Q3}/carry", f"cycles/{Q3}/carry?as=copy", f"cycles/{Q3}/carry?into=2027-Q1", f"cycles/{Q3}/carry?into=2026-Q2", f"cycles/{Q3}/carry/undo",
    f"cycles/{Q2}/carry", f"cycles/{Q3}/difference", f"cycles/{Q3}/difference?before=1&after=1", f"cycles/{Q3}/learnings", f"cycles/{Q2}/learnings", f"cycles/{Q4}/lock", f"cycles/{Q3}/lock", f"cycles/{Q3}/replay", f"cycles/{Q3}/replay?mapping=then&course=true",
    f"cycles/{Q2}/replay", "cycles/verification", "digests/weekly/preview", "digests/reminders/preview", "digests/alerts/preview", "digests/nothing/preview",
    "exports/audit?format=csv&text=closed", "exports/history?format=csv", f"exports/history?objective={TRIALS}&format=csv", f"exports/ledgers?cycle={Q4}", "exports/objectives?format=csv", f"exports/objectives?cycle={Q3}&format=csv",
    f"issues/{BILLING}/feeds", "issues/PLAT-10/feeds", "issues/PLAT-7/feeds", "kpi-departures", "kpis", "kpis/open-bugs", "kpis/sign-ups", "kpis/sign-ups-a-week", "kpis/visits", "kpis/sign-ups/creation", f"kpis/sign-ups/creation?objective={BILLING}", "kpis/open-bugs/readings",
    "losses?state=held", "losses?state=left", "deliveries?status=failed", "me", "me/digests", "me/second-factor", "me/sessions", "meeting", f"missing?objective={COUNTRY}", "objectives?limit=2", "objectives?limit=2&cursor=$next", "audit?limit=2&cursor=$next",
    "writes?limit=2&cursor=$next", "kpis/sign-ups/readings?limit=2&cursor=$next", f"objectives/{TRIALS}/history?limit=2&cursor=$next", "outbox?limit=1&cursor=$next",
    "objectives?cycle=2026-Q3", "objectives?cycle=2026-Q3&team=Robotics", "objectives?team=Platform", "objectives?team=nobody", "objectives?owner=Devi+Raman", "objectives?project=GROW", "objectives?health=off_track", "objectives?text=zzz",
    "objectives?aligned_to=PLAT-1", "objectives?health=fine", "objectives?limit=0", "objectives?cursor=zzz", f"objectives?cycle={Q3}&text=robots", "objectives/@company", "objectives/@company/ledger",
    *(f"objectives/{key}{part}" for key in (TRIALS, COUNTRY, BILLING) for part in ("", "/forecast", "/learnings", "/ledger", "/marks", "/movement", "/obstacles")),
    f"objectives/{TRIALS}?cycle={Q3}", f"objectives/{TRIALS}/ledger?cycle={Q3}", f"objectives/{TRIALS}/ledger?at=2026-08-20", f"objectives/{TRIALS}/ledger?at=2026-08-20&mapping=then", f"objectives/{TRIALS}/ledger?at=2036-08-20",
    f"objectives/{TRIALS}/history?since={NOVEMBER}", f"objectives/{TRIALS}/movement?since=2026-10-20&until=2026-11-05", f"objectives/{COUNTRY}/movement?since=2026-10-20", f"objectives/{COUNTRY}/movement?since=nonsense",
    f"objectives/{ROBOTS}", f"objectives/{ROBOTS}/ledger", "people/1", "people/9", "people/1/jira", f"plan?objective={BILLING}", "practice", f"practice?cycle={Q3}", "practice?team=Platform", "presets", "presets/kpi-watch", "promotions", "scorecard", f"scorecard?cycle={Q3}",
    "sites", "sites/main", "sites/elsewhere", "sites/main/application-link", "sites/main/fields", "sites/main/forge", "sites/main/goals-account", "sites/main/history", "sites/main/kept", "sites/main/mapping", "sites/main/mapping/draft", "sites/main/mapping/read",
    "sites/main/mapping/export?format=canonical", "sites/main/status", "sites/main/sync", "sites/main/visibility", "sites/main/webhook", "status", "views", f"writes?text={COUNTRY}", f"writes?since={NOVEMBER}", "writes?until=2026-07-02T00:00:00Z",
    "imports", "imports/1", "goals/check", "sites/main/mapping/revisions/nothing", "people/1/data",
)  # fmt: skip
PAGES = (
    "", "?group=team", "?group=team&closed=Platform", "?health=at_risk", "?health=off_track", "?health=fine", "?cycle=all", f"?cycle={Q2}", f"?cycle={Q3}", "?cycle=2027-Q1", f"?cycle={Q3}&order=title", "?order=progress", "?order=sideways", "?owner=Devi+Raman", "?team=Platform", "?team=nobody", "?project=GROW", "?q=country", "?q=zzz", "?q=robots",
    "objectives.csv", f"objectives.csv?cycle={Q3}", "objectives.csv?order=sideways", "teams/Platform", "teams/Robotics", "teams/nobody", "teams/The+company",
    *(f"objectives/{key}{part}" for key in (TRIALS, COUNTRY, BILLING) for part in ("", "?all=1", "?exact=1", "?since=2026-10-20", "?since=2026-10-20&until=2026-11-05")),
    f"objectives/{TRIALS}?cycle={Q3}", f"objectives/{TRIALS}?cycle={Q3}&exact=1", f"objectives/{TRIALS}?cycle={Q2}", f"objectives/{TRIALS}?at=2026-08-20", f"objectives/{TRIALS}?at=2026-08-20&mapping=then", f"objectives/{TRIALS}?at=nonsense", f"objectives/{ROBOTS}", "objectives/PLAT-1", "objectives/PLAT-2", "objectives/PLAT-14", "objectives/PLAT-15", "objectives/@company", "objectives/PLAT-99", f"objectives/{COUNTRY}?site=elsewhere",
    "why/PLAT-6", "why/PLAT-7", "why/PLAT-10", "why/GROW-2", "why/PLAT-99", f"why/{TRIALS}?row=PLAT-8",
    "review", f"review?cycle={Q2}", f"review?cycle={Q3}", f"review?cycle={Q4}", "review?cycle=2027-Q1", "review?cycle=2026", "review?cycle=2031-Q1", f"review?cycle={Q2}&say=10002", f"review?cycle={Q2}&learn=10002",
    *(f"review/main/{cycle}/{part}" for cycle in (Q2, Q3, Q4) for part in ("carry", "difference", "lock", "replay")),
    f"review/main/{Q3}/carry?as=copy", f"review/main/{Q3}/carry?into=2027-Q1", f"review/main/{Q4}/lock?all=1", f"review/main/{Q3}/difference?before=1&after=1", f"review/main/{Q3}/replay?mapping=then", "review/main/2031-Q1/lock",
    "kpis", "kpis?level=unhealthy", "kpis?kind=leading", "kpis?level=strange", "kpis/open-bugs", "kpis/sign-ups", "kpis/sign-ups-a-week", "kpis/visits", "kpis/nothing",
    "health", "practice", f"practice?cycle={Q3}", "practice?team=Platform", "scorecard", f"scorecard?cycle={Q3}", "brief", "present", "map", "map?lane=2", "digests", "digests/main", "digests/main/weekly/preview", "digests/main/reminders/preview", "digests/main/alerts/preview", "digests/main/nothing/preview",
    "import", "import/main", "import/main/1", "mapping", "mapping/main", "mapping/main/check", "mapping/main/diff", "mapping/main/edit", "mapping/main/form", "mapping/main/preview", "mapping/main/preview/then?at=2026-10-01", "mapping/main/try", "mapping/main/try?tried=epics", "mapping/main/try?jql=issuetype+%3D+Bug", "mapping/main/try?tried=epics&key=GROW-1", "mapping/main/revisions/nothing", "mapping/main/revisions/nothing/export",
    "account", "account/tokens", "account/second-factor", "audit", "audit?kind=writes", "audit?q=closed", "audit?kind=strange", "audit/changes.csv?q=closed", "audit/writes.jsonl?q=GROW-1", "audit/nothing.csv", "people", "people/tokens", "people/data", "sites", "sites/main", "sites/elsewhere", "sites/main/badges", "sites/main/fields", "sites/main/subscriptions", "setup", "setup/main", "setup/main/preset", "setup/main/preset/kpi-watch/fields", "setup/main/fields", "setup/main/preview", "setup/main/webhook",
    "let-in/nothing", "set-up/nothing", "unsubscribe/nothing", "badges/nothing.svg", "badges/nothing/card.svg", "sign-in", "sign-in/code", "healthz", "readyz", "consent",
)  # fmt: skip
OF_LESS = (
    "", "?cycle=2026-Q3", "health", "kpis", "kpis/sign-ups", "mapping/main", "mapping/main/diff", "mapping/main/edit", f"objectives/{COUNTRY}", f"objectives/{TRIALS}", f"review?cycle={Q2}", f"review?cycle={Q3}", f"review/main/{Q3}/carry", f"review/main/{Q4}/lock", f"review/main/{Q3}/replay", "account",
    "people", "audit", "import/main", "digests", "sites", "practice", "map", "brief", "scorecard", "setup", "present", "sites/main/badges",
)  # fmt: skip
ANSWERS_OF_LESS = ("me", "views", "people", "audit", "drafts", "sites", "sites/main", "status", "held", "losses", "subscriptions", "badges", "goals", "kpis/sign-ups/creation", "sites/main/mapping/draft", "me/digests", f"objectives/{COUNTRY}", "diagnostics", "exports/audit")  # fmt: skip
TOLD = [
    *(("admin", "answers", one) for one in ANSWERS),
    *(("admin", "pages", one) for one in PAGES),
    *((role, "pages", one) for role in ("editor", "viewer") for one in OF_LESS),
    *((role, "answers", one) for role in ("editor", "viewer") for one in ANSWERS_OF_LESS),
]
NEVER = {
    "/account/identity": "a code of now is asked for",
    "/account/jira/callback": "Jira leads there",
    "/account/jira/callback/<site>": "Jira leads there",
    "/api/v1/diagnostics": "a file, of which its own tests tell",
    "/health/diagnostics.zip": "a file, of which its own tests tell",
    "/brief.pptx": "a file, of which its own tests tell",
    "/api/v1/openapi.json": "tests/plugin/api/test_openapi.py",
    "/api/v1/mappings/schema": "tests/mappings",
    "/assets/<path:filename>": "a file",
    "/assets/styles.css": "a file",
    "/metrics": "tests of the metrics",
}
"""Addresses of which nothing is told here, and why."""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FullCompany]:
    """Made once; it is only read."""
    with full_company(tmp_path_factory.mktemp("full")) as made:
        yield made


@pytest.mark.parametrize(("role", "door", "address"), TOLD)
def test_what_is_told_of_much(
    role: str, door: str, address: str, company: FullCompany, tmp_path: Path
) -> None:
    """A change has to be seen: what is told now is kept beside, to be taken over where it is meant."""
    folder = HERE / door if role == "admin" else HERE / f"{door}_of_{role}"
    golden, there = file_of(folder, address), tmp_path / "told.txt"
    there.write_text(told_at(company.doors[role], door, address))
    company.restore()
    known = golden.read_text() if golden.exists() else ""
    assert there.read_text() == known, f"where it is meant: cp {there} {golden}"


def test_every_address_that_can_be_read_is_asked(company: FullCompany) -> None:
    served = read(company.doors["admin"].app)
    answers = [f"/api/v1/{one}" for one in (*ANSWERS, *small.ANSWERS)]
    pages = [f"/{one}" for one in (*PAGES, *small.PAGES)]
    paths = {one.partition("?")[0] for one in (*answers, *pages)}
    assert {rule for rule in served if not any(shape(rule, one) for one in paths)} == set(NEVER)


def read(app: Flask) -> set[str]:
    """The addresses that are got."""
    return {one.rule for one in app.url_map.iter_rules() if "GET" in (one.methods or ())}


def shape(rule: str, path: str) -> bool:
    """Whether a path is of this rule."""
    return re.fullmatch(re.sub(r"<[^>]+>", "[^/]+", rule.replace(".", r"\.")), path) is not None
