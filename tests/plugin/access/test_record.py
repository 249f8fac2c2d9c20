"""The audit log as evidence: nothing in it is changed or taken away unseen, and a person can be erased without breaking it."""

from __future__ import annotations

import json
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import delete, select, update

from connectors.store.lists.records import RecordSearch
from connectors.store.numbers import snapshot_text, snapshots
from connectors.store.people import accounts, audit
from connectors.store.people import audit_chain as stored
from connectors.store.personal import personal_data as rows_of_people
from connectors.store.personal.spellings import PersonSpellings
from connectors.store.schema import audit as table
from connectors.store.schema import audit_seal, check_in, learning, snapshot
from plugin.access.authentication.secret_key import seal_keys
from plugin.access.authorization.actor import COMMAND_LINE, Actor
from plugin.access.authorization.permission import Permission
from plugin.access.authorization.refusal import AccessRefusal
from plugin.cli import cli
from plugin.runtime.connector import Refusal
from plugin.use_cases.accounts import audit as audit_exports
from plugin.use_cases.health.concerns import unsent
from plugin.use_cases.health.status import SiteStatus
from plugin.use_cases.record import chain, personal_data, push
from tests.plugin.access.conftest import House
from tests.webhook_server import webhook_server

KIM = "kim@acme.example"


@pytest.fixture
def record(house):
    """A house with ten entries that are bound and sealed: of Kim, of a token of Kim's, and of what an admin did to Kim."""
    _note(house, 10)
    chain.seal(house.connector)
    return house


def _note(house, count: int) -> None:
    with house.connector.store.write() as conn:
        for number in range(count):
            who = (KIM, f"{KIM} (token nightly)", "lee@acme.example")[number % 3]
            audit.note(conn, who, f"act {number}", house.clock(), {"account": KIM, "number": number})


def findings(house) -> tuple[str, ...]:
    return chain.verify(house.connector, COMMAND_LINE).findings


def tamper(house, statement) -> None:
    with house.connector.store.write() as conn:
        assert conn.execute(statement).rowcount


def test_a_record_that_nobody_touched_holds(record) -> None:
    assert findings(record) == ()
    _note(record, 3)
    found = chain.verify(record.connector, COMMAND_LINE)
    assert (found.entries, found.reworded, found.findings) == (14, 0, ())  # with the check before


def test_a_record_from_before_there_was_a_chain_is_bound_part_by_part(house) -> None:
    """So that whoever acts meanwhile waits for a part of it at most."""
    _note(house, 2 * stored.BATCH + 1)
    with house.connector.store.write() as conn:
        assert stored.bind(conn, lambda: "a nonce") == stored.BATCH
    assert chain.seal(house.connector) == stored.BATCH + 1
    assert findings(house) == ()
    with house.connector.store.read() as conn:
        assert [one.position for one in stored.links(conn)] == list(range(1, 2 * stored.BATCH + 2))


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (update(table).where(table.c.position == 4).values(who="somebody@else.example"), "Who or how of entry 4"),
        (update(table).where(table.c.position == 4).values(detail="{}"), "Who or how of entry 4"),
        (update(table).where(table.c.position == 4).values(what="another act"), "Entry 4 (another act"),
        (update(table).where(table.c.position == 4).values(at=1), "Entry 4"),
        (delete(table).where(table.c.position == 4), "Between the entries 3 and 5 some are gone"),
        (delete(table).where(table.c.position <= 4), "What stood before entry 5 is gone"),
        (delete(table).where(table.c.position >= 8), "Entries from 8 to 10 were sealed, and are gone"),
        (update(table).where(table.c.position == 4).values(nonce=None, who="nobody"), "1 entry has other words"),
        (update(audit_seal).values(signature="0" * 64), "The seal at 10 is not of a key of ours"),
        (update(audit_seal).values(chain="0" * 64), "The seal at 10 is not of a key of ours"),
        (update(audit_seal).values(position=12), "The seal at 12 is not of a key of ours"),
        (update(table).where(table.c.position == 4).values(site="other"), "Entry 4"),
        (update(table).where(table.c.position == 4).values(nonce="another"), "Who or how of entry 4"),
        (update(table).where(table.c.position == 4).values(commitment="0" * 64), "Entry 4"),
        (update(table).where(table.c.position == 4).values(chain="0" * 64), "Entry 4"),
        (update(table).where(table.c.position == 4).values(position=14), "Between the entries 3 and 5"),
    ],
)  # fmt: skip
def test_whatever_is_done_to_it_behind_our_back_is_found(record, statement, said) -> None:
    tamper(record, statement)
    with record.connector.store.read() as conn:  # the check itself adds an entry, so it is looked at before
        seen = chain.check_chain(
            stored.links(conn), stored.seals(conn), seal_keys(record.connector.settings)
        ).findings
    assert any(said in one for one in seen), seen
    assert findings(record)


