"""Whether a document goes by the order of versions, and of which projects. Jira lists that order project by project, so it is asked for only then."""

from __future__ import annotations

from mappings.document.checks.jql import compile_or_nothing
from mappings.document.checks.walk import jql_texts
from mappings.document.schema import Document
from mappings.facts.catalogue import Catalogue
from mappings.jql import compares_versions as compares


def compares_versions(document: Document) -> bool:
    """Whether some JQL of the document goes by the order of versions."""
    return any(compares(text) for _, text in jql_texts(document))


def projects_of(document: Document, catalogue: Catalogue) -> frozenset[str]:
    """Ids of the projects that the scope reads; of all there are where it does not say which."""
    named = compile_or_nothing(document.scope, catalogue).projects
    return frozenset(one.id for one in catalogue.projects) if named is None else named
