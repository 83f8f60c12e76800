"""Every method of the service, called over a real socket at the real daemon: results are as the registry says."""

from collections.abc import Callable
from typing import Any

import pytest
from rig_process import DELAY_URI, DRIVE_URI
from rpc_rig import Program, Served, calling_program, served_rig  # noqa: F401 - fixtures

from controld.rpc.answers import Code
from controld.rpc.methods import REGISTRY
from controld.rpc.registry import KINDS, Method

# Set by the story below for the calls after it.
Params = dict[str, object] | Callable[[dict[str, Any]], dict[str, object]]
COMPRESSOR = "http://calf.sourceforge.net/plugins/Compressor"

# Every supported method with parameters that it can do, in an order in which each finds what it needs; what a call
# returned is given to the later ones by the method's name.
STORY: tuple[tuple[str, Params], ...] = (
    ("health_check", {}),
    ("get_metrics", {}),
    ("get_system_status", {}),
    ("get_system_info", {}),
    ("get_cpu_usage", {}),
    ("get_memory_usage", {}),
    ("get_disk_usage", {}),
    ("get_config", {"key": "engine.type"}),
    ("ping_hmi", {}),
    ("echo", {"a": [1, {"b": None}]}),
    ("list_methods", {}),
    ("list_plugins", {}),
    ("get_available_plugins", {}),
    ("get_plugin_info_by_uri", {"uri": DRIVE_URI}),
    ("get_plugins_bulk", {"uris": [DRIVE_URI, DELAY_URI, "urn:nothing"]}),
    ("get_pedalboard_list", {}),
    ("get_pedalboard_info", {"name": "Stage"}),
    ("load_pedalboard", {"name": "Stage"}),
    ("load_plugin", {"uri": COMPRESSOR, "x": 10, "y": 20.5, "name": "comp", "parameters": {"ratio": 4}}),
    ("list_instances", {}),
    ("get_plugin_info", lambda told: {"instance_id": told["load_plugin"]["instance_id"]}),
    ("set_parameter", {"instance_id": "drive", "port": "drive", "value": 0.5}),
    ("get_parameter", {"instance_id": "drive", "parameter": "drive"}),
    ("set_bypass", {"instance_id": "drive", "bypassed": False}),
    ("show_presets", {"instance_id": "leslie"}),
    ("load_preset", lambda told: {"instance_id": "leslie", "uri": told["show_presets"]["presets"][1]["uri"]}),
    ("save_preset", {"instance_id": "leslie", "preset_name": "Mine"}),
    ("create_connection", {"source_plugin": "leslie", "source_port": "left_out", "target_plugin": "comp",
                           "target_port": "in_l"}),
    ("get_jack_connections", {}),
    ("remove_connection", lambda told: {"connection_id": told["create_connection"]["connection_id"]}),
    ("create_snapshot", {"name": "New"}),
    ("save_snapshot", {"name": "New"}),
    ("list_snapshots", {}),
    ("get_snapshot_name", {"id": 0}),
    ("load_snapshot", {"id": 1}),
    ("rename_snapshot", {"id": 2, "title": "Newer"}),
    ("remove_snapshot", {"id": 2}),
    ("unload_plugin", {"instance_id": "comp"}),
    ("get_current_pedalboard", {}),
    ("save_pedalboard", {}),
    ("save_current_pedalboard", {"title": "Copy", "as_new": 1}),
    ("duplicate_pedalboard", {"name": "Copy", "new_name": "Twin"}),
    ("rename_pedalboard", {"old_name": "Twin", "new_name": "Brother"}),
    ("export_pedalboard", {"name": "Copy", "filename": "copy.json"}),
    ("import_pedalboard", {"filename": "copy.json"}),
    ("delete_pedalboard", {"name": "Brother"}),
    ("reset_pedalboard", {}),
    ("reset_session", {}),
    ("create_pedalboard", {"name": "Empty", "description": "nothing yet"}),
    ("save_banks", {"banks": [{"title": "Gig", "pedalboards": ["Stage", {"title": "Empty"}]}]}),
    ("get_banks", {}),
    ("select_bank", {"bank": "Gig"}),
    ("add_favorite", {"uri": DRIVE_URI}),
    ("get_favorites", {}),
    ("remove_favorite", {"uri": DRIVE_URI}),
    ("init_jack", {}),
    ("get_jack_data", {}),
    ("get_jack_status", {}),
    ("get_jack_ports", {}),
    ("get_jack_audio_ports", {}),
    ("get_jack_midi_ports", {}),
    ("get_jack_hardware_ports", {}),
    ("get_jack_buffer_size", {}),
    ("set_jack_buffer_size", {"size": 256}),
    ("get_jack_sample_rate", {}),
    ("get_jack_xruns", {}),
    ("reset_xruns", {}),
    ("get_cpu_load", {}),
    ("get_max_cpu_load", {}),
    ("get_audio_levels", {}),
    ("get_midi_devices", {}),
    ("close_jack", {}),
    ("get_jack_transport", {}),
    ("set_jack_transport", {"state": "rolling", "bpm": 99}),
    ("set_tempo", {"bpm": 101}),
    ("tap_tempo", {}),
    ("set_transport_sync_mode", {"mode": "none"}),
    ("set_mute", {"on": True}),
    ("set_tuner", {"on": True}),
    ("undo", {}),
    ("redo", {}),
    ("panic", {}),
    ("resync", {}),
    ("set_tuner", {"on": False}),
    ("set_mute", {"on": False}),
)  # fmt: skip
UNSUPPORTED = [method.name for method in REGISTRY.methods if method.codes == (Code.NOT_SUPPORTED,)]


