"""Whether a written number tells more than its readers may see: what is warned of, by what the mapping says of restricted issues."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from mappings.document.checks.live.doubts import IssueSample
from mappings.document.checks.live.readers import GIVES_AWAY, LEAVE_OUT, WiderNumber, check_readers
from mappings.document.checks.report import Report
from mappings.document.mapping import Mapping

SAMPLE = IssueSample(("PLAT-7", "PLAT-8"), 3)
WRITES = {"target": "objective", "set": {"okr_progress": {"value": "progress_percent"}}}


def found(mapping: Mapping, restricted: IssueSample, *wider: WiderNumber) -> list[tuple[str, str, str, str]]:
    report = Report()
    check_readers(mapping, restricted, wider, report)
    return [(one.code, one.path, one.message, one.remedy) for _, one in report.found]


@pytest.mark.parametrize(
    ("sample", "said"),
    [
        (IssueSample(("PLAT-7",), 1), "1 issue (PLAT-7)"),
        (IssueSample(("PLAT-7", "PLAT-8"), 2), "2 issues (PLAT-7, PLAT-8)"),
        (SAMPLE, "3 issues (PLAT-7, PLAT-8 and 1 more)"),
        (IssueSample(), "0 issues ()"),
    ],
)
def test_issues_are_named_and_the_rest_counted(sample: IssueSample, said: str) -> None:
    assert str(sample) == said


def test_restricted_issues_that_count_unsaid_are_warned_of(make: SimpleNamespace) -> None:
    assert found(make.mapping(WRITES), SAMPLE) == [
        (
            "restricted-counted",
            "scope",
            (
                "Jira keeps from some people what counts in numbers that others read: 3 issues (PLAT-7, PLAT-8 and 1 more) "
                "with a security level"
            ),
            LEAVE_OUT,
        )
    ]
    assert found(make.mapping(WRITES), IssueSample()) == []
    assert found(make.mapping(), SAMPLE) == [], "nothing is written"


@pytest.mark.parametrize(("policy", "warned"), [("count", False), ("leave_out", False), ("refuse", True)])
def test_what_the_mapping_says_of_restricted_issues_is_known(
    make: SimpleNamespace, policy: str, warned: bool
) -> None:
    mapping = make.mapping(WRITES)
    document = mapping.document.model_copy(update={"restricted": policy})
    told = found(SimpleNamespace(document=document, places=mapping.places), SAMPLE)  # type: ignore[arg-type]
    assert [(code, path, message) for code, path, message, _ in told] == (
        [
            (
                "restricted-refused",
                "restricted",
                "of objectives that count restricted issues nothing is written: 3 issues (PLAT-7, PLAT-8 and 1 more)",
            )
        ]
        if warned
        else []
    )


def test_numbers_that_are_read_by_more_people_are_warned_of_one_by_one(make: SimpleNamespace) -> None:
    wider = [WiderNumber(key, ("Kim", "Lee"), 5, IssueSample(("CORE-1",), 1)) for key in ("PLAT-1", "PLAT-2")]
    assert found(make.mapping(WRITES), IssueSample(), *wider) == [
        (
            "wider-readers",
            "write_back",
            f"{key} is read by people who may not see all that it counts: Kim, Lee (2 of 5 asked) may not see 1 issue (CORE-1)",
            f"select only what its readers may see, or name the rest under `restricted`: {GIVES_AWAY}",
        )
        for key in ("PLAT-1", "PLAT-2")
    ]
    assert found(make.mapping(), IssueSample(), *wider) == []
