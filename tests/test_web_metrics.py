"""The figures for Prometheus: as its own parser reads them from the running daemon."""

import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from rig_process import RigProcess, free_port, wait_for

from controld.metrics import METRICS, PREFIX


def scraped(port: int) -> dict[str, dict[tuple[str, ...], float]]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=")
        text = answer.read().decode()
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


def test_prometheus_reads_them(tmp_path: Path) -> None:
    """Every metric of the table under its name; what is played is counted when it is asked for the next time."""
    rig, port = RigProcess(tmp_path), free_port()
    text = (tmp_path / "controld.yaml").read_text("utf-8")
    rig.write("controld.yaml", f"{text}metrics: {{listen: {port}}}\n")
    rig.start()
    try:
        wait_for(lambda: scraped(port)["controld_healthy"][()] == 1, "a rig that is well")
        before = scraped(port)
        # A surface that nothing reached yet has counted nothing.
        assert {*before, "controld_surface_total"} == {PREFIX + metric.name for metric in METRICS}
        assert before["controld_engine_state"] == {("down",): 0, ("repairing",): 0, ("up",): 1}
        assert before["controld_effects"][()] == 2
        assert rig.tool("simulate", "floor.fs1").returncode == 0
        wait_for(lambda: scraped(port)["controld_effects_active"][()] == 1, "the drive")
        after = scraped(port)
        assert after["controld_engine_requests_total"][()] > before["controld_engine_requests_total"][()]
        assert after["controld_surface_waiting"] == {("floor",): 1, ("tablet",): 0}
    finally:
        assert rig.stop() == 0
    assert "Traceback" not in rig.text


def test_without_its_package_the_reason_is_told(tmp_path: Path) -> None:
    """What is missing, and how it is installed; nothing is started."""
    (tmp_path / "prometheus_client.py").write_text("raise ImportError('not here')\n", "utf-8")
    rig = RigProcess(tmp_path)
    text = (tmp_path / "controld.yaml").read_text("utf-8")
    rig.write("controld.yaml", text + f"metrics: {{listen: {free_port()}}}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(tmp_path))
        rig.start(ready="needs the package `prometheus-client`")
        assert rig.process.wait(10) == 1