def test_the_story_has_every_method() -> None:
    called = {name for name, _ in STORY} | set(UNSUPPORTED)
    assert called == {method.name for method in REGISTRY.methods}


def test_every_method_answers_what_the_registry_says(program: Program) -> None:
    told: dict[str, Any] = {}
    wrong: list[str] = []
    for name, params in STORY:
        result = program.call(name, **(params(told) if callable(params) else params))
        told[name] = result
        if result["success"] is not True:
            wrong.append(f"{name}: {result['error']}")
        else:
            wrong += [f"{name}: {each}" for each in misfits(REGISTRY.by_name[name], result)]
    assert not wrong, "\n".join(wrong)


def misfits(method: Method, result: dict[str, Any]) -> list[str]:
    """Return where a result differs from what is said of it."""
    wrong = [
        f"`{name}` is not said" for name in set(result) - {each.name for each in method.results} - {"success", "status"}
    ]
    for member in method.results:
        if member.name not in result:
            wrong += [f"`{member.name}` is missing"] if member.always else []
            continue
        value = result[member.name]
        if value is None and member.null:
            continue
        kinds = KINDS[member.kind]
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds and object not in kinds):
            wrong.append(f"`{member.name}` is {value!r}, which is no {member.kind}")
    return wrong


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_what_nothing_here_can_do_is_said(program: Program, name: str) -> None:
    code, text = program.failed(name, anything="at all")
    assert code == "NOT_SUPPORTED"
    assert text.startswith(f"{name}: ")
    assert len(text) > len(name) + 20


@pytest.mark.parametrize("alias", sorted(set(REGISTRY.by_name) - {method.name for method in REGISTRY.methods}))
def test_aliases_are_the_same_methods(program: Program, alias: str) -> None:
    """A parameter that is unknown is refused with the method's first name, so it is the same."""
    method = REGISTRY.by_name[alias]
    code, text = program.failed(alias, no_such_parameter=1)
    assert (code, text.partition(" ")[0]) == ("INVALID_PARAMETERS", method.name)


def needy() -> list[tuple[str, str]]:
    """Return each required parameter with its method."""
    return [(method.name, each.name) for method in REGISTRY.methods for each in method.parameters if each.required]


@pytest.mark.parametrize(("name", "parameter"), needy())
def test_what_is_missing_is_said(program: Program, name: str, parameter: str) -> None:
    others = {each.name: _any(each.kind) for each in REGISTRY.by_name[name].parameters if each.name != parameter}
    code, text = program.failed(name, **others)
    assert (code, text) == ("INVALID_PARAMETERS", f"Missing '{parameter}' parameter")


def _any(kind: str) -> object:
    return {"number": 64, "whole number": 64, "true or false": True, "list": [], "object": {}}.get(kind, "x")