def test_old_entries_go_from_the_beginning_and_the_rest_holds(record) -> None:
    record.clock.forward(days=800)
    _note(record, 2)
    assert chain.forget_old(record.connector) == 10
    found = chain.verify(record.connector, COMMAND_LINE)
    assert (found.entries, found.findings) == (2, ())
    tamper(record, delete(table).where(table.c.position == 11))
    assert findings(record)


def test_a_person_is_erased_and_the_chain_holds(record) -> None:
    account = record.account("editor", KIM)
    text = {
        "site": "main",
        "objective_id": "1",
        "key_result_id": "k",
        "measure": "m",
        "note": f"ask akim@acme.example and {KIM}",
    }
    with record.connector.store.write() as conn:
        values = {
            one.name: text.get(one.name, 1)
            for one in check_in.columns
            if not one.nullable and one.name != "id"
        }
        conn.execute(check_in.insert().values({**values, "by": f"{KIM} (token nightly)"}))
        said = {"site": "main", "cycle_id": "2026-Q4", "objective_id": "1", "said": "ask Kim", "at": 1}
        conn.execute(learning.insert().values({**said, "by": KIM}))
        handed = [*rows_of_people.rows(conn, PersonSpellings(KIM), None, personal_data.HIDDEN)]
    assert {one.values["by"] for one in handed if one.table == "learning"} == {KIM}
    done = personal_data.erase_person(record.connector, COMMAND_LINE, KIM)
    assert done.entries == 10
    with record.connector.store.read() as conn:
        assert accounts.get(conn, account.id) is None
        told = [(one.who, one.detail) for one in audit.recent(conn, 100)]
        [kept] = conn.execute(select(check_in)).all()
        [learnt] = conn.execute(select(learning)).all()
    assert kept.by == f"{done.stand_in} (token nightly)"
    assert kept.note == f"ask akim@acme.example and {done.stand_in}"
    assert (learnt.by, learnt.said) == (done.stand_in, "ask Kim")
    assert KIM not in json.dumps(told)
    assert "lee@acme.example" in json.dumps(told)
    found = chain.verify(record.connector, COMMAND_LINE)
    assert (found.reworded, found.findings) == (10, ())


class BrokenOff(Exception):
    """The process was ended."""


def _keep_state(house, objective: str, at: int, by: str) -> None:
    with house.connector.store.write() as conn:
        kept = snapshot_text.shrink(conn, "main", objective, json.dumps({"by": by, "n": at}))
        row = {"site": "main", "objective_id": objective, "at": at, "mapping_revision": "r", "backfilled": 0}
        conn.execute(snapshot.insert().values({**row, **kept}))


def _kept_states(house) -> dict[tuple[str, int], str]:
    with house.connector.store.read() as conn:
        return {(objective, at): json.loads(text)["by"] for _, objective, at, text in snapshots.texts(conn)}


def test_who_breaks_off_an_erasure_goes_on_with_it_and_it_is_noted_once(record, monkeypatch) -> None:
    account = record.account("editor", KIM)
    for objective, by in (("1", KIM), ("2", "lee@acme.example"), ("3", KIM)):
        for at in (1, 2):
            _keep_state(record, objective, at, by)
    packed_anew, reword_of = [], snapshots.reword_of
    monkeypatch.setattr(
        snapshots,
        "reword_of",
        lambda conn, site, one, words: packed_anew.append(one) or reword_of(conn, site, one, words),
    )

    def ended(done: int, of: int) -> None:
        assert of == 3
        if done == 1:
            raise BrokenOff

    def noted() -> int:
        with record.connector.store.read() as conn:
            return [one.what for one in audit.recent(conn, 100)].count(chain.ERASED)

    with pytest.raises(BrokenOff):
        personal_data.erase_person(record.connector, COMMAND_LINE, KIM, ended)
    with record.connector.store.read() as conn:
        assert accounts.get(conn, account.id) is not None
    assert [one for one in _kept_states(record).items() if one[1] == KIM] == [
        (("3", 1), KIM),
        (("3", 2), KIM),
    ]
    assert noted() == 0

    def meanwhile(done: int, of: int) -> None:
        if done == of:
            _keep_state(record, "1", 3, KIM)

    done = personal_data.erase_person(record.connector, COMMAND_LINE, KIM, meanwhile)
    told = _kept_states(record)
    assert KIM not in told.values()
    assert told["1", 3] == done.stand_in
    assert packed_anew == ["1", "3", "1"], "what names nobody is read without a transaction that writes"
    assert noted() == 1
    assert chain.verify(record.connector, COMMAND_LINE).findings == ()


