"""Every wrong turn of connecting a Jira, at the page, the API and the command: what, where, what next, and Jira's own words."""

from __future__ import annotations

import html
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from connectors.sandbox import CONNECTOR
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli import explain_error, explained_errors
from plugin.runtime.saved_sites import open_sites
from plugin.use_cases.sites import sites

LOG_IN = (b"<!DOCTYPE html><html><body><form id='login-form'>Log in</form></body></html>", "text/html")
SCOPE = (b'{"code": 401, "message": "Unauthorized; scope does not match"}', "application/json")
STRANGER = (b'{"errorMessages": ["You are not authenticated."]}', "application/json")
ALLOWLIST = (b'{"title": "Forbidden", "detail": "Your IP address is not allowed."}', "application/json")
NOTHING = (b"", "text/plain")
SSO = {"Location": "https://login.acme.example/saml?token=secret"}
UNKNOWN = "https://jira.invalid"


class Place(ThreadingHTTPServer):
    """Something that stands where Jira should, and answers each call alike."""

    def __init__(self, status: int, body: tuple[bytes, str], headers: dict[str, str]) -> None:
        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                kind = {"Content-Type": body[1], "Content-Length": str(len(body[0]))}
                for name, value in {**kind, **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body[0])

            def do_CONNECT(self) -> None:
                self.do_GET()

            def log_message(self, *_args: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Answers)
        self.url = f"http://127.0.0.1:{self.server_port}"


@contextmanager
def place(
    status: int = 200, body: tuple[bytes, str] = NOTHING, headers: dict[str, str] | None = None
) -> Iterator[str]:
    with Place(status, body, headers or {}) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server.url
        server.shutdown()


@pytest.fixture
def admin(doors_of):
    """The doors for an admin, who connects a second Jira."""
    doors = doors_of("admin")
    open_sites(doors.connector)
    return doors


def at_the_page(doors, url, token):
    form = {"name": "acme", "url": url, "email": CONNECTOR.email, "token": token, "deployment": "cloud"}
    answer = doors.page("/setup", **form)
    assert answer.status_code == 422
    found = re.search(r'role="alert".*?</div>', answer.get_data(as_text=True), re.DOTALL)
    assert found
    return html.unescape(re.sub(r"<[^>]+>", " ", found[0]))


def at_the_api(doors, url, token):
    body = {"name": "acme", "url": url, "email": CONNECTOR.email, "token": token}
    answer = doors.api("POST", "/sites", body)
    assert answer.status_code in (409, 502)
    return f"{answer.json['detail']} {answer.json['remedy']}"


def at_the_command(doors, url, token):
    words = ("site", "add", "acme", url, "--email", CONNECTOR.email)
    done = doors.command(*words, typed=f"{token}\n")
    assert isinstance(done.exception, explained_errors()), done.exception
    return explain_error(done.exception)


def at_the_set_up(doors, url, token):
    words = ("setup", "--name", "acme", "--url", url, "--email", CONNECTOR.email)
    done = doors.command(*words, typed=f"{token}\n" * 9)
    assert done.exit_code == 1
    return done.output


DOORS = (at_the_page, at_the_api, at_the_command, at_the_set_up)


def tried(doors, door, url, token="a token"):
    """What a door says, in one line; nothing is kept."""
    said = re.sub(r"\s+", " ", door(doors, url, token))
    assert [one.name for one in sites.list_sites(doors.connector, COMMAND_LINE)] == ["main"]
    return said


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("answer", "what", "next_"),
    [
        ((200, LOG_IN), "A web page came back where Jira's API should answer.", "Check the address and whether a proxy or single sign-on"),
        ((302, NOTHING, SSO), "Jira answers with a redirect to login.acme.example/saml, which is not followed.", "Enter the address Jira is really at"),
        ((401, SCOPE), "The token lacks the scope read:jira-work", "make a new one with the scopes"),
        ((401, STRANGER), "Jira did not accept the credentials (401): You are not authenticated.", "Check e-mail and token"),
        ((403, ALLOWLIST), "Jira refused the call (403): Your IP address is not allowed.", "Give the connector's account the permission"),
        ((404, LOG_IN), "Something else answered in the place of Jira's API (404).", "Many a Jira Data Center has a context path"),
        ((502, LOG_IN), "Jira cannot answer now (502).", "Check the address of the site"),
    ],
)  # fmt: skip
def test_what_answers_otherwise_than_jira_is_told_with_the_call_and_what_to_do(
    admin, door, answer, what, next_
):
    with place(*answer) as url:
        said = tried(admin, door, f"{url}/browse/PLAT-7?focused=1")
    assert what in said
    assert next_ in said
    assert f"The call was GET {url}/rest/api/2/serverInfo." in said
    assert "A running connector" not in said
    assert "secret" not in said


@pytest.mark.parametrize("door", DOORS)
def test_an_address_at_which_no_jira_is_says_what_to_check(admin, door):
    said = tried(admin, door, UNKNOWN)
    assert "The host that was called is not known." in said
    assert "Check how the address is spelt" in said
    assert f"The call was GET {UNKNOWN}/rest/api/2/serverInfo." in said
    assert "Check host and port" in tried(admin, door, "http://127.0.0.1:9")
    with place() as url:
        said = tried(admin, door, url.replace("http:", "https:"))
    assert "does not speak TLS." in said
    assert "Check the port, and whether the address begins with http:// instead of https://." in said


@pytest.mark.parametrize("door", DOORS)
def test_a_proxy_that_asks_for_a_sign_in_says_where_it_is_given(admin, door, monkeypatch):
    monkeypatch.delenv("NO_PROXY", raising=False)
    with place(407, LOG_IN) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        said = tried(admin, door, UNKNOWN)
    assert "The proxy refused the connection (407)." in said
    assert (
        "Check HTTPS_PROXY and NO_PROXY. Where the proxy asks for a sign-in, its address holds user and password"
        in said
    )


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("url", "token", "said"),
    [
        ("acme", "a token", "acme is no address. Write it as the browser shows it"),
        (
            "https://lee:hidden@acme.atlassian.net",
            "a token",
            "An address holds no user and no password: write it as https://acme.atlassian.net",
        ),
        ("https://acme.atlassian.net", "Bearer abc", "it begins with a word of the header (Bearer, Basic)"),
        ("https://acme.atlassian.net", "  ", "oken"),
    ],
)
def test_what_is_known_to_be_wrong_is_told_without_a_call(admin, door, url, token, said):
    found = tried(admin, door, url, token)
    assert said in found
    assert "hidden" not in found
    assert "The call was" not in found


def test_a_second_address_is_not_taken_for_the_site_that_is_known(admin):
    done = admin.command("setup", "--url", "https://acme.atlassian.net")
    assert done.exit_code == 2
    assert "another Jira than https://acme.atlassian.net" in done.output
    assert "--name acme" in done.output
