"""The plugin API of our bridge: right where the stock one is wrong, in the stock one's shapes."""

import re
from collections.abc import Iterator

import pytest
from bridge_process import Bridge, events, running

DRIVE, ECHO = "urn:test:drive", "urn:test:echo"


@pytest.fixture(scope="module")
def shared() -> Iterator[Bridge]:
    with running() as bridge:
        yield bridge


@pytest.fixture
def bridge(shared: Bridge) -> Bridge:
    shared.plugin("clear_all")
    return shared


def failure(text: str) -> dict[str, str]:
    return {"error": f"Plugin command failed: {text}"}


def values(bridge: Bridge, name: str) -> dict[str, float]:
    found: dict[str, float] = bridge.plugin("get_plugin_info", instance_id=name)["plugin"]["parameters"]
    return found


def test_each_loaded_plugin_has_an_effect_of_its_own(bridge: Bridge) -> None:
    """Ids name mod-host's instances, from 0 upwards, past those that raw commands have made."""
    bridge.command(f"add {ECHO} 1")
    names = [bridge.plugin("load_plugin", uri=DRIVE)["instance_id"] for _ in range(3)]
    assert [re.sub("_[0-9a-f]{8}$", "", name) for name in names] == ["plugin_0", "plugin_1000", "plugin_1001"]
    bridge.plugin("set_parameter", instance_id=names[1], parameter="gain", value=3)
    assert bridge.command("param_get 1000 gain") == "resp 0 3.0000"
    assert bridge.command("param_get 0 gain") == "resp 0 0.0000"


def test_load_plugin_answers_in_the_stock_shape(bridge: Bridge) -> None:
    """All members of an instance are there, with the values that were asked for."""
    reply = bridge.plugin("load_plugin", uri=DRIVE, x=1.5, y=2, parameters={"gain": 99})
    plugin = reply.pop("plugin")
    assert reply == {"instance_id": plugin["instance_id"], "success": True}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", plugin.pop("created_at"))
    assert plugin == {
        "uri": DRIVE,
        "instance_id": reply["instance_id"],
        "name": "Drive",
        "brand": "Test",
        "version": "2.4",
        "x": 1.5,
        "y": 2.0,
        "enabled": True,
        "preset": "",
        "parameters": {"gain": 20.0, "mode": 1.0, "on": 1.0},
        "ports": {"audio_inputs": 1, "audio_outputs": 1, "control_inputs": 3, "control_outputs": 1},
    }


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"uri": "urn:none"}, "Plugin not found: urn:none"),
        ({}, "Plugin not found: "),
        ({"uri": DRIVE, "x": "left"}, "Value is not convertible to double."),
        ({"uri": DRIVE, "parameters": {"gain": "much"}}, "Value is not convertible to double."),
        ({"uri": DRIVE, "parameters": {"nope": 1}}, "Failed to set parameter in mod-host"),
    ],
)
def test_what_cannot_be_loaded_is_not_loaded(bridge: Bridge, fields: dict[str, object], text: str) -> None:
    """A refusal says why, and leaves nothing behind."""
    assert bridge.plugin("load_plugin", **fields) == failure(text)
    assert bridge.plugin("list_instances") == {"instances": {}, "success": True}


def test_list_instances_has_what_the_host_has(bridge: Bridge) -> None:
    """Raw adds, bypass, presets and values are listed as they are."""
    bridge.command(f"add {ECHO} 7")
    bridge.command("bypass 7 1")
    bridge.command("preset_load 7 urn:test:echo:long")
    ((name, listed),) = bridge.plugin("list_instances")["instances"].items()
    assert name.startswith("plugin_7_")
    assert (listed["uri"], listed["enabled"], listed["preset"]) == (ECHO, False, "urn:test:echo:long")
    assert listed["parameters"] == {"feedback": 1.0}
    bridge.command("remove 7")
    assert bridge.plugin("list_instances")["instances"] == {}


def test_an_id_dies_with_its_effect(bridge: Bridge) -> None:
    """The id of an effect that is gone does not come to mean the one that has its number now."""
    name = bridge.plugin("load_plugin", uri=DRIVE)["instance_id"]
    bridge.command("remove 0")
    bridge.command(f"add {ECHO} 0")
    assert bridge.plugin("get_plugin_info", instance_id=name) == failure(f"Plugin instance not found: {name}")


