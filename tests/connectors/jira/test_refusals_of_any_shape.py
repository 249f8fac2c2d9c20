"""Jira's own words, from whatever shape of answer they come in; what never was an answer is told apart by what to do next."""

from __future__ import annotations

import json
import ssl
from datetime import UTC, datetime

import pytest
import requests
from urllib3.exceptions import MaxRetryError, NameResolutionError, NewConnectionError

from connectors.jira.http.call import place_of
from connectors.jira.http.errors import (
    AuthFailure,
    JiraError,
    JiraOutage,
    JiraRefusal,
    classify,
    read_messages,
)
from connectors.jira.http.transport import failure_of

NOW = datetime(2026, 11, 1, tzinfo=UTC)
SHAPES = [
    ({"errorMessages": ["One.", "Two."], "errors": {}}, ("One.", "Two."), {}),
    ({"errorMessages": [], "errors": {"summary": "Too long."}}, (), {"summary": "Too long."}),
    ({"errors": {"summary": "Too long."}, "message": "Bad request"}, ("Bad request",), {"summary": "Too long."}),
    ({"errors": [{"message": "Blocked."}, {"title": "x", "detail": "Why."}, "Plain."]}, ("Blocked.", "Why.", "Plain."), {}),
    ({"title": "Forbidden", "detail": "Not on the allowlist."}, ("Not on the allowlist.",), {}),
    ({"error": "access_denied", "error_description": "The client is blocked."}, ("access_denied", "The client is blocked."), {}),
    ({"code": 401, "message": "Unauthorized; scope does not match"}, ("Unauthorized; scope does not match",), {}),
    ({"errorMessage": "A service desk."}, ("A service desk.",), {}),
]  # fmt: skip


@pytest.mark.parametrize(("body", "messages", "fields"), SHAPES)
def test_the_words_are_found_in_every_shape(body, messages, fields):
    text = json.dumps(body).encode()
    assert read_messages(text) == (messages, fields)
    error = classify(403, {}, text, NOW)
    assert isinstance(error, JiraRefusal)
    assert all(word in str(error) for word in messages)
    refused = classify(401, {}, text, NOW)
    assert isinstance(refused, AuthFailure)
    assert not messages or messages[0].rstrip(".") in refused.message


@pytest.mark.parametrize(
    ("message", "remedy", "text"),
    [
        ("Too long", "Cut it.", "Too long. Cut it."),
        ("Too long.", "Cut it.", "Too long. Cut it."),
        ("Too long!", "Cut it.", "Too long! Cut it."),
        ("Too long?", "Cut it.", "Too long? Cut it."),
        ("Too long:", "Cut it.", "Too long: Cut it."),
        ("Too long…", "Cut it.", "Too long… Cut it."),
        ("Too long", "", "Too long"),
        ("", "Cut it.", "Cut it."),
    ],
)
def test_a_sentence_ends_where_another_follows(message, remedy, text):
    assert str(JiraError(message, remedy)) == text
    advised = JiraError(message, "Do something else.")
    advised.advise(remedy)
    assert (str(advised), advised.remedy) == (text, remedy)


@pytest.mark.parametrize(
    "body", [b"<html>", b"", b"[]", b'{"errors": [1, null]}', b'{"errors": []}', b"\xff"]
)
def test_what_says_nothing_is_not_jiras(body):
    assert isinstance(classify(403, {}, body, NOW), JiraOutage)


def test_a_redirect_says_where_it_leads_and_nothing_behind_it():
    error = classify(302, {"Location": "https://login.acme.example/saml?token=secret#more"}, b"", NOW)
    assert "redirect to login.acme.example/saml, which" in str(error)
    assert "secret" not in str(error)
    assert "redirect, which" in str(classify(302, {}, b"", NOW))


POOL = "a pool"
EXPIRED = ssl.SSLCertVerificationError(1, "x")
EXPIRED.verify_message = "certificate has expired"
PLAIN = ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number")
PLAIN.reason = "WRONG_VERSION_NUMBER"


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (requests.ConnectionError(MaxRetryError(POOL, "/", NameResolutionError("acme.example", None, OSError()))), "host that was called is not known"),
        (requests.ConnectionError(MaxRetryError(POOL, "/", NewConnectionError(None, "refused"))), "Nothing answers at the address"),
        (requests.ConnectionError(ConnectionResetError()), "connection to Jira broke"),
        (requests.exceptions.SSLError(MaxRetryError(POOL, "/", EXPIRED)), "not trusted (certificate has expired)."),
        (requests.exceptions.SSLError(MaxRetryError(POOL, "/", PLAIN)), "does not speak TLS"),
    ],
)  # fmt: skip
def test_what_never_answered_is_told_apart(raised, said):
    found = failure_of(raised)
    assert said in found.message
    assert found.remedy


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/rest/api/3/serverInfo", "/rest/api/3/serverInfo"),
        ("/jira/rest/api/2/issue/PLAT-12/editmeta", "/jira/rest/api/2/issue/*/editmeta"),
        ("/rest/api/3/issue/10012", "/rest/api/3/issue/*"),
    ],
)
def test_a_call_is_named_without_its_ids(path, shown):
    assert place_of(path) == shown
