"""A Jira behind a private certificate authority that asks for a client's certificate, over real TLS, by both ways of asking it."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from joserfc.jwk import KeySet

from connectors.forge.app_token import jira_as
from connectors.forge.signing_keys import SigningKeys, SigningKeysOutage
from connectors.jira import BasicCredentials, JiraAddress, JiraOutage, connect
from connectors.jira.http.address import TlsFiles
from tests.forge import KEY, KID

INFO = {
    "version": "1001.0.0",
    "versionNumbers": [1001, 0, 0],
    "deploymentType": "Cloud",
    "baseUrl": "https://x",
}


class Answers(BaseHTTPRequestHandler):
    """Says who it is, and that the account has no permissions."""

    def do_GET(self) -> None:
        said: object = INFO if "serverInfo" in self.path else {"permissions": {}}
        if "jwks" in self.path:
            said = KeySet([KEY]).as_dict(private=False)
        body = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        pass


@dataclass
class Firm:
    """Where Jira is, and the files of the firm's authority and of a client it knows."""

    url: str
    authority: str
    certificate: str
    key: str


def certified(folder: Path, name: str, by: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None) -> tuple[
    x509.Certificate, ec.EllipticCurvePrivateKey
]:  # fmt: skip
    """A certificate of this name with its key, as files; an authority where nobody signs it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    hosts = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by[0].subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
        .add_extension(hosts, critical=False)
        .sign(by[1] if by else key, hashes.SHA256())
    )
    (folder / f"{name}.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / f"{name}.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    return made, key


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firm]:
    with served(tmp_path_factory.mktemp("tls"), ssl.CERT_REQUIRED) as found:
        yield found


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firm]:
    """Atlassian as a firm sees it whose proxy opens what is sent: by the firm's own authority."""
    with served(tmp_path_factory.mktemp("proxy"), ssl.CERT_NONE) as found:
        yield found


@contextmanager
def served(folder: Path, client: ssl.VerifyMode) -> Iterator[Firm]:
    authority = certified(folder, "authority", None)
    for name in ("jira", "client"):
        certified(folder, name, authority)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "jira.pem", folder / "jira.key")
    context.load_verify_locations(folder / "authority.pem")
    context.verify_mode = client
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.handle_error = lambda *_: None  # type: ignore[method-assign,assignment]
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    files = (str(folder / name) for name in ("authority.pem", "client.pem", "client.key"))
    yield Firm(f"https://127.0.0.1:{server.server_address[1]}", *files)
    server.shutdown()
    server.server_close()
    thread.join()


def asked(firm: Firm, tls: TlsFiles) -> tuple[str, dict[str, bool]]:
    """What the library and our own transport are told."""
    jira = connect(JiraAddress("main", firm.url, BasicCredentials("bot@acme.example", "token"), tls=tls))
    try:
        return jira.server().deployment, jira.permissions("PLAT", ["EDIT_ISSUES"])
    finally:
        jira.close()


def test_the_authority_is_trusted_and_the_certificate_shown(firm: Firm) -> None:
    tls = TlsFiles(firm.authority, firm.certificate, firm.key)
    assert asked(firm, tls) == ("cloud", {"EDIT_ISSUES": False})


def test_certificate_and_key_may_be_one_file(firm: Firm, tmp_path: Path) -> None:
    both = tmp_path / "both.pem"
    both.write_text(Path(firm.certificate).read_text() + Path(firm.key).read_text())
    assert asked(firm, TlsFiles(firm.authority, str(both)))[0] == "cloud"


def test_without_the_authority_nothing_is_believed(firm: Firm) -> None:
    with pytest.raises(JiraOutage):
        asked(firm, TlsFiles(None, firm.certificate, firm.key))


def test_without_a_certificate_the_firm_answers_nothing(firm: Firm) -> None:
    with pytest.raises(JiraOutage):
        asked(firm, TlsFiles(firm.authority))


def test_forge_goes_by_the_same_authority(proxy: Firm) -> None:
    now, keys = datetime(2026, 11, 29, 9, tzinfo=UTC), f"{proxy.url}/jwks.json"
    assert SigningKeys(keys, proxy.authority).key(KID, now) is not None
    assert jira_as("a token", proxy.url, proxy.authority).permissions(None, ["ADMINISTER"]) == {
        "ADMINISTER": False
    }
    with pytest.raises(SigningKeysOutage):
        SigningKeys(keys).key(KID, now)
    with pytest.raises(JiraOutage, match="JIRA_OKR_JIRA__CA_BUNDLE"):
        jira_as("a token", proxy.url).permissions(None, ["ADMINISTER"])
