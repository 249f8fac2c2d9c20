"""JQL, Jira's query language: read, checked and evaluated here, so that selecting issues costs no search."""

from __future__ import annotations

from mappings.jql.findings import JqlError, JqlFinding
from mappings.jql.predicate import check, compares_versions, compile_selector, restricts, spots
from mappings.jql.sort_order import sort_key
from mappings.jql.text.parser import parse
from mappings.jql.text.tree import JqlQuery

__all__ = [
    "JqlError",
    "JqlFinding",
    "JqlQuery",
    "check",
    "compares_versions",
    "compile_selector",
    "parse",
    "restricts",
    "sort_key",
    "spots",
]
