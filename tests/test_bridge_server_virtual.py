"""Our bridge as it is delivered: the module as a program, before the virtual host."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
import zmq
from bridge_process import PATIENCE_S, Bridge, events, running

PROGRAM = ("-m", "controld.bridge.main")


@pytest.fixture(scope="module")
def bridge() -> Iterator[Bridge]:
    with running(host="virtual", command=PROGRAM) as shared:
        yield shared


@pytest.fixture
def uri(bridge: Bridge) -> str:
    """A plugin of the catalogue that has presets and a control."""
    bridge.plugin("clear_all")
    plugins = bridge.plugin("get_available_plugins")["plugins"]
    return next(str(uri) for uri in plugins if bridge.plugin("get_plugin_presets", plugin_uri=uri)["presets"])


def test_it_says_once_that_it_is_ready_and_that_it_is_silent(bridge: Bridge) -> None:
    """The first line says what this is, that it makes no sound, and where it listens."""
    assert bridge.title == "virtual host (simulated, makes no sound)"
    info = bridge.ask(action="info")
    assert (info["host"], info["audio"], info["sound"]) == ("virtual", False, "none: simulated host")


def test_both_forms_name_the_same_effect(bridge: Bridge, uri: str) -> None:
    """What the plugin API loads, raw commands reach; what raw commands add, the plugin API lists."""
    name = bridge.plugin("load_plugin", uri=uri)["instance_id"]
    assert bridge.command(f"add {uri} 1") == "resp 1"
    assert bridge.command("bypass 0 1") == "resp 0"
    listed = bridge.plugin("list_instances")["instances"]
    assert [listed[name]["enabled"], len(listed)] == [False, 2]
    assert bridge.plugin("unload_plugin", instance_id=name)["status"] == "ok"
    assert list(bridge.ask(action="effects")["effects"]) == ["1"]


def test_presets_load(bridge: Bridge, uri: str) -> None:
    """A listed preset loads, is shown as the instance's, and its values are those the host has."""
    name = bridge.plugin("load_plugin", uri=uri)["instance_id"]
    preset = bridge.plugin("get_plugin_presets", plugin_uri=uri)["presets"][-1]["uri"]
    assert bridge.plugin("load_preset", instance_id=name, preset_uri=preset)["status"] == "ok"
    info = bridge.plugin("get_plugin_info", instance_id=name)["plugin"]
    assert info["preset"] == preset
    assert info["parameters"] == bridge.ask(action="effects")["effects"]["0"]["values"]


def test_every_raw_change_is_an_event_of_its_client(bridge: Bridge, uri: str) -> None:
    """Add, bypass, parameter, preset, removal: each publishes, and each event says whose it is."""
    symbol = bridge.plugin("get_plugin_essentials", plugin_uri=uri)["essentials"]["control_inputs"][0]
    preset = bridge.plugin("get_plugin_presets", plugin_uri=uri)["presets"][-1]["uri"]
    commands = [
        f"add {uri} 1",
        "bypass 1 1",
        f"param_set 1 {symbol['symbol']} {symbol['max_value']}",
        f"param_set 1 {symbol['symbol']} {symbol['min_value']}",
        f"preset_load 1 {preset}",
        "remove 1",
    ]
    with bridge.subscribed() as sub, bridge.socket(zmq.DEALER, identity=b"me") as dealer:
        for command in commands:
            dealer.send_multipart([b"", json.dumps({"command": command}).encode()])
            assert b"resp -" not in dealer.recv_multipart()[1]
            assert sub.poll(1000), f"no event for {command}"
            while sub.poll(50):
                assert json.loads(sub.recv())["client"] == b"me".hex()


def test_health_and_audio_are_answered(bridge: Bridge) -> None:
    """The virtual host is healthy and has audio answers without init_jack, which is idempotent."""
    assert json.loads(bridge.raw(b'{"action":"health"}', bridge.health))["status"] == "healthy"
    assert bridge.ask(action="audio", method="get_jack_sample_rate")["sample_rate"] > 0
    for _ in range(2):
        assert bridge.ask(action="audio", method="init_jack") == {"success": True}
    assert bridge.ask(action="audio", method="connect_jack_ports") == {
        "error": "Audio command failed: connect_jack_ports missing 'port1' or 'port2' field"
    }


def test_nothing_happens_in_silence(bridge: Bridge) -> None:
    """Questions publish nothing."""
    with bridge.subscribed() as sub:
        for method in ("list_instances", "get_available_plugins"):
            bridge.plugin(method)
        bridge.ask(action="effects")
        assert events(sub, 0) == []


def test_the_round_trip_is_short(bridge: Bridge, uri: str) -> None:
    """A raw command is answered within a millisecond at the median; typically it takes a tenth of one."""
    bridge.command(f"add {uri} 1")
    times = []
    with bridge.socket(zmq.REQ) as req:
        for _ in range(500):
            start = time.perf_counter()
            req.send(b'{"command":"bypass 1 1"}')
            req.recv()
            times.append(time.perf_counter() - start)
    assert statistics.median(times) < 0.001


@pytest.mark.parametrize("option", ["--host=none", "--faults=none"])
def test_a_wrong_option_is_said(option: str) -> None:
    """An unknown host or fault is a usage error that names the choices."""
    done = subprocess.run(
        [sys.executable, *PROGRAM, option], stderr=subprocess.PIPE, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.returncode == 2
    assert "virtual" in done.stderr or "pairing" in done.stderr
