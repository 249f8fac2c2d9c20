"""The table of every door is as the doors are, and says of each what its route and its use cases say."""

from __future__ import annotations

from pathlib import Path

from docs.door_table import PATH, complete_app, sections, table, use_cases_of
from plugin.access.authorization.permission import Permission
from plugin.api import operations
from plugin.use_cases.permission import MARK


def test_the_table_is_as_the_doors_are() -> None:
    assert PATH.read_text() == table(), "make doors"


def test_every_route_is_in_the_table(tmp_path: Path) -> None:
    app = complete_app(tmp_path)
    listed = sum(len(rows) for title, _, rows in sections(app) if title != "Assistants")
    routed = [
        method
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    ]
    assert listed == len(routed)


def test_no_door_of_programs_asks_for_less_than_what_it_calls() -> None:
    """Else it would let people in whom the use case then refuses, or the table would tell of a role that is not enough."""
    found = {}
    for one in operations():
        asked = [getattr(each, MARK) for each in use_cases_of(one.handler)]
        assert asked or one.permission == "public" or one.name in NOTHING_ASKED, one.name
        lacking = [each for each in asked if not Permission(one.permission).includes(each)]
        if lacking:
            found[one.name] = lacking
    assert found == {}


NOTHING_ASKED = {"validate_mapping", "mapping_schema", "list_presets", "one_preset", "me"}
"""Operations that tell nothing of a site: the caller, or what the product ships."""
