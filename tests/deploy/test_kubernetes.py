"""The manifests for Kubernetes: what a cluster takes, with settings that the connector takes, and no more rights than it needs."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from ruamel.yaml import YAML

from plugin.runtime.settings import read_settings

FOLDER = Path(__file__).parents[2] / "deploy/kubernetes"
VERSION = tomllib.loads((FOLDER.parents[1] / "pyproject.toml").read_text())["project"]["version"]
WAYS = ("sqlite", "postgresql")
VERSIONS = ("1.31", "1.37")
SECRET = {
    "JIRA_OKR_SECRET_KEY": "an-invented-key-of-32-characters",
    "JIRA_OKR_JIRA__TOKEN": "invented",
    "JIRA_OKR_JIRA__WEBHOOK_SECRET": "invented",
    "JIRA_OKR_DATABASE_URL": "postgresql://okr:invented@db.example/okr",
}
KUBECTL = shutil.which("kubectl")


def documents(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted(folder.rglob("*.yaml")):
        for document in YAML(typ="safe").load_all(path.read_text()):
            yield str(path.relative_to(FOLDER)), document


OBJECTS = [one for one in documents(FOLDER) if one[1]["kind"] != "Kustomization"]
PODS = {
    name: one["spec"]["template"] for name, one in OBJECTS if one["kind"] in ("Deployment", "StatefulSet")
}


def of_kind(kind: str) -> dict[str, Any]:
    (found,) = (one for _, one in OBJECTS if one["kind"] == kind)
    return dict(found)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_cluster_takes_every_object(version: str) -> None:
    assert len(OBJECTS) >= 10
    for name, one in OBJECTS:
        try:
            kubernetes_validate.validate(one, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            pytest.fail(f"{name}: {error}")


def test_every_file_belongs_to_a_way_of_running() -> None:
    for way in (*WAYS, "base"):
        listed = YAML(typ="safe").load(FOLDER / way / "kustomization.yaml")["resources"]
        files = {path.name for path in (FOLDER / way).glob("*.yaml")} - {"kustomization.yaml"}
        assert {one for one in listed if one != "../base"} == files


@pytest.mark.parametrize("name", PODS)
def test_a_pod_has_no_right_that_it_does_not_need(name: str) -> None:
    pod = PODS[name]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert pod["serviceAccountName"] == of_kind("ServiceAccount")["metadata"]["name"]
    (container,) = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"]["memory"]
    assert {one["mountPath"] for one in container["volumeMounts"]} == {"/data", "/tmp"}
    # Longer than the connector takes to finish what is under way.
    assert pod["terminationGracePeriodSeconds"] > 30


@pytest.mark.parametrize("name", PODS)
def test_the_cluster_names_no_setting_of_ours(name: str) -> None:
    """For a Service called jira-okr it would set JIRA_OKR_PORT, to an address."""
    assert PODS[name]["spec"]["enableServiceLinks"] is False


@pytest.mark.parametrize("name", PODS)
def test_the_connector_takes_the_settings(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (container,) = PODS[name]["spec"]["containers"]
    assert [next(iter(one)) for one in container["envFrom"]] == ["configMapRef", "secretRef"]
    assert of_kind("Secret")["stringData"].keys() == SECRET.keys()
    given = of_kind("ConfigMap")["data"] | SECRET
    given |= {one["name"]: one["value"] for one in container.get("env", ())}
    for key, value in given.items():
        monkeypatch.setenv(key, value)
    settings = read_settings(None)
    assert settings.public_url == "https://okr.example.com"
    assert settings.engine_name == ("embedded" if name.startswith("sqlite/") else "procrastinate")


def test_traffic_reaches_what_serves() -> None:
    service = of_kind("Service")["spec"]
    for name, template in PODS.items():
        labels, (container,) = template["metadata"]["labels"], template["spec"]["containers"]
        serves = container["args"][0] == "serve"
        assert serves == (service["selector"].items() <= labels.items()), name
        assert of_kind("NetworkPolicy")["spec"]["podSelector"]["matchLabels"].items() <= labels.items()
        if serves:
            assert [one["name"] for one in container["ports"]] == [service["ports"][0]["targetPort"]]
            assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
            assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"


@pytest.mark.skipif(KUBECTL is None, reason="kubectl is not here")
@pytest.mark.parametrize("way", WAYS)
def test_kustomize_puts_a_way_together(way: str) -> None:
    done = subprocess.run(
        [str(KUBECTL), "kustomize", str(FOLDER / way)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    found = [one for one in YAML(typ="safe").load_all(done.stdout) if one]
    for one in found:
        kubernetes_validate.validate(one, VERSIONS[-1], strict=True)
        assert one["kind"] == "Namespace" or one["metadata"]["namespace"] == "jira-okr"
    images = {
        container["image"]
        for one in found
        if one["kind"] in ("Deployment", "StatefulSet")
        for container in one["spec"]["template"]["spec"]["containers"]
    }
    assert images == {f"registry.example.com/jira-okr:{VERSION}"}