@pytest.mark.parametrize("method", ["unload_plugin", "get_parameter", "get_plugin_info", "load_preset", "save_preset"])
@pytest.mark.parametrize("name", ["", "plugin_0", "plugin_0_00000000", "0", 'x"\n', "plugin_99999999999_00000000"])
def test_an_unknown_instance_is_refused(bridge: Bridge, method: str, name: str) -> None:
    """No method touches any effect for an id that names none."""
    bridge.command(f"add {DRIVE} 0")
    assert bridge.plugin(method, instance_id=name) == failure(f"Plugin instance not found: {name}")
    assert len(bridge.plugin("list_instances")["instances"]) == 1


def test_unload_plugin_removes_that_effect(bridge: Bridge) -> None:
    """The second of two goes, the first stays."""
    first, second = (bridge.plugin("load_plugin", uri=DRIVE)["instance_id"] for _ in range(2))
    assert bridge.plugin("unload_plugin", instance_id=second) == {
        "status": "ok",
        "instance_id": second,
        "success": True,
    }
    assert list(bridge.plugin("list_instances")["instances"]) == [first]


def test_set_parameter_tells_the_value_in_force(bridge: Bridge) -> None:
    """The value is the one the host has after clamping; null and true are numbers, as in jsoncpp."""
    name = bridge.plugin("load_plugin", uri=DRIVE)["instance_id"]
    for given, value in ((99, 20.0), (-5.5, -5.5), (None, 0.0), (True, 1.0)):
        reply = bridge.plugin("set_parameter", instance_id=name, parameter="gain", value=given)
        assert reply == {"status": "ok", "value": value, "success": True}
        assert bridge.plugin("get_parameter", instance_id=name, parameter="gain")["value"] == value


def test_parameters_follow_raw_commands(bridge: Bridge) -> None:
    """What a raw command set is what get_parameter reads; the bypass is a parameter too."""
    name = bridge.plugin("load_plugin", uri=DRIVE)["instance_id"]
    bridge.command("param_set 0 gain 7.5")
    bridge.command("bypass 0 1")
    got = bridge.plugin("get_parameter", instance_id=name, parameter="gain")
    assert got == {"parameter": "gain", "value": 7.5, "success": True}
    assert bridge.plugin("get_parameter", instance_id=name, parameter=":bypass")["value"] == 1.0


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"parameter": "nope", "value": 1}, "Failed to set parameter in mod-host"),
        ({"parameter": "gain 1 ", "value": 1}, "Failed to set parameter in mod-host"),
        ({"parameter": 'g"\x00', "value": 1}, "Failed to set parameter in mod-host"),
        ({"parameter": "\ud800", "value": 1}, "Failed to set parameter in mod-host"),
        ({"value": 1}, "Failed to set parameter in mod-host"),
        ({"parameter": "gain"}, "Value is not convertible to double."),
        ({"parameter": "gain", "value": "0.5"}, "Value is not convertible to double."),
        ({"parameter": [], "value": 1}, "Type is not convertible to string"),
    ],
)
def test_a_parameter_that_cannot_be_set_is_an_error(bridge: Bridge, fields: dict[str, object], text: str) -> None:
    """mod-host's refusal is passed on, and no argument is more than an argument."""
    name = bridge.plugin("load_plugin", uri=DRIVE)["instance_id"]
    assert bridge.plugin("set_parameter", instance_id=name, **fields) == failure(text)
    assert values(bridge, name)["gain"] == 0.0


def test_presets_are_listed_validated_and_loaded(bridge: Bridge) -> None:
    """The presets of a plugin are there, and load into the instance meant."""
    presets = bridge.plugin("get_plugin_presets", plugin_uri=DRIVE)["presets"]
    assert presets == [{"uri": "urn:test:drive:loud", "label": "Loud", "path": ""}]
    name = bridge.plugin("load_plugin", uri=DRIVE)["instance_id"]
    by_id = {"instance_id": name, "preset_uri": "urn:test:drive:loud"}
    assert bridge.plugin("load_preset", **by_id) == {
        "status": "ok",
        "preset_uri": "urn:test:drive:loud",
        "success": True,
    }
    assert values(bridge, name)["gain"] == 12.0
    for uri, preset, valid in ((DRIVE, "urn:test:drive:loud", True), (ECHO, "urn:test:drive:loud", False)):
        reply = bridge.plugin("validate_preset", plugin_uri=uri, preset_uri=preset)
        assert reply == {"is_valid": valid, "success": True}


