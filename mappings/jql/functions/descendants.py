"""`childIssuesOf(PLAT-7)`: everything below an issue by parent, on all levels, as far as the local copy holds what stands between."""

from __future__ import annotations

from mappings.facts.issue import Issue
from mappings.facts.moment import Moment
from mappings.jql.compilation import Compilation, Verdict, never
from mappings.jql.functions.issue_references import ids_and_keys
from mappings.jql.text.tree import FunctionCall


def child_issues(compilation: Compilation, call: FunctionCall) -> Verdict:
    """Those below the issue, itself not among them. An issue alone does not say what is above its parent: the moment tells it."""
    if len(call.arguments) != 1:
        message = f"{call.name}() takes the key of one issue"
        usage = f"write the key of an issue: {call.name}(PLAT-12)"
        compilation.refuse("wrong-arguments", message, call, remedy=usage)
        return never
    ids, keys = ids_and_keys(compilation, call.arguments)
    if not ids and not keys:
        return never
    (root,) = ids or keys  # below a key that nobody knows is nothing
    compilation.roots.add(root)

    def verdict(issue: Issue, moment: Moment) -> bool:
        parent = issue.parent_id
        return parent is not None and issue.id != root and parent in moment.below[root]

    return verdict
