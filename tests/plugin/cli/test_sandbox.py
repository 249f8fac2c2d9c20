"""`jira-okr sandbox`: what it says of how to sign in, on Cloud and on Data Center, holds; and the settings that the documents show beside it are settings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from plugin.cli import cli
from plugin.cli.operation.sandbox import sign_in_lines
from plugin.runtime.demonstration import sandbox
from plugin.runtime.settings import read_settings

PAGE = Path(__file__).parents[3] / "docs/sandbox.md"


def test_a_data_center_below_a_path_takes_the_token_that_is_told() -> None:
    with sandbox(1, 0, data_center=True, version=(9, 12, 5), context="/jira") as served:
        [said] = sign_in_lines(served)
        token = said.rstrip(".").rpartition(" ")[2]
        address = f"{served.url}/rest/api/2/myself"
        assert served.url.endswith("/jira")
        assert requests.get(address, headers={"Authorization": f"Bearer {token}"}, timeout=10).ok
        assert served.url in said


def test_a_cloud_tells_of_its_service_account() -> None:
    with sandbox(1, 0) as served:
        person, robot = sign_in_lines(served)
        assert served.token in person
        token = re.search(r"token (\S+),", robot)
        assert token is not None
        cloud_id = requests.get(f"{served.url}/_edge/tenant_info", timeout=10).json()["cloudId"]
        address = f"{served.url}/ex/jira/{cloud_id}/rest/api/3/myself"
        assert requests.get(address, headers={"Authorization": f"Bearer {token[1]}"}, timeout=10).ok


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--context-path", "/jira"), "for --data-center"),
        (("--jira-version", "9.12"), "for --data-center"),
        (("--data-center", "--jira-version", "ten"), "10.3 or 9.12.5"),
        (("--data-center", "--context-path", "jira/"), "Write it as /jira"),
        (("--data-center", "--webhook", "http://127.0.0.1:1/x"), "webhook register"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_does(words: tuple[str, ...], said: str) -> None:
    ended = CliRunner().invoke(cli, ["sandbox", *words])
    assert (ended.exit_code, said in ended.output) == (2, True), ended.output


def test_the_settings_of_the_rehearsal_are_settings(tmp_path: Path) -> None:
    blocks = re.findall(r"^```\n(JIRA_OKR_.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2
    file = tmp_path / ".env"
    found = []
    for block in blocks:
        file.write_text(block)
        found.append(read_settings(env_file=file).jira)
    robot, data_center = found
    assert robot is not None
    assert data_center is not None
    assert (robot.by_gateway, bool(robot.goals_email and robot.goals_token)) == (True, True)
    assert data_center.pat is not None
