"""The Python client that `make client` generates from the OpenAPI document, by the example that the page about the API shows."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from plugin.runtime.serving.server import QuietHandler

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs/api.md"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make here")
def test_a_generated_client_pages_sums_checks_in_and_is_refused_as_the_page_says(
    api: Any, tmp_path: Path
) -> None:
    made = subprocess.run(
        ["make", "client", f"CLIENT={tmp_path}/client", f"VENV={sys.prefix}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert made.returncode == 0, made.stderr[-2000:]
    (example,) = re.findall(r"^```py\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    script = tmp_path / "tour.py"
    script.write_text(example, encoding="utf-8")
    server = make_server("127.0.0.1", 0, api.app, threaded=True, request_handler=QuietHandler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        told = subprocess.run(
            [str(tmp_path / "client/generator/bin/python"), str(script)],
            env={
                **os.environ,
                "PYTHONPATH": str(tmp_path / "client/jira-okr-client"),
                "OKR_URL": f"http://127.0.0.1:{server.server_port}",
                "OKR_TOKEN": api.tokens["people"],
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
    assert told.returncode == 0, told.stderr
    assert re.search(r"^\d+ objectives, each the sum of its rows$", told.stdout, re.MULTILINE)
    assert re.search(r"^3/5 instead of ", told.stdout, re.MULTILINE)
    assert "refused: " in told.stdout
