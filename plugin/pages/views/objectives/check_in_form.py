"""The form by which a person says what a key result stands at."""

from __future__ import annotations

from wtforms import HiddenField

from plugin.pages.frame.forms import DayField, LineField, PageForm


class CheckInForm(PageForm):
    """A new check-in. What the value is called depends on the key result."""

    key_result = HiddenField(default="")
    value = LineField("Progress, %", render_kw={"inputmode": "decimal"})
    confidence = LineField("Confidence, 0 to 10", render_kw={"maxlength": 20})
    until = DayField("Holds until")
    delta = LineField("or until the derived value moves by … points", render_kw={"inputmode": "decimal"})
    note = LineField("Note", render_kw={"maxlength": 2000})


class ReplyForm(PageForm):
    """An answer to a check-in."""

    answer = LineField("Answer", render_kw={"maxlength": 2000})
