"""Dockerfile and compose.yaml, as far as they can be held to their word without a container engine."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
from ruamel.yaml import YAML

from plugin.cli import cli
from plugin.runtime.settings import PREFIX, Settings

ROOT = Path(__file__).parents[3]


def instructions() -> list[tuple[str, str]]:
    """Word and rest of every instruction, continued lines joined, comments gone."""
    text = re.sub(r"\\\n\s*", " ", (ROOT / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def of(word: str) -> list[str]:
    return [rest for found, rest in instructions() if found == word]


@pytest.fixture(scope="module")
def compose() -> Any:
    return YAML(typ="safe").load((ROOT / "compose.yaml").read_text())


def test_the_image_runs_as_nobody_special_and_says_how_it_is() -> None:
    stages = [at for at, (word, _) in enumerate(instructions()) if word == "FROM"]
    assert len(stages) == 2
    last = [word for word, _ in instructions()[stages[1] :]]
    assert last.index("USER") < last.index("ENTRYPOINT")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", of("USER")[0]), "a number: platforms check that it is not root"
    for command in [*of("CMD"), *of("ENTRYPOINT"), of("HEALTHCHECK")[0].partition("CMD ")[2]]:
        assert isinstance(json.loads(command), list), "exec form: signals reach the process"
    compile(json.loads(of("HEALTHCHECK")[0].partition("CMD ")[2])[2], "healthcheck", "exec")
    assert "latest" not in " ".join(of("FROM"))


def test_what_is_copied_is_there_and_not_ignored() -> None:
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for rest in of("COPY"):
        *sources, _ = shlex.split(rest)
        if sources[0].startswith("--from"):
            continue
        for source in sources:
            assert (ROOT / source).exists(), source
            assert source in kept, f"{source} is not in .dockerignore's exceptions"


def test_packages_come_by_their_hashes_from_wherever_pip_looks() -> None:
    installs = [rest for rest in of("RUN") if '"install"' in rest and '"pip"' in rest]
    assert "--require-hashes" in installs[0]
    assert all("--no-deps" in rest or "--require-hashes" in rest for rest in installs[1:])
    assert not re.search(r"index-url|https?://(?!127\.0\.0\.1)", (ROOT / "Dockerfile").read_text())


def test_every_service_is_what_the_documents_promise(compose: Any) -> None:
    services = compose["services"]
    assert set(services) == {"app", "worker", "db"}
    assert services["worker"]["deploy"]["replicas"] == 2
    for name in ("app", "worker"):
        service = services[name]
        assert service["env_file"] == ".env"
        assert service["depends_on"]["db"]["condition"] == "service_healthy"
    for service in services.values():
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["read_only"]
        assert service["mem_limit"]
        assert service["pids_limit"]
    compile(services["app"]["healthcheck"]["test"][3], "healthcheck", "exec")
    assert "healthcheck" in services["worker"]
    assert "healthcheck" in services["db"]
    assert services["app"]["ports"] == ["127.0.0.1:8080:8080"], "only a proxy on this machine reaches it"
    used = {volume.split(":")[0] for service in services.values() for volume in service["volumes"]}
    assert used == set(compose["volumes"])


def test_no_secret_is_written_down(compose: Any) -> None:
    text = (ROOT / "compose.yaml").read_text()
    assert re.findall(r"PASSWORD: (\S+)", text) == ["${OKR_DB_PASSWORD:?set"]
    assert "OKR_DB_PASSWORD" in (ROOT / ".env.example").read_text()


def test_commands_and_settings_exist(compose: Any) -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    named = re.findall(
        r"JIRA_OKR_[A-Z_]+", (ROOT / "Dockerfile").read_text() + (ROOT / "compose.yaml").read_text()
    )
    assert set(named) <= known
    for words in (
        json.loads(of("CMD")[0]),
        compose["services"]["app"]["command"],
        compose["services"]["worker"]["command"],
        compose["services"]["worker"]["healthcheck"]["test"][2:],
    ):
        command = cli.get_command(click.Context(cli), words[0])
        assert command is not None
        command.make_context(words[0], list(words[1:]))


def test_base_images_are_pinned_by_what_a_registry_says(tmp_path: Path) -> None:
    """A second time too, and the versions stay."""
    for name in ("Makefile", "Dockerfile", "compose.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(
        '#!/bin/sh\ncase "$6" in python:3.*-slim) echo sha256:aa;; postgres:18-alpine) echo sha256:bb;; *) exit 1;; esac\n'
    )
    docker.chmod(0o755)
    path = f"{docker.parent}:{os.environ['PATH']}"
    for _ in range(2):
        subprocess.run(["make", "pin"], cwd=tmp_path, env={"PATH": path}, check=True, capture_output=True)
    assert "ARG DIGEST=@sha256:aa\n" in (tmp_path / "Dockerfile").read_text()
    assert "image: postgres:18-alpine@sha256:bb\n" in (tmp_path / "compose.yaml").read_text()
