"""The forms on the page of a KPI: a reading, and the issue that is the key result."""

from __future__ import annotations

from plugin.pages.frame.forms import LineField, PageForm


class ReadingForm(PageForm):
    """What somebody says that a KPI was worth."""

    value = LineField("Value (empty takes back what was said)", render_kw={"inputmode": "decimal"})
    at = LineField("When (now, where it is left empty)", render_kw={"placeholder": "2026-10-31 14:00"})
    note = LineField("Note", render_kw={"maxlength": 2000})


class AcceptanceForm(PageForm):
    """Which issue is the key result that a KPI proposes, or under which objective one is created."""

    issue = LineField(
        "Issue in Jira that is the key result", render_kw={"placeholder": "CORE-12", "required": True}
    )
    objective = LineField(
        "Objective under which it is created", render_kw={"placeholder": "CORE-12", "required": True}
    )