def test_the_record_holds_when_who_erased_others_is_erased(record) -> None:
    admin = record.account("admin", "second@acme.example")
    acting = Actor("second@acme.example", Permission.ADMIN, admin.id)
    assert personal_data.erase_person(record.connector, acting, KIM).entries == 10
    record.account("admin", "third@acme.example")
    assert personal_data.erase_person(record.connector, COMMAND_LINE, "second@acme.example").entries == 1
    assert personal_data.erase_person(record.connector, COMMAND_LINE, "lee@acme.example").entries == 3
    found = chain.verify(record.connector, COMMAND_LINE)
    assert (found.reworded, found.findings) == (11, ())
    chain.seal(record.connector)
    tamper(record, update(table).where(table.c.what == "audit log checked").values(nonce=None, who="nobody"))
    assert findings(record)


@pytest.mark.parametrize("days", [None, 30])
def test_what_is_told_of_entries_that_are_gone_covers_no_others(tmp_path, store, days: int | None) -> None:
    """The entries that an erasure, or a forgetting, reworded went with the time; what it told of them stays, and covers nothing else."""
    house = House(store, tmp_path, keep_sign_ins_days=days)
    with store.write() as conn:
        for _ in range(3):
            audit.note(conn, KIM, "signed in", house.clock(), {"from": "192.0.2.7"})
    house.clock.forward(days=400)
    if days is None:
        assert personal_data.erase_person(house.connector, COMMAND_LINE, KIM).entries == 3
    else:
        assert chain.forget_sign_ins(house.connector) == 3
    house.clock.forward(days=400)
    _note(house, 3)
    assert chain.forget_old(house.connector) == 3
    assert findings(house) == ()
    tamper(house, update(table).where(table.c.what == "act 1").values(nonce=None, who="nobody"))
    assert findings(house) == (
        "1 entry has other words than it was noted with; 0 are told of as erased or forgotten.",
    )


def test_what_an_earlier_release_told_by_number_alone_goes_on_counting(house) -> None:
    _note(house, 3)
    with house.connector.store.write() as conn:
        audit.note(conn, "command line", chain.ERASED, house.clock(), {chain.UNBOUND: 1})
    chain.seal(house.connector)
    tamper(house, update(table).where(table.c.what == "act 1").values(nonce=None, who="nobody"))
    assert findings(house) == ()
    tamper(house, update(table).where(table.c.what == "act 2").values(nonce=None, who="nobody"))
    assert findings(house)


def test_the_only_admin_and_oneself_are_not_erased(house) -> None:
    admin = house.account("admin", KIM)
    with pytest.raises(AccessRefusal, match="only admin"):
        personal_data.erase_person(house.connector, COMMAND_LINE, KIM)
    house.account("admin", "second@acme.example")
    with pytest.raises(AccessRefusal, match="Nobody erases themselves"):
        personal_data.erase_person(house.connector, Actor(KIM, Permission.ADMIN, admin.id), KIM)
    with pytest.raises(AccessRefusal, match="Nothing here names"):
        personal_data.erase_person(house.connector, COMMAND_LINE, "stranger@acme.example")


def test_what_is_kept_of_a_person_is_handed_out_without_what_opens_anything(record) -> None:
    record.account("viewer", KIM)
    rows = personal_data.hand_out_data(record.connector, COMMAND_LINE, KIM)
    assert {one.table for one in rows} >= {"account", "audit"}
    assert "$argon2" not in str(rows)
    assert record.log()[0][1] == "personal data exported"


