"""Fields that a preset lacks are created in Jira: as foreseen, on the screens of the projects, and out again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.sandbox import SandboxServer, administration
from connectors.sandbox.issue_json import View
from connectors.sandbox.site_state import scheme
from connectors.sandbox.site_state.screens import edit_meta
from connectors.sandbox.traffic.faults import Fault
from connectors.store.database.engine import upgrade
from connectors.store.mappings import revisions
from connectors.store.people import audit
from connectors.store.sites import catalogues
from mappings import presets
from mappings.document.text.canonical import revision
from mappings.document.text.source import read_document
from mappings.fields import FieldPurpose
from mappings.presets.adaptation import LackingField
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.runtime.composition import build_connector
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.settings import JiraSettings, Settings
from plugin.use_cases.mappings.first_mapping import fit
from plugin.use_cases.sites.field_creation import (
    create_fields,
    created_fields,
    foresee_fields,
    trash_field,
)

NUMBER = LackingField("progress", "Goal progress", "written by a rule", FieldPurpose.NUMBER, written=True)
HEALTH = LackingField(
    "health", "Goal health", "", FieldPurpose.CHOICE, ("On track", "Off track"), written=True
)
BOTH = (NUMBER, HEALTH)


def beside(jira: SandboxServer, tmp_path: Path) -> Connector:
    account = scheme.CONNECTOR
    cloud = jira.sandbox.deployment == "cloud"
    sign_in = {"email": account.email, "token": account.token} if cloud else {"pat": account.token}
    settings = Settings(
        _env_file=None,
        database_url=f"sqlite:///{tmp_path / 'okr.sqlite3'}",
        jira=JiraSettings.model_validate({"url": jira.url, **sign_in}),
    )
    found = build_connector(settings)
    upgrade(found.store)
    return found


@pytest.fixture
def jira() -> Iterator[SandboxServer]:
    with SandboxServer(seed=1) as server:
        yield server


@pytest.fixture
def connector(jira: SandboxServer, tmp_path: Path) -> Iterator[Connector]:
    found = beside(jira, tmp_path)
    yield found
    found.store.close()


def on_edit_screens(jira: SandboxServer, project: str, name: str) -> bool:
    record = next(one for one in jira.sandbox.records.values() if one.project.key == project)
    found = edit_meta(jira.sandbox, View("3", jira.url, False), record)["fields"]
    return name in {one["name"] for one in found.values()}


def named(jira: SandboxServer, name: str) -> scheme.FieldDef | None:
    return next((one for one in jira.sandbox.fields.values() if one.name == name), None)


def test_what_is_foreseen_is_created_on_the_screens_of_the_chosen_projects_and_no_others(
    jira: SandboxServer, connector: Connector
) -> None:
    planned = foresee_fields(connector, COMMAND_LINE, "main", BOTH, ("PLAT", "CORE"))
    assert (planned.fields, planned.place, planned.refusal) == (BOTH, "the screens of PLAT, CORE", "")
    assert named(jira, "Goal progress") is None  # foreseeing makes nothing
    made = create_fields(connector, COMMAND_LINE, "main", BOTH, ("PLAT", "CORE"))
    assert [(one.name, one.left) for one in made] == [("Goal progress", ()), ("Goal health", ())]
    assert [on_edit_screens(jira, project, "Goal progress") for project in ("PLAT", "CORE", "GROW")] == [
        True,
        True,
        False,
    ]
    health = named(jira, "Goal health")
    assert health is not None
    assert [one.name for one in health.options] == ["On track", "Off track"]
    with connector.store.read() as conn:
        noted = [entry.detail["name"] for entry in audit.recent(conn, 9) if entry.what == "field created"]
    assert noted == ["Goal health", "Goal progress"]


def test_done_twice_it_makes_one(jira: SandboxServer, connector: Connector) -> None:
    for _ in range(2):
        made = create_fields(connector, COMMAND_LINE, "main", (NUMBER,), ("PLAT",))
    assert [one.name for one in jira.sandbox.fields.values()].count("Goal progress") == 1
    assert "there already" in str(made[0])


def test_a_project_that_its_team_manages_is_left_to_it(jira: SandboxServer, connector: Connector) -> None:
    jira.sandbox.projects["GROW"] = replace(jira.sandbox.projects["GROW"], screen="")
    planned = foresee_fields(connector, COMMAND_LINE, "main", (NUMBER,), ("PLAT", "GROW"))
    assert planned.place == "the screens of PLAT"
    assert "GROW: managed by a team" in planned.by_hand[0]


def test_who_may_not_is_told_by_which_permission_and_nothing_is_made(
    jira: SandboxServer, connector: Connector
) -> None:
    account = jira.sandbox.accounts[scheme.CONNECTOR.id]
    grants = {"*": frozenset({"BROWSE_PROJECTS", "EDIT_ISSUES"})}
    jira.sandbox.accounts[account.id] = replace(account, administrator=False, grants=grants)
    with pytest.raises(Refusal, match=r"OKR Connector may not create fields .* Administer Jira"):
        create_fields(connector, COMMAND_LINE, "main", BOTH, ("PLAT",))
    assert named(jira, "Goal progress") is None


@pytest.mark.parametrize(
    ("path", "said"),
    [("option", "options are to be added by hand (On track, Off track)"), ("tabs/10000/fields", "put on screen 1 by hand")],
)  # fmt: skip
def test_what_jira_declines_half_way_is_told_and_the_field_is_known_as_ours(
    jira: SandboxServer, connector: Connector, path: str, said: str
) -> None:
    jira.faults.add(Fault("status", path=path, status=403, shape="jira"))
    made = create_fields(connector, COMMAND_LINE, "main", (HEALTH,), ("PLAT",))
    assert said in str(made[0])
    assert [one.id for one in created_fields(connector, COMMAND_LINE, "main")] == [made[0].id]


@pytest.mark.parametrize(("shape", "status", "made"), [("jira", 400, ["Goal health"]), ("html", 500, [])])
def test_what_jira_declines_leaves_the_next_field_alone_and_an_outage_ends_it(
    jira: SandboxServer, connector: Connector, shape: str, status: int, made: list[str]
) -> None:
    jira.faults.add(Fault("status", method="POST", path="/field", status=status, shape=shape))
    found = create_fields(connector, COMMAND_LINE, "main", BOTH, ("PLAT",))
    assert [one.name for one in found if one.id] == made
    assert found[0].left


def test_a_field_that_was_created_here_goes_to_the_trash_and_no_other_does(
    jira: SandboxServer, connector: Connector
) -> None:
    made = create_fields(connector, COMMAND_LINE, "main", (NUMBER,), ("PLAT",))
    with pytest.raises(Refusal, match="no field of main that was created here"):
        trash_field(connector, COMMAND_LINE, "main", scheme.OKR_PROGRESS)
    trash_field(connector, COMMAND_LINE, "main", made[0].id)
    assert named(jira, "Goal progress") is None
    assert created_fields(connector, COMMAND_LINE, "main") == ()
    assert scheme.OKR_PROGRESS in jira.sandbox.fields


@pytest.mark.parametrize("called", ["name: Goal progress", "id: {id}"])
def test_a_field_that_the_ruling_mapping_works_with_stays(
    jira: SandboxServer, connector: Connector, called: str
) -> None:
    made = create_fields(connector, COMMAND_LINE, "main", (NUMBER,), ("PLAT",))
    text = presets.text("epics-as-objectives")
    text = text.replace("name: OKR progress", called.format(id=made[0].id))
    assert text != presets.text("epics-as-objectives")
    with connector.store.write() as conn:
        name = revision(read_document(text).require())
        catalogues.put(conn, "main", connector.site("main").jira.catalogue(), connector.clock())
        revisions.add(conn, "main", text, name, "tests", connector.clock())
        revisions.activate(conn, "main", name, "tests", connector.clock(), "")
    with pytest.raises(Refusal, match=f"works with Goal progress .{made[0].id}."):
        trash_field(connector, COMMAND_LINE, "main", made[0].id)
    assert named(jira, "Goal progress") is not None


def test_once_created_the_preset_takes_them_in(jira: SandboxServer, connector: Connector) -> None:
    administration.delete_field(jira.sandbox, scheme.OKR_PROGRESS)
    before = fit(connector, COMMAND_LINE, "main", "epics-as-objectives", ["PLAT"])
    assert "OKR progress" in [one.name for one in before.adaptation.lacking]
    create_fields(connector, COMMAND_LINE, "main", before.adaptation.lacking, before.projects)
    after = fit(connector, COMMAND_LINE, "main", "epics-as-objectives", ["PLAT"])
    assert after.adaptation.lacking == ()
    made = named(jira, "OKR progress")
    assert made is not None
    assert made.id in after.adaptation.text


def test_on_data_center_choices_and_screens_of_projects_are_left_to_people(tmp_path: Path) -> None:
    with SandboxServer(seed=1, deployment="datacenter") as server:
        connector = beside(server, tmp_path)
        planned = foresee_fields(connector, COMMAND_LINE, "main", BOTH, ("PLAT", "GROW"))
        assert (planned.fields, planned.place) == ((NUMBER,), "Jira's default screen")
        assert planned.by_hand[0].startswith("Goal health: Select list")
        made = create_fields(connector, COMMAND_LINE, "main", BOTH, ("PLAT", "GROW"))
        assert [str(one) for one in made] == [f"Goal progress is created ({made[0].id})."]
        assert on_edit_screens(server, "PLAT", "Goal progress")
        assert not on_edit_screens(server, "GROW", "Goal progress")
        with pytest.raises(Refusal, match="field created"):
            created_fields(connector, COMMAND_LINE, "main")
        connector.store.close()
