"""The page of the service: its tables are the registry's, and its example runs against the real daemon."""

import os
import re
import subprocess
import sys
from pathlib import Path

from rpc_rig import Program, serving

from controld.config_values import ServiceConfig
from controld.rpc.page import renewed
from controld.rpc.service import GRACE_S, MAX_WAITING_EACH
from controld.rpc.sockets import MAX_REQUEST_BYTES, ports_of

PAGE = Path(__file__).parent.parent / "docs" / "rpc.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_tables_are_what_the_registry_makes() -> None:
    made = renewed(TEXT)
    assert made == TEXT, "docs/rpc.md is old: python -m controld.rpc.page < docs/rpc.md prints what it has to be"


def test_every_part_of_the_page_is_made() -> None:
    assert re.findall(r"<!-- made: (\w+) -->", TEXT) == ["codes", "events", "methods"]


def test_the_figures_in_the_text_are_the_program_s() -> None:
    defaults = ServiceConfig()
    ports = ports_of(defaults.name, defaults.base_port)
    assert (ports.calls, ports.events, ports.others) == (5718, 6718, 7718)
    for port in (ports.calls, ports.events, ports.others):
        assert f"| {port} |" in TEXT
    assert (MAX_REQUEST_BYTES, GRACE_S) == (1 << 20, 2.0)
    assert "larger than 1 MiB" in TEXT
    assert "more than two seconds" in TEXT
    assert f"{MAX_WAITING_EACH} calls of one client" in TEXT


def test_the_example_runs(tmp_path: Path) -> None:
    """As it stands on the page, but for the port."""
    (example,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    with serving(tmp_path) as served:
        assert "5718" in example
        script = example.replace("5718", str(served.ports.calls))
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=False, env={**os.environ}
        )
        assert (done.stdout.strip(), done.returncode) == ("0.7", 0), done.stderr
        with Program(served.base) as program:
            board = program.done("get_current_pedalboard")
        assert board["name"] == "From Python"
        assert [plugin["parameters"]["drive"] for plugin in board["plugins"]] == [0.7]
        assert [wire["source"] for wire in board["connections"]] == ["system:capture_1"]