def test_by_command(record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIRA_OKR_DATABASE_URL", record.connector.settings.database_url)
    monkeypatch.setenv("JIRA_OKR_SECRET_KEY", "kept secret " * 4)
    run = lambda *words: CliRunner().invoke(cli, list(words))  # noqa: E731
    assert "10 entries" in run("audit", "verify").output
    lines = run("export", "audit", "--format", "jsonl").output.splitlines()
    assert json.loads(lines[-1])["what"] == "act 0"
    assert json.loads(run("export", "person", KIM).output.splitlines()[0])["table"]
    assert "Erased" in run("erase", KIM, "--yes").output
    tamper(record, update(table).where(table.c.position == 2).values(what="another"))
    told = run("audit", "verify", "--json")
    assert (told.exit_code, json.loads(told.output)["ok"]) == (1, False)


def test_an_end_that_was_cut_off_with_its_seals_is_shown_by_what_was_collected_elsewhere(record) -> None:
    """Nothing in the database tells of it; a line that was collected has a position behind the end."""
    with record.connector.store.read() as conn:
        [*_, collected] = stored.links(conn)
    tamper(record, delete(table).where(table.c.position >= 8))
    tamper(record, delete(audit_seal))
    assert findings(record) == ()
    with record.connector.store.read() as conn:
        kept = {one.position: one.chain for one in stored.links(conn)}
    assert kept.get(collected.position) != collected.chain


def test_a_former_key_goes_on_holding_its_seals(record, house_with) -> None:
    record.clock.forward(days=1)
    later = house_with(secret_key="new secret " * 4 + "," + "kept secret " * 4)
    later.clock.now = record.clock.now
    assert findings(later) == ()
    alone = house_with(secret_key="new secret " * 4)
    alone.clock.now = record.clock.now
    assert findings(alone)


def test_beside_postgresql_without_a_key_the_record_is_bound_and_not_sealed(
    house, tmp_path, monkeypatch
) -> None:
    """Each folder would make a key of its own, by which no other process could check."""
    monkeypatch.chdir(tmp_path)
    settings = house.connector.settings.model_copy(
        update={"secret_key": None, "database_url": "postgresql+psycopg://okr@127.0.0.1/okr"}
    )
    connector = replace(house.connector, settings=settings)
    _note(house, 3)
    chain.seal(connector)
    house.clock.forward(days=settings.keep_audit_days + 1)
    _note(house, 2)
    assert chain.forget_old(connector) >= 3
    found = chain.verify(connector, COMMAND_LINE)
    assert (found.entries, found.seals, found.findings) == (2, None, ())
    assert not (tmp_path / "data").exists()
    tamper(house, delete(table).where(table.c.what == "act 0"))
    assert chain.verify(connector, COMMAND_LINE).findings


def test_refusals_are_in_the_record_by_route_and_not_without_end(house) -> None:
    viewer = house.signed_in("viewer")
    client = house.app.test_client()
    for _ in range(9):
        viewer.client.get("/audit")
        client.get("/api/v1/objectives/SECRET-1", headers={"Authorization": "Bearer okr_guessed"})
    told = [(who, what, detail["asked"]) for who, what, detail in house.log() if "asked" in detail]
    assert told.count(("viewer@acme.example", "not allowed", "GET /audit")) == 5
    assert told.count(("nobody", "token refused", "GET /api/v1/objectives/<objective>")) == 5
    assert "okr_guessed" not in str(house.log())


def test_the_words_of_sign_ins_go_sooner_and_the_chain_holds(tmp_path, store) -> None:
    house = House(store, tmp_path, keep_sign_ins_days=30)
    with store.write() as conn:
        for what in ("signed in", "role changed"):
            audit.note(conn, KIM, what, house.clock(), {"from": "192.0.2.7"})
    house.clock.forward(days=31)
    with store.write() as conn:
        audit.note(conn, KIM, "signed in", house.clock(), {"from": "192.0.2.8"})
    assert chain.forget_sign_ins(house.connector) == 1
    assert chain.forget_sign_ins(house.connector) == 0
    told = {(who, what, detail.get("from")) for who, what, detail in house.log()}
    assert ("forgotten", "signed in", None) in told
    assert {(KIM, "role changed", "192.0.2.7"), (KIM, "signed in", "192.0.2.8")} <= told
    found = chain.verify(house.connector, COMMAND_LINE)
    assert (found.reworded, found.findings) == (1, ())
    tamper(house, update(table).where(table.c.what == "role changed").values(nonce=None, who="nobody"))
    assert "2 entries have other words" in findings(house)[0]


def test_each_export_of_the_record_is_noted_by_what_was_taken(house) -> None:
    """With the question, before anything is read of the answer."""
    for export, which in ((audit_exports.export_entries, "changes"), (audit_exports.export_writes, "writes")):
        export(house.connector, COMMAND_LINE, RecordSearch())
        assert house.log()[0] == (COMMAND_LINE.label, "record exported", {"which": which})


def test_the_record_is_pushed_in_order_and_nothing_twice(tmp_path, store) -> None:
    with webhook_server(
        lambda headers, _: (204 if headers.get("authorization") == "Bearer t" else 401, {}, "")
    ) as siem:
        house = House(store, tmp_path, audit_push_url=siem.url, audit_push_token="t")
        siem.answers.append((503, {}, ""))
        _note(house, 3)
        with pytest.raises(Refusal, match="answers 503"):
            push.push_now(house.connector, COMMAND_LINE)
        assert push.push_now(house.connector, COMMAND_LINE) == 3
        _note(house, 1)
        chain.seal(house.connector)
        push.push_record(house.connector)
        push.push_record(house.connector)
        lines = [json.loads(line) for one in siem.taken for line in one.body.decode().splitlines()]
    assert [(line["position"], line["who"]) for line in lines] == [
        (1, KIM), (2, f"{KIM} (token nightly)"), (3, "lee@acme.example"), (4, KIM)
    ]  # fmt: skip
    with store.read() as conn:
        assert [line["chain"] for line in lines] == [one.chain for one in stored.links(conn)]


def test_the_record_is_sent_by_syslog(tmp_path, store) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:
        house = House(store, tmp_path, audit_push_url=f"syslog+tcp://127.0.0.1:{server.getsockname()[1]}")
        _note(house, 2)
        taken = pool.submit(whole, server)
        assert push.push_now(house.connector, COMMAND_LINE) == 2
        sent = taken.result(5).decode()
    said = []
    while sent:
        length, _, rest = sent.partition(" ")
        said.append(rest[: int(length)])
        sent = rest[int(length) :]
    head, _, text = said[1].partition(" audit - ")
    assert head.startswith("<109>1 2026-11-22T10:00:00Z ")
    assert json.loads(text)["what"] == "act 1"


def test_over_tls_it_is_sent_to_whose_certificate_is_trusted_and_to_nobody_else(
    tmp_path, store, monkeypatch, certificate
) -> None:
    """A real receiver over TLS; one whose certificate nobody signed gets nothing, and status says that the record waits."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:
        port = server.getsockname()[1]
        house = House(store, tmp_path, audit_push_url=f"syslog+tls://localhost:{port}")
        _note(house, 2)
        refused = pool.submit(whole, server, tls)
        with pytest.raises(Refusal, match="certificate verify failed"):
            push.push_now(house.connector, COMMAND_LINE)
        assert refused.result(5) == b""
        with store.read() as conn:
            waiting = push.unsent(house.connector, conn)
        assert waiting is not None
        late = SiteStatus("main", house.clock() + timedelta(minutes=16), unsent=waiting)
        assert unsent(replace(late, at=house.clock())) is None
        assert "2 entries of the audit log wait to be sent to localhost" in unsent(late).sentence
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        taken = pool.submit(whole, server, tls)
        assert push.push_now(house.connector, COMMAND_LINE) == 2
        assert b'"what": "act 1"' in taken.result(5)
    with store.read() as conn:
        assert push.unsent(house.connector, conn) is None


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Key and certificate of `localhost`, which nobody but itself signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    made, ends = datetime(2020, 1, 1, tzinfo=UTC), datetime(2120, 1, 1, tzinfo=UTC)
    signed = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(made).not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = tmp_path / "localhost.pem"
    file.write_bytes(signed.public_bytes(serialization.Encoding.PEM) + secret)
    return file


def whole(server: socket.socket, tls: ssl.SSLContext | None = None) -> bytes:
    """All that the first one sends who connects."""
    client, _ = server.accept()
    with client:
        try:
            spoken = client if tls is None else tls.wrap_socket(client, server_side=True)
        except ssl.SSLError:
            return b""
        with spoken:
            return b"".join(iter(lambda: spoken.recv(4096), b""))
