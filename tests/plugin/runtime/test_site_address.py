"""What people paste as the address and the token of a Jira."""

from __future__ import annotations

import pytest

from plugin.runtime.sites.site_address import is_cloud, site_address, token_flaw


@pytest.mark.parametrize(
    ("pasted", "meant"),
    [
        ("https://acme.atlassian.net", "https://acme.atlassian.net"),
        (" acme.atlassian.net/ \n", "https://acme.atlassian.net"),
        (
            "https://acme.atlassian.net/jira/software/projects/SEA/boards/3?a=1#x",
            "https://acme.atlassian.net",
        ),
        ("https://acme.atlassian.net/wiki/spaces/X", "https://acme.atlassian.net"),
        ("https://jira.acme.example/jira/browse/SEA-3", "https://jira.acme.example/jira"),
        ("https://jira.acme.example/jira", "https://jira.acme.example/jira"),
        (
            "https://jira.acme.example:8443/secure/RapidBoard.jspa?rapidView=1",
            "https://jira.acme.example:8443",
        ),
        ("https://work.acme.example/jira/software/c/projects/SEA", "https://work.acme.example"),
        ("<https://jira.acme.example/tools/jira/login.jsp>", "https://jira.acme.example/tools/jira"),
        ("http://127.0.0.1:8090/rest/api/2/serverInfo", "http://127.0.0.1:8090"),
        ("acme", "acme"),
        ("ftp://acme.example", "ftp://acme.example"),
        ("https://[", "https://["),
        ("", ""),
    ],
)
def test_the_address_as_the_browser_shows_it_is_cut(pasted, meant):
    assert site_address(pasted) == meant


@pytest.mark.parametrize(
    ("pasted", "cloud"),
    [
        ("acme.atlassian.net/jira/software/projects/SEA", True),
        ("https://acme.jira.com", True),
        ("https://jira.acme.example/browse/SEA-3?from=acme.atlassian.net", False),
        ("acme", False),
        ("https://[", False),
    ],
)
def test_cloud_is_told_by_its_host_alone(pasted, cloud):
    assert is_cloud(pasted) is cloud


@pytest.mark.parametrize(
    ("token", "flaw"),
    [("ATATT3xFf_=-", ""), ("", ""), ("two words", ""), ("Bearer abc", "header"), ("basic abc", "header"), ("abc…", "sign"), ("a\x00", "sign")],
)  # fmt: skip
def test_what_is_no_token_is_told_without_showing_it(token, flaw):
    found = token_flaw(token)
    assert flaw in found
    assert bool(found) is bool(flaw)
    assert "abc" not in found
