"""Who somebody is in Jira, said by an admin on the page of people."""

from __future__ import annotations

from connectors.sandbox.site_state.scheme import VIEWER
from connectors.sandbox.traffic.faults import Fault
from connectors.store.people import accounts
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.use_cases.visibility.account_people import people_of


def test_a_person_is_named_and_taken_away_and_a_jira_that_does_not_answer_says_so(admin, world):
    with world.connector.store.write() as conn:
        made = accounts.add(conn, "kim@acme.example", "Kim", "viewer", None, world.connector.clock())
        account = accounts.get(conn, made)

    def named(person):
        answer = admin.post(f"/people/{account.id}/jira", site="main", person=person)
        known = people_of(world.connector, COMMAND_LINE, account)
        return answer.status_code, answer.get_data(as_text=True), [one.person for one in known]

    status, page, known = named(VIEWER.email)
    assert (status, known) == (200, [VIEWER.id])
    assert "said by an admin" in page
    assert named("")[::2] == (200, [])
    status, page, known = named("vera")
    assert (status, known) == (422, [])
    assert "Jira knows nobody of exactly this" in page
    world.sandbox.faults.add(Fault("unauthorized", path="user", times=9))
    try:
        status, page, known = named(VIEWER.email)
    finally:
        world.sandbox.faults.clear()
    assert (status, known) == (502, [])
    assert "The call was GET" in page
