"""What our bridge has beyond the stock one: info, effects, batch."""

import json
import re
from collections.abc import Iterator

import pytest
from bridge_process import Bridge, running

DRIVE = "urn:test:drive"


@pytest.fixture(scope="module")
def bridge() -> Iterator[Bridge]:
    with running() as shared:
        yield shared


def failure(text: str) -> dict[str, str]:
    return {"error": f"Plugin command failed: {text}"}


def test_info_tells_what_this_is_and_who_asks(bridge: Bridge) -> None:
    """The capability request names bridge, host and the client's own mark in events."""
    info = bridge.ask(action="info")
    assert (info["bridge"], info["protocol"], info["host"], info["success"]) == ("controld", 1, "scripted", True)
    assert info["capabilities"] == ["batch", "events", "effects", "presets", "transport", "levels"]
    assert re.fullmatch("([0-9a-f]{2})+", info["client"])


def test_effects_tell_the_whole_rig(bridge: Bridge) -> None:
    """Effects by number with their state, and all connections."""
    bridge.plugin("clear_all")
    bridge.command(f"add {DRIVE} 5")
    bridge.command("bypass 5 1")
    assert bridge.ask(action="effects") == {
        "effects": {
            "5": {"uri": DRIVE, "bypassed": True, "preset": "", "values": {"gain": 0.0, "mode": 1.0, "on": 1.0}}
        },
        "connections": [["system:capture_1", "effect_1:in"]],
        "success": True,
    }


def test_a_batch_answers_each_command_in_order(bridge: Bridge) -> None:
    """Every form of request may stand in a batch; a refused one does not stop the others; a batch within is refused."""
    bridge.plugin("clear_all")
    commands = [
        f"add {DRIVE} 1",
        {"name": "param_set", "args": [1, "gain", 3]},
        {"action": "plugin", "method": "nope"},
        {"action": "batch", "commands": []},
        5,
        "param_get 1 gain",
    ]
    reply = bridge.ask(action="batch", commands=commands)
    assert reply == {
        "results": [
            {"raw": "resp 1", "status": "resp 1", "success": True},
            {"raw": "resp 0", "status": "resp 0", "success": True},
            failure("Unknown command method: nope"),
            {"error": "Invalid request format"},
            {"error": "Invalid request format"},
            {"raw": "resp 0 3.0000", "status": "resp 0 3.0000", "success": True},
        ],
        "success": True,
    }


def test_a_batch_has_its_limits(bridge: Bridge) -> None:
    """512 commands are done, 513 are refused as a whole, and what is no list is no batch."""
    bridge.plugin("clear_all")
    assert len(bridge.ask(action="batch", commands=["what"] * 512)["results"]) == 512
    refused = bridge.ask(action="batch", commands=[f"add {DRIVE} 1"] * 513)
    assert refused == {"error": "Batch of 513 commands refused: at most 512 are done at once"}
    assert bridge.plugin("list_instances")["instances"] == {}
    assert json.loads(bridge.raw(b'{"action":"batch"}')) == {"error": "Invalid request format"}
    assert bridge.ask(action="batch", commands=[]) == {"results": [], "success": True}
