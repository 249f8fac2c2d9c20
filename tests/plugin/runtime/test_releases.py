"""A company's database as a release left it is brought up to date by this one, and read as it was read then."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.store import open_store, upgrade
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.runtime.composition import build_connector
from plugin.runtime.settings import read_settings
from plugin.use_cases.check_ins import check_ins
from tests import release_data

pytestmark = pytest.mark.slow

FILES = sorted((Path(__file__).parents[2] / "connectors/store").glob("release_*.jsonl.gz"))
JIRA = {
    "url": "http://jira.test",
    "email": "okr@acme.example",
    "token": "a token",
    "webhook_secret": "a secret",
}


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/okr.sqlite3"
    return str(request.getfixturevalue("postgres_url"))


def test_the_data_of_each_release_is_there() -> None:
    assert [path.name for path in FILES] == ["release_0.1.0.jsonl.gz", "release_1.0.0.jsonl.gz"], (
        "add one for each release"
    )


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name.removesuffix(".jsonl.gz"))
def test_what_a_release_left_is_read_as_it_was_read_then(url: str, file: Path) -> None:
    store = open_store(url)
    then = release_data.load(store, file)
    upgrade(store)
    store.check()
    store.close()
    settings = read_settings(env_file=None, database_url=url, secret_key=release_data.SECRET_KEY, jira=JIRA)
    connector = build_connector(settings, lambda: release_data.LATER)
    try:
        assert release_data.readings(connector) == then
        assert [list(one.values()) for one in then["objectives"].values()], "it had objectives"
        objective_id = next(iter(then["check-ins"]))
        with connector.store.read() as conn:
            before = len(then["check-ins"][objective_id])
            part = release_data.objectives.load(conn, release_data.SITE, objective_id).state.key_results[0]
        said = check_ins.Statement(part.id, release_data.Fraction(1, 3), "and goes on")
        check_ins.check_in(connector, COMMAND_LINE, release_data.SITE, objective_id, said)
        kept = check_ins.list_check_ins(connector, COMMAND_LINE, release_data.SITE, objective_id)
        assert len(kept) == before + 1, "rows are counted on behind those that were there"
    finally:
        connector.store.close()
