from __future__ import annotations

from pathlib import Path

import pytest

from tests.contracts.life import FILES, Life, folder, lived


@pytest.fixture(scope="session")
def contracts() -> Path:
    """The folder of the official contracts."""
    found = folder()
    if found is None:
        pytest.skip("set JIRA_OPENAPI_DIR to the folder of Jira's OpenAPI documents to run this test")
    return found


@pytest.fixture(scope="session", params=sorted(FILES))
def life(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Life:
    """Everything that a connector asked of a Jira of each deployment."""
    return lived(request.param, tmp_path_factory.mktemp("life"))
