"""Whether people read in a written number what Jira does not show them: restricted issues, and rows that readers of the number may not see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mappings.document.checks.codes import Code
from mappings.document.checks.live.doubts import IssueSample
from mappings.document.checks.report import Report
from mappings.document.checks.walk import restricted_part
from mappings.document.mapping import Mapping

LEAVE_OUT = "write `restricted: leave_out`, so that they are in no number, or `restricted: count`, which says that you know"
GIVES_AWAY = "what a published percent moves by while no row that they see moves gives a hidden row away"


@dataclass(frozen=True, slots=True)
class WiderNumber:
    """An objective whose own issue people may see, but not all that it counts: who they are, of how many that were asked, and what they do not see."""

    key: str
    readers: tuple[str, ...]
    asked: int
    hidden: IssueSample


def check_readers(
    mapping: Mapping, restricted: IssueSample, wider: Sequence[WiderNumber], report: Report
) -> None:
    """Warns where a number is written that tells more than its readers may see; nothing where none is written."""
    part = restricted_part(mapping.document)
    if not mapping.places():
        return
    if restricted.number and part is None:
        message = f"Jira keeps from some people what counts in numbers that others read: {restricted} with a security level"
        report.warn(Code.RESTRICTED_COUNTED, message, ("scope",), remedy=LEAVE_OUT)
    elif restricted.number and part is not None and part.policy == "refuse":
        message = f"of objectives that count restricted issues nothing is written: {restricted}"
        remedy = (
            "write `policy: leave_out`, so that they are in no number, or take them out of what is selected"
        )
        report.warn(Code.RESTRICTED_REFUSED, message, ("restricted",), remedy=remedy)
    for one in wider:
        message = (
            f"{one.key} is read by people who may not see all that it counts: {', '.join(one.readers)} "
            f"({len(one.readers)} of {one.asked} asked) may not see {one.hidden}"
        )
        remedy = f"select only what its readers may see, or name the rest under `restricted`: {GIVES_AWAY}"
        report.warn(Code.WIDER_READERS, message, ("write_back",), value=one.key, remedy=remedy)
