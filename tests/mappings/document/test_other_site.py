"""A document that names a site is for that one alone."""

from __future__ import annotations

import pytest

from mappings.document.checks.write_back import check_basis
from mappings.document.text.source import read_document
from mappings.write_back.target import WriteBasis

BODY = "version: 1\nname: acme\nscope: project = PLAT\nobjectives:\n- {id: epics, select: issuetype = Epic, key_results: []}\n"


@pytest.mark.parametrize(
    ("line", "here", "found"),
    [
        ("site: main\n", "main", []),
        ("site: main\n", "second", ["other-site"]),
        ("site: second\n", "main", ["other-site"]),
        ("", "second", []),
        ("site: main\n", "", []),
    ],
)
def test_a_document_that_names_another_site_is_told_so(line: str, here: str, found: list[str]) -> None:
    read = read_document(line + BODY)
    assert read.document is not None, read.diagnostics
    told = check_basis(read.document, WriteBasis(site=here), positions=read.positions)
    assert [one.code for one in told] == found
    assert [(one.line, f"site: {here}" in one.remedy) for one in told] == [(1, True)] * len(found)
