"""What a person reads where it does not go on: our own words where we have some, never those of a library, and what to do."""

from __future__ import annotations

from functools import wraps
from typing import Any

import pytest
from bs4 import BeautifulSoup

from connectors.jira.http.errors import JiraError

HTML = {"Accept": "text/html"}


def shown(answer: Any) -> str:
    return " ".join(BeautifulSoup(answer.get_data(as_text=True), "html.parser").main.get_text(" ").split())


def test_our_own_reason_is_told_and_that_of_a_library_is_not(admin: Any) -> None:
    ours = admin.client.post("/people/tokens/999999/revoke", data={"csrf_token": admin.token()}, headers=HTML)
    assert (ours.status_code, "it may have been revoked already" in shown(ours)) == (404, True)
    theirs = admin.client.get("/no-such-page", headers=HTML)
    assert (theirs.status_code, "The requested URL" in shown(theirs)) == (404, False)


@pytest.mark.parametrize(
    ("remedy", "told"),
    [
        ("Give the account the project role.", "Give the account the project role."),
        ("", "Go back and try again."),
    ],
)
def test_what_jira_refused_is_told_with_what_to_do(admin: Any, remedy: str, told: str) -> None:
    views = admin.client.application.view_functions

    @wraps(views["control.mapping"])
    def refuses(**_named: Any) -> None:
        raise JiraError("Jira refused the edit.", remedy)

    views["control.mapping"] = refuses
    answer = admin.client.get("/mapping", headers=HTML)
    assert (answer.status_code, "Jira did not do that" in shown(answer)) == (502, True)
    assert told in shown(answer)
    assert "Jira refused the edit." in shown(answer)
    assert ("Go back and try again." in shown(answer)) is not bool(remedy)
