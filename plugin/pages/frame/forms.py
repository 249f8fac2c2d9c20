"""Forms of pages: fields are declared once, with what they take, and keep what was typed; a refusal stands at the field that it is about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from wtforms import Form, PasswordField, StringField
from wtforms.validators import DataRequired
from wtforms.widgets import DateInput

from plugin.runtime.connector import Refusal
from plugin.runtime.sites.credential_expiry import day_given

LONG_ENOUGH = "At least 12 characters; a few unrelated words do well."


class PageForm(Form):
    """A form of a page. That it was sent from here is proven for all of them by the guard."""

    def refuse(self, said: str, about: str = "") -> None:
        """Say what is wrong at the field of this name, or of the whole form where it has none."""
        if about in self:
            self[about].errors = [*self[about].errors, said]
        else:
            self.form_errors = [*self.form_errors, said]

    def said(self) -> list[str]:
        """All that is wrong, in sentences."""
        return [*self.form_errors, *(str(said) for field in self for said in field.errors)]

    def refuse_for(self, error: Refusal) -> None:
        """Say why a use case did not do it."""
        self.refuse(str(error), error.about)


class LineField(StringField):
    """One line of text without the spaces around it; empty where nothing was typed."""

    data: str

    def process_data(self, value: str | None) -> None:
        """What stands there before anybody types."""
        self.data = value or ""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """What was typed."""
        self.data = valuelist[0].strip() if valuelist else ""


class Secret(PasswordField):
    """A password or token, as it was typed. It never comes back in a page."""

    data: str

    def process_data(self, value: str | None) -> None:
        """Nothing stands there before anybody types."""
        self.data = value or ""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """What was typed."""
        self.data = valuelist[0] if valuelist else ""


class DayField(StringField):
    """A day, or None where none was given."""

    widget = DateInput()
    data: date | None  # type: ignore[assignment]  # text for its base

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """The day that was typed; what is no day is said at the field."""
        self.data = None
        self.data = day_given(valuelist[0]) if valuelist else None

    def _value(self) -> str:
        return self.raw_data[0] if self.raw_data else self.data.isoformat() if self.data else ""


def require_text(said: str) -> DataRequired:
    """Refuses a field that is empty or blank, in these words."""
    return DataRequired(said)
