"""`Any` is no type of ours: each place that names it is counted here, with the reason why nothing better can be said there."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.architecture.conftest import Source

PYDANTIC = "what pydantic takes for a type, or gives for one"
SIGNATURE = "the signature that a library calls, or is called by"
MADE_AT_RUN_TIME = (
    "a Struct that is made when the fields of a mapping are known: no type checker can follow it"
)
ANY_DOCUMENT = "a document as people wrote it, before it has been looked at"
ANY_ANSWER = "an answer of Jira's, before it has been looked at"
ONE_OF_MANY = "one of a registry, whose options are known to itself alone"
COMPARED = "values that are only compared with each other"
PLACES: dict[str, dict[str, int]] = {
    PYDANTIC: {
        "mappings/document/editor_schema.py": 1,
        "mappings/write_back/target.py": 3,
        "plugin/api/protocol/openapi.py": 3,
        "plugin/api/protocol/operation.py": 4,
        "plugin/doors/model.py": 5,
        "plugin/runtime/settings.py": 5,
    },
    SIGNATURE: {
        "connectors/jira/http/connection.py": 15,
        "connectors/jira/http/transport.py": 2,
        "connectors/jira/metadata/server.py": 2,
        "connectors/store/database/engine.py": 2,
        "connectors/store/database/sql.py": 1,
        "connectors/store/database/watched_connection.py": 1,
        "connectors/store/work/due.py": 1,
        "mappings/document/text/yaml_nodes.py": 10,
        "mappings/kpi/formula.py": 1,
        "plugin/access/authentication/provider.py": 2,
        "plugin/cli/operation/serve.py": 1,
        "plugin/jobs/queue.py": 1,
        "plugin/mcp/protocol/bridge.py": 4,
        "plugin/mcp/protocol/server.py": 2,
        "plugin/runtime/processes/logs.py": 12,
        "plugin/runtime/processes/metrics.py": 1,
        "plugin/runtime/serving/asgi_application.py": 4,
        "plugin/runtime/serving/production_server.py": 5,
    },
    MADE_AT_RUN_TIME: {
        "connectors/jira/wire/damage.py": 10,
        "connectors/jira/wire/issue_decoder.py": 11,
        "connectors/jira/wire/shapes.py": 8,
        "connectors/store/database/json_text.py": 9,
        "connectors/store/mirror/issue_text.py": 1,
        "plugin/access/audit_export.py": 1,
        "plugin/sync/refresh/omissions.py": 1,
        "plugin/runtime/demonstration.py": 1,
        "plugin/use_cases/objectives/objective_columns.py": 2,
    },
    ANY_DOCUMENT: {
        "mappings/document/choices.py": 5,
        "mappings/presets/adaptation.py": 11,
        "mappings/document/text/canonical.py": 1,
        "mappings/document/text/intention.py": 2,
        "mappings/document/text/repair.py": 2,
        "mappings/document/text/shape.py": 6,
    },
    ANY_ANSWER: {
        "connectors/jira/metadata/catalogue.py": 3,
    },
    ONE_OF_MANY: {
        "connectors/metrics/__init__.py": 1,
        "mappings/progress/rule.py": 1,
    },
    COMPARED: {
        "mappings/jql/fields/instants.py": 2,
        "mappings/jql/sort_order.py": 1,
    },
}
"""Files that name it, by reason, and how often."""
ROOMS = {
    "connectors/sandbox/": "the sandbox takes whatever is sent to it, as Jira does, and says what is wrong with it",
    "connectors/store/migrations/versions/": "rows in the form they had when the step was written, whatever they are by now",
}
"""Rooms in which it is not counted, and why."""


def named(source: Source) -> int:
    return sum(isinstance(node, ast.Name) and node.id == "Any" for node in ast.walk(source.tree))


def test_every_any_is_counted_and_explained(sources: list[Source]) -> None:
    allowed: dict[str, int] = {}
    for files in PLACES.values():
        for path, times in files.items():
            allowed[path] = allowed.get(path, 0) + times
    counted = {source.path: named(source) for source in sources if not source.path.startswith(tuple(ROOMS))}
    assert {path: times for path, times in counted.items() if times} == allowed


def test_the_rooms_where_it_is_not_counted_name_it(sources: list[Source]) -> None:
    for room in ROOMS:
        assert any(named(source) for source in sources if source.path.startswith(room)), room
