"""Parents on Data Center: named by key, wanted by id, and looked up once for all of their children."""

from __future__ import annotations

from connectors.jira.read.parents import SeenKeys

EPIC_LINK = "customfield_10014"
FIELDS = [
    {
        "id": EPIC_LINK,
        "name": "Epic Link",
        "custom": True,
        "schema": {"type": "any", "custom": "com.pyxis.greenhopper.jira:gh-epic-link"},
    }
]


def test_a_parent_is_looked_up_once_however_many_pages_name_it(stub, answer, datacenter, issue_json) -> None:
    asked: list[str] = []

    def story(number, epic):
        return issue_json(number, **{EPIC_LINK: epic})

    pages = {
        0: [story(10001, None), story(10002, "PLAT-1"), story(10003, "CORE-7")],
        2: [story(10003, "CORE-7"), story(10004, "CORE-7"), story(10005, "PLAT-2")],
        4: [story(10005, "PLAT-2"), story(10006, "CORE-7"), story(10007, "PLAT-1")],
    }

    def search(one):
        body = one.body
        asked.append(body["jql"])
        if body["jql"].startswith("key in"):
            return answer(json={"issues": [{"id": "10900", "key": "CORE-7"}], "total": 1})
        return answer(json={"issues": pages[body["startAt"]], "total": 7, "startAt": body["startAt"]})

    stub.on("GET", "/rest/api/2/field", answer(json=FIELDS))
    stub.on("POST", "/rest/api/2/search", search)
    found = {one.id: one.parent_id for page in datacenter.search("project = PLAT") for one in page.issues}
    assert found == {
        "10001": None,
        "10002": "10001",
        "10003": "10900",
        "10004": "10900",
        "10005": "10002",
        "10006": "10900",
        "10007": "10001",
    }
    assert [one for one in asked if one.startswith("key in")] == ["key in (CORE-7)"]


def test_what_is_remembered_of_keys_stays_small() -> None:
    seen = SeenKeys(most=3)
    seen.learn({"A-1": "1", "A-2": "2"})
    seen.learn({"A-3": "3", "A-4": "4"})
    assert seen.of(["A-1", "A-2", "A-3", "A-4"]) == {"A-2": "2", "A-3": "3", "A-4": "4"}
