"""Operations asked one after the other, each with what the one before it made or listed: no answer is a fault of ours, nor one that is not described.

From one to the next lead the `links` of the document, and what names like `person` and `token` in its shapes say. JIRA_OKR_FUZZ_EXAMPLES=200
walks further.
"""

from __future__ import annotations

import os
import re
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CHECKS
from schemathesis.specs.openapi.stateful import dependencies

from plugin.access.authorization import members
from plugin.sync.drain import DrainResult
from plugin.sync.resync.mirror_update import ResyncResult
from plugin.use_cases.objectives.backfill import BackfillResult
from plugin.use_cases.work.sync import SyncResult
from tests.plugin.api.test_fuzz import OUTWARD, WANTED

EXAMPLES = int(os.environ.get("JIRA_OKR_FUZZ_EXAMPLES", "4"))
STEPS = 12
NO_MAKER = {"site", "issue", "objective"}
"""What Jira makes, or an operator: no operation makes one that another is asked of."""


@pytest.fixture
def schema(own_api: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The document; work in the background is left out."""
    nothing = SyncResult(ResyncResult(), DrainResult())
    monkeypatch.setattr("plugin.use_cases.work.sync._sync", lambda *_: nothing)
    monkeypatch.setattr(
        "plugin.use_cases.objectives.backfill.backfill", lambda _, planned, __: BackfillResult(planned, 0)
    )
    monkeypatch.setattr("plugin.use_cases.work.site_read.read_ahead", lambda *_: 0)
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", own_api.app)


def test_whatever_is_made_or_listed_leads_to_what_is_asked_of_it(own_api: Any, schema: Any) -> None:
    document = own_api.get("/openapi.json")
    linked = {
        (link.operation_ref.partition("/paths/")[2].replace("~1", "/"), name.removeprefix("path."))
        for found in dependencies.analyze(schema).iter_links()
        for link in found.links.values()
        for name in link.parameters
    }
    said = {
        one["operationId"]: f"{path}/{method}"
        for path, methods in document["paths"].items()
        for method, one in methods.items()
    }
    for methods in document["paths"].values():
        for one in methods.values():
            for answer in one["responses"].values():
                for name, link in answer.get("links", {}).items():
                    linked |= {(said[name], part) for part in link["parameters"]}
    asked = {
        (f"{path}/{method}", part)
        for path, methods in document["paths"].items()
        for method in methods
        for part in re.findall(r"{([a-z_]+)}", path)
    }
    assert {place for place in asked - linked if place[1] not in NO_MAKER} == set()


@pytest.mark.slow
def test_no_order_of_operations_gives_an_answer_that_is_not_described(own_api: Any, schema: Any) -> None:
    ours = {
        members.find(own_api.connector, f"{role}@acme.example").id
        for role in own_api.tokens
        if role != "people"
    }
    checks = CHECKS.get_by_names(WANTED)
    headers = {"Authorization": f"Bearer {own_api.tokens['people']}", "Accept-Encoding": "identity"}
    followed = set()

    class Walk(schema.as_state_machine()):  # type: ignore[misc]
        def before_call(self, case: Any) -> None:
            if case.path_parameters.get("person") in ours:
                case.path_parameters["person"] = 999_999
            if case.operation.definition.raw["operationId"] == "revoke_anybodys_token":
                case.path_parameters["token"] = (
                    999_999  # whatever is made up must not take away what it is asked by
                )
            if case.operation.definition.raw["operationId"] in OUTWARD:
                case.body = {}

        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": headers}

        def validate_response(self, response: Any, case: Any, *_: Any, **__: Any) -> None:
            case.validate_response(response, checks=checks, headers=headers)
            followed.add((case.operation.definition.raw["operationId"], response.status_code))

    Walk.run(
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            derandomize=EXAMPLES < 50,
        )
    )
    assert len({name for name, status in followed if status < 300}) > 2