def test_a_preset_goes_to_the_only_instance_of_a_plugin(bridge: Bridge) -> None:
    """A plugin's URI is enough while it is loaded once; with two the error says what is missing."""
    by_uri = {"plugin_uri": DRIVE, "preset_uri": "urn:test:drive:loud"}
    name = bridge.plugin("load_plugin", uri=DRIVE)["instance_id"]
    assert bridge.plugin("load_preset", **by_uri)["status"] == "ok"
    assert values(bridge, name)["gain"] == 12.0
    bridge.plugin("load_plugin", uri=DRIVE)
    error = bridge.plugin("load_preset", **by_uri)["error"]
    assert error.startswith("Plugin command failed: Failed to load preset: urn:test:drive:loud (2 instances of")


@pytest.mark.parametrize("preset", ["urn:test:echo:long", "urn:none", "two words", ""])
def test_a_preset_of_another_plugin_is_refused(bridge: Bridge, preset: str) -> None:
    """mod-host would load another plugin's preset; this bridge does not, nor one that is unknown."""
    name = bridge.plugin("load_plugin", uri=DRIVE)["instance_id"]
    reply = bridge.plugin("load_preset", instance_id=name, preset_uri=preset)
    assert reply == failure(f"Failed to load preset: {preset}")
    assert values(bridge, name)["gain"] == 0.0


def test_save_preset_saves_and_makes_it_known(bridge: Bridge) -> None:
    """The preset is written to the place named, and its bundle read again, an older one forgotten first."""
    name = bridge.plugin("load_plugin", uri=DRIVE)["instance_id"]
    preset = {"label": "Solo", "path": "/nowhere/solo.lv2"}
    reply = bridge.plugin("save_preset", instance_id=name, preset=preset)
    assert reply == {"status": "ok", "preset_uri": "file:///nowhere/solo.lv2/Solo.ttl", "success": True}
    lines = bridge.command("log").split("|")[-4:-1]
    assert lines == [
        "preset_save 0 Solo /nowhere/solo.lv2 Solo.ttl",
        'bundle_remove /nowhere/solo.lv2 ""',
        "bundle_add /nowhere/solo.lv2",
    ]
    assert bridge.plugin("save_preset", instance_id=name) == failure("Failed to save preset: ")


def test_changes_by_the_plugin_api_are_announced_in_the_envelope(bridge: Bridge) -> None:
    """Each change is told twice: flat as the host has it, and in the envelope clients of the stock bridge know."""
    with bridge.subscribed() as sub:
        name = bridge.plugin("load_plugin", uri=DRIVE)["instance_id"]
        bridge.plugin("set_parameter", instance_id=name, parameter="gain", value=99)
        bridge.plugin("load_preset", instance_id=name, preset_uri="urn:test:drive:loud")
        bridge.plugin("unload_plugin", instance_id=name)
        seen = events(sub, 8)
    enveloped = [(event["type"], event["data"]) for event in seen if "data" in event]
    assert enveloped == [
        ("plugin_loaded", {"instance_id": name, "name": "Drive", "uri": DRIVE}),
        ("parameter_changed", {"instance_id": name, "parameter": "gain", "value": 20.0}),
        ("parameter_changed", {"instance_id": name, "parameter": "gain", "value": 12.0}),
        ("plugin_unloaded", {"instance_id": name, "uri": DRIVE}),
    ]
    assert all(isinstance(event["timestamp"], int) for event in seen if "data" in event)
    flat = ["effect_added", "param_set", "param_set", "effect_removed"]
    assert [event["type"] for event in seen if event.get("client")] == flat


def test_clear_all_announces_each_effect(bridge: Bridge) -> None:
    """What a raw command loaded is cleared too, and announced by its id."""
    bridge.command(f"add {DRIVE} 3")
    with bridge.subscribed() as sub:
        bridge.plugin("clear_all")
        seen = events(sub, 2)
    assert [event["type"] for event in seen] == ["effect_removed", "plugin_unloaded"]
    assert seen[1]["data"]["instance_id"].startswith("plugin_3_")
