"""Whatever is sent to any operation, the answer is one the document describes, and never a fault of ours.

JIRA_OKR_FUZZ_EXAMPLES=200 looks further than the short runs that belong to every run of the tests, by day and, twice as long, by night.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import CHECKS

from plugin.access.authorization import members
from plugin.api import operations
from plugin.sync.drain import DrainResult
from plugin.sync.resync.mirror_update import ResyncResult
from plugin.use_cases.objectives.backfill import BackfillResult
from plugin.use_cases.work.sync import SyncResult
from tests.examples import ALL

EXAMPLES = int(os.environ.get("JIRA_OKR_FUZZ_EXAMPLES", "6" if os.environ.get(ALL) else "3"))
OUTWARD = ("add_site",)
"""Operations that call whatever address they are given."""
WANTED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)


POSITIONS = {"cursor", "since", "until", "at", "mapping"}
"""Parameters that are well formed and may yet lead nowhere."""


@pytest.fixture(scope="module")
def document(api: Any) -> Iterator[Any]:
    """The document; work in the background is left out, for it would go on while other requests are made up."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "plugin.use_cases.work.sync._sync", lambda *_: SyncResult(ResyncResult(), DrainResult())
        )
        patch.setattr(
            "plugin.use_cases.objectives.backfill.backfill", lambda _, planned, __: BackfillResult(planned, 0)
        )
        patch.setattr("plugin.use_cases.work.site_read.read_ahead", lambda *_: 0)
        yield schemathesis.openapi.from_wsgi("/api/v1/openapi.json", api.app)


def cases() -> list[Any]:
    """Every operation with well-formed requests, and with ill-formed ones where anything about it can be ill-formed."""
    found = []
    for one in operations():
        if one.name in OUTWARD:
            continue
        found.append(pytest.param(one.name, True, id=f"good {one.name}"))
        if one.shapes:
            found.append(pytest.param(one.name, False, id=f"bad {one.name}"))
    return found


def things_that_are_there(api: Any) -> dict[str, Any]:
    """Values for the parts of an address that lead somewhere."""
    return {
        "site": "main",
        "objective": api.get("/objectives", limit=1)["items"][0]["key"],
        "revision": api.get("/sites/main/mapping")["revision"],
        "preset": "kpi-watch",
        "person": members.add(
            api.connector, f"{uuid.uuid4().hex}@acme.example", "", "viewer", None, "fuzz"
        ).id,
    }


@pytest.mark.parametrize(("name", "good"), cases())
def test_every_answer_is_one_the_document_describes(api: Any, document: Any, name: str, good: bool) -> None:
    operation = document.find_operation_by_id(name)
    mode = schemathesis.GenerationMode.POSITIVE if good else schemathesis.GenerationMode.NEGATIVE
    wanted = WANTED if good else (*WANTED, "negative_data_rejection")
    checks = CHECKS.get_by_names(wanted)
    # What is packed for the way is not unpacked by whoever reads it here.
    headers = {"Authorization": f"Bearer {api.tokens['people']}", "Accept-Encoding": "identity"}
    real = things_that_are_there(api)
    # Whatever is made up must not take away the accounts under which it is asked.
    ours = {members.find(api.connector, f"{role}@acme.example").id for role in api.tokens}

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        derandomize=EXAMPLES < 50,
    )
    @given(case=operation.as_strategy(generation_mode=mode), there=st.booleans())
    def run(case: Any, there: bool) -> None:
        if case.path_parameters.get("person") in ours:
            case.path_parameters["person"] = real["person"]
        if good and there:
            case.path_parameters.update({name: real[name] for name in case.path_parameters if name in real})
        answer = case.call_and_validate(checks=checks, headers=headers)
        if good and case.method == "GET" and not POSITIONS & set(case.query or ()):
            assert answer.status_code != 422, answer.text

    run()
