"""The page about the API: its Python runs as it stands, and its tables name what there is, no more and no fewer."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from werkzeug.serving import make_server

from plugin.api import operations
from plugin.runtime.serving.server import QuietHandler

PAGE = Path(__file__).parents[3] / "docs" / "api.md"


def test_every_operation_is_in_the_table() -> None:
    listed = re.findall(r"^\| (\w+) \| `([^`]+)` \| (\w+) \| (.+) \|$", PAGE.read_text(), re.MULTILINE)
    assert listed == [(one.method, one.path, one.permission, one.summary) for one in operations()]


def test_the_examples_run_as_they_stand(api: Any, tmp_path: Path) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 10
    script = tmp_path / "tour.py"
    script.write_text("\n".join(blocks), encoding="utf-8")
    server = make_server("127.0.0.1", 0, api.app, threaded=True, request_handler=QuietHandler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        told = subprocess.run(
            [sys.executable, "-W", "error", str(script)],
            env={
                **os.environ,
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
    assert "people@acme.example may do what the role admin may" in told.stdout
    assert "done Read" in told.stdout