class TestFailures:
    @pytest.mark.parametrize(
        ("method", "params", "code", "text"),
        [
            (
                "set_parameter",
                {"instance": "drive", "port": "drive", "value": 0, "valeu": 1},
                "INVALID_PARAMETERS",
                "did you mean `value`?",
            ),
            (
                "set_parameter",
                {"instance_id": "driv", "port": "drive", "value": 0},
                "INSTANCE_NOT_FOUND",
                "did you mean `drive`?",
            ),
            (
                "set_parameter",
                {"instance_id": "drive", "port": "driv", "value": 0},
                "INVALID_PARAMETERS",
                "did you mean `drive`?",
            ),
            (
                "set_parameter",
                {"instance_id": "drive", "port": "drive", "value": 7},
                "INVALID_PARAMETERS",
                "outside 0 to 1",
            ),
            (
                "set_parameter",
                {"instance_id": "drive", "port": "drive", "value": "0.5"},
                "INVALID_PARAMETERS",
                "a number, not a text",
            ),
            (
                "set_parameter",
                {"instance_id": "drive", "port": "drive", "value": True},
                "INVALID_PARAMETERS",
                "a number, not true or false",
            ),
            ("get_parameter", {"instance_id": "drive", "port": "nope"}, "INVALID_PARAMETERS", "has no parameter"),
            ("load_plugin", {"uri": "urn:nothing"}, "PLUGIN_NOT_FOUND", "urn:nothing"),
            ("get_plugin_info_by_uri", {"uri": DRIVE_URI + "e"}, "PLUGIN_NOT_FOUND", DRIVE_URI),
            ("unload_plugin", {"instance_id": 4711}, "INSTANCE_NOT_FOUND", "4711"),
            ("load_preset", {"instance_id": "drive", "label": "none"}, "INVALID_PARAMETERS", "no presets for drive"),
            (
                "load_preset",
                {"instance_id": "drive"},
                "INVALID_PARAMETERS",
                "Missing 'preset_uri' or 'label' parameter",
            ),
            ("load_pedalboard", {"name": "Stag"}, "INVALID_PARAMETERS", "did you mean `Stage`?"),
            ("load_snapshot", {"id": 99}, "INVALID_PARAMETERS", "no snapshot `99`"),
            ("load_snapshot", {"id": "Leed"}, "INVALID_PARAMETERS", "did you mean `Lead`?"),
            ("create_connection", {"source": "drive", "target": "system:playback_1"}, "INVALID_PARAMETERS", "drive:in"),
            (
                "create_connection",
                {"source": "drive:nope", "target": "system:playback_1"},
                "CONNECTION_FAILED",
                "does each exist",
            ),
            ("set_jack_buffer_size", {"size": 7}, "INVALID_PARAMETERS", "16 to 8192"),
            ("set_jack_transport", {"state": "sideways"}, "INVALID_PARAMETERS", "`sideways`"),
            ("set_tempo", {"bpm": 1000}, "INVALID_PARAMETERS", "20 to 300"),
            ("save_banks", {"banks": [7]}, "INVALID_PARAMETERS", "a `title`"),
            ("get_plugins_bulk", {"uris": []}, "INVALID_PARAMETERS", "'uris'"),
        ],
    )
    def test_they_say_what_is_wrong(
        self, program: Program, method: str, params: dict[str, object], code: str, text: str
    ) -> None:
        program.done("load_pedalboard", name="Stage")
        found, said = program.failed(method, **params)
        assert found == code, said
        assert text in said

    def test_they_change_nothing(self, program: Program) -> None:
        program.done("load_pedalboard", name="Stage")
        before = program.done("get_current_pedalboard")
        program.failed("set_parameter", instance_id="drive", port="drive", value=7)
        program.failed("load_plugin", uri="urn:nothing")
        program.failed("create_connection", source="drive:nope", target="system:playback_1")
        assert program.done("get_current_pedalboard") == before


def test_a_connection_to_muted_speakers_is_made_when_they_are_heard(program: Program) -> None:
    program.done("load_pedalboard", name="Stage")
    program.done("set_mute", on=True)
    told = program.done("create_connection", source="drive:left_out", target="system:playback_2")
    assert told["joined"] is False
    program.done("set_mute", on=False)
    wires = program.done("get_jack_connections")["connections"]
    (made,) = [wire for wire in wires if wire["connection_id"] == told["connection_id"]]
    assert made["joined"] is True


class TestTruth:
    """A call is answered when the engine did it: who asks the engine itself, at once after, finds it done."""

    def test_a_parameter(self, rig: Served, program: Program) -> None:
        program.done("load_pedalboard", name="Stage")
        number = program.done("get_plugin_info", instance_id="drive")["plugin"]["instance"]
        for value in (0.1, 0.9, 0.1, 0.35):
            assert program.done("set_parameter", instance_id="drive", parameter="drive", value=value)["value"] == value
            assert engine(rig, f"param_get {number} drive") == f"resp 0 {value:.4f}"

    def test_a_bypass(self, rig: Served, program: Program) -> None:
        program.done("load_pedalboard", name="Stage")
        number = program.done("get_plugin_info", instance_id="drive")["plugin"]["instance"]
        for bypassed in (False, True):
            assert program.done("set_bypass", instance_id="drive", bypassed=bypassed)["value"] == bypassed
            assert engine(rig, f"param_get {number} :bypass") == f"resp 0 {float(bypassed):.4f}"

    def test_a_plugin(self, rig: Served, program: Program) -> None:
        program.done("load_pedalboard", name="Stage")
        plugin = program.done("load_plugin", uri=COMPRESSOR, parameters={"ratio": 4.0})["plugin"]
        assert engine(rig, f"param_get {plugin['instance']} ratio") == "resp 0 4.0000"
        program.done("unload_plugin", instance_id=plugin["instance_id"])
        assert engine(rig, f"param_get {plugin['instance']} ratio").startswith("resp -3")

    def test_a_snapshot(self, rig: Served, program: Program) -> None:
        program.done("load_pedalboard", name="Stage")
        number = program.done("get_plugin_info", instance_id="drive")["plugin"]["instance"]
        program.done("load_snapshot", id=1)
        assert engine(rig, f"param_get {number} drive") == "resp 0 0.9000"


def engine(rig: Served, command: str) -> str:
    """Have the engine itself do a command."""
    import json

    import zmq

    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        socket.set(zmq.LINGER, 0)
        socket.set(zmq.RCVTIMEO, 5000)
        socket.connect(rig.command)
        socket.send_json({"command": command})
        return str(json.loads(socket.recv())["status"])
