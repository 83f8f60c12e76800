"""The virtual host's presets, bundles, connections and audio requests."""

import pytest

from controld.bridge.hosts.base import AudioError
from controld.bridge.hosts.virtual import VirtualHost

FLANGER = "http://drobilla.net/plugins/mda/ThruZero"
MAD = "http://drobilla.net/plugins/mda/presets#ThruZero-mad-modulator"
DRIVE = "http://drobilla.net/plugins/mda/Overdrive"
SCREAMER = "http://guitarix.sourceforge.net/plugins/gxts9#ts9sim"
SYNTH = "http://drobilla.net/plugins/mda/JX10"
REVERB = "http://calf.sourceforge.net/plugins/Reverb"


@pytest.fixture
def host() -> VirtualHost:
    """A host with a flanger as 0, a screamer as 1 and a synth as 2; events taken."""
    host = VirtualHost()
    play(host, f"add {FLANGER} 0", f"add {SCREAMER} 1", f"add {SYNTH} 2")
    host.take_events()
    return host


def play(host: VirtualHost, *lines: str) -> list[str | None]:
    """Execute lines one by one."""
    return [host.execute(line) for line in lines]


def test_a_preset_sets_its_values_and_tells_what_changed(host: VirtualHost) -> None:
    """Only changed values are told, then the preset; the bypass stays."""
    play(host, "bypass 0 1", "param_set 0 depth 1")
    host.take_events()
    assert host.execute(f"preset_load 0 {MAD}") == "resp 0"
    events = host.take_events()
    assert events[-1] == {"type": "preset_load", "effect_id": 0, "uri": MAD}
    assert {str(event["symbol"]): event["value"] for event in events[:-1]} == {
        "rate": 0.75,
        "mix": 0.5,
        "feedback": 0.75,
    }
    effect = host.effects()[0]
    assert (effect.preset, effect.bypassed) == (MAD, True)
    assert effect.values == {"rate": 0.75, "depth": 1.0, "mix": 0.5, "feedback": 0.75, "depth_mod": 1.0}


def test_presets_are_refused_as_mod_host_refuses_them(host: VirtualHost) -> None:
    """No effect, no URI, no preset; another plugin's preset sets what is shared."""
    assert play(host, f"preset_load 9 {MAD}", "preset_load 0 nonsense", "preset_load 0 urn:none") == [
        "resp -3",
        "resp -104",
        "resp -105",
    ]
    assert host.take_events() == []
    assert host.execute(f"add {DRIVE} 3") == "resp 3"
    host.take_events()
    assert host.execute(f"preset_load 3 {MAD}") == "resp 0"
    assert host.take_events() == [{"type": "preset_load", "effect_id": 3, "uri": MAD}]


def test_a_preset_can_be_shown(host: VirtualHost) -> None:
    """It is Turtle, and empty for what is not known."""
    text = host.execute(f"preset_show {MAD}")
    assert text is not None
    assert f"<{MAD}>\n\ta pset:Preset ;\n\tlv2:appliesTo <{FLANGER}> ;" in text
    assert 'lv2:symbol "rate" ;\n\t\t\tpset:value 0.75\n' in text
    assert text.endswith('rdfs:label "Mad Modulator" .\n')
    assert host.execute("preset_show urn:none") == ""


def test_a_saved_preset_needs_its_bundle(host: VirtualHost) -> None:
    """As with mod-host: saving, adding, overwriting and adding again each have their own effect."""
    uri = "file:///home/me/mine.lv2/lead.ttl"
    saving = 'preset_save 1 "My Lead" /home/me/mine.lv2 lead.ttl'
    assert play(host, "preset_save 9 x /d f", "param_set 1 fslider2_ 0.9", saving) == ["resp -1", "resp 0", "resp 0"]
    assert host.execute(f"preset_load 1 {uri}") == "resp -105"
    assert play(host, "bundle_add /home/me/mine.lv2/", "param_set 1 fslider2_ 0.1") == ["resp 0", "resp 0"]
    assert play(host, f"preset_load 1 {uri}", "param_get 1 fslider2_") == ["resp 0", "resp 0 0.9000"]
    assert [preset.label for preset in host.plugins()[SCREAMER].presets] == ["My Lead"]
    play(host, "param_set 1 fslider2_ 0.2", saving)
    assert play(host, f"preset_load 1 {uri}", "param_get 1 fslider2_") == ["resp 0", "resp 0 0.9000"]
    play(host, "param_set 1 fslider2_ 0.2", saving, 'bundle_remove /home/me/mine.lv2 ""')
    assert host.execute(f"preset_load 1 {uri}") == "resp -105"
    assert host.plugins()[SCREAMER].presets == ()
    play(host, "bundle_add /home/me/mine.lv2", "param_set 1 fslider2_ 0.5")
    assert play(host, f"preset_load 1 {uri}", "param_get 1 fslider2_") == ["resp 0", "resp 0 0.2000"]
    again = ["bundle_add /home/me/mine.lv2", "bundle_add /nowhere", "bundle_remove /nowhere x"]
    assert play(host, *again) == ["resp 0"] * 3
    assert len(host.plugins()[SCREAMER].presets) == 1


def test_a_saved_preset_does_not_switch_an_effect_on(host: VirtualHost) -> None:
    """The lv2:enabled port follows the bypass, whatever the preset has."""
    play(host, "preset_save 1 On /d on.ttl", "bundle_add /d", "bypass 1 1", "preset_load 1 file:///d/on.ttl")
    assert host.execute("param_get 1 BYPASS") == "resp 0 0.0000"


def test_hosts_do_not_share_their_presets(host: VirtualHost) -> None:
    """What one host saves, another does not have."""
    play(host, "preset_save 1 x /d f.ttl", "bundle_add /d")
    assert VirtualHost().plugins()[SCREAMER].presets == ()


def test_ports_are_joined_and_parted(host: VirtualHost) -> None:
    """Both directions are tried, doing it twice does no harm, and each change is told once, from source to target."""
    assert play(
        host,
        "connect system:capture_1 effect_1:in",
        "connect effect_1:in system:capture_1",
        "connect effect_1:in system:playback_1",
        "connect effect_1:in effect_2:event_in",
        "connect effect_1:in nowhere:in",
        "connect_safe effect_1:out system:playback_1",
        "connect_safe effect_1:out nowhere:in",
        "disconnect effect_1:in system:capture_1",
        "disconnect effect_1:in system:capture_1",
        "disconnect_safe effect_1:out nowhere:in",
        "disconnect_safe effect_1:in system:capture_1",
        "disconnect_safe system:playback_1 effect_1:out",
    ) == [f"resp {code}" for code in (0, 0, -205, -205, -205, 0, -205, 0, -206, -205, -205, 0)]
    assert [(event["type"], event["source"], event["target"]) for event in host.take_events()] == [
        ("connected", "system:capture_1", "effect_1:in"),
        ("connected", "effect_1:out", "system:playback_1"),
        ("disconnected", "system:capture_1", "effect_1:in"),
        ("disconnected", "effect_1:out", "system:playback_1"),
    ]


def test_midi_ports_are_joined(host: VirtualHost) -> None:
    """A synth's event input and mod-host's own input take MIDI, and only MIDI."""
    assert play(
        host,
        "connect system:midi_capture_1 effect_2:event_in",
        "connect system:midi_capture_1 mod-host:midi_in",
        "connect system:capture_1 mod-host:midi_in",
    ) == ["resp 0", "resp 0", "resp -205"]


def test_the_monitor_is_before_the_speakers(host: VirtualHost) -> None:
    """The outputs of the monitor are joined from the start, its inputs are free."""
    assert host.connections() == [
        ("mod-monitor:out_1", "system:playback_1"),
        ("mod-monitor:out_2", "system:playback_2"),
    ]
    assert host.execute("connect effect_1:out mod-monitor:in_1") == "resp 0"
    assert host.connections()[-1] == ("effect_1:out", "mod-monitor:in_1")


def test_all_connections_of_a_port_can_be_copied_and_parted(host: VirtualHost) -> None:
    """`connect_matching` joins to the neighbours of another port, `disconnect_all` parts from all."""
    play(host, "connect effect_0:left_out system:playback_1", "connect effect_0:left_out system:playback_2")
    assert play(
        host,
        "connect_matching effect_0:left_out effect_1:out",
        "connect_matching nowhere:out effect_1:out",
        "disconnect_all effect_0:left_out",
        "disconnect_all effect_0:left_out",
        "disconnect_all nowhere:out",
    ) == ["resp 0", "resp -205", "resp 0", "resp 0", "resp -206"]
    assert host.connections()[2:] == [("effect_1:out", "system:playback_1"), ("effect_1:out", "system:playback_2")]


@pytest.mark.parametrize("line", ["remove 1", "remove -1", "activate 1 0", "multi_remove 2 1 2"])
def test_ports_go_with_their_effect(line: str, host: VirtualHost) -> None:
    """Connections of an effect that goes are told gone, before the effect is."""
    play(host, "connect system:capture_1 effect_1:in")
    host.take_events()
    host.execute(line)
    kinds = [event["type"] for event in host.take_events() if event.get("effect_id") in (None, 1)]
    assert kinds == ["disconnected"] if "activate" in line else ["disconnected", "effect_removed"]
    assert host.execute("connect system:capture_1 effect_1:in") == "resp -205"


def test_a_preloaded_effect_has_no_ports_yet(host: VirtualHost) -> None:
    """Its parameters can be set; it can be joined once it is active, and activating it twice does no harm."""
    play(host, f"preload {REVERB} 5")
    assert play(host, "param_set 5 amount 1", "connect effect_5:out_l system:playback_1") == ["resp 0", "resp -205"]
    assert play(host, "activate 5 1", "activate 5 1", "connect effect_5:out_l system:playback_1") == ["resp 0"] * 3


AUDIO: list[tuple[str, dict[str, object], dict[str, object]]] = [
    ("init_jack", {}, {"success": True}),
    ("get_jack_buffer_size", {}, {"buffer_size": 128}),
    ("set_jack_buffer_size", {"size": 100}, {"buffer_size": 100}),
    ("get_jack_buffer_size", {}, {"buffer_size": 100}),
    ("get_jack_sample_rate", {}, {"sample_rate": 48000.0}),
    (
        "get_jack_hardware_ports",
        {"is_audio": True, "is_output": False},
        {"ports": ["system:capture_1", "system:capture_2"]},
    ),
    (
        "get_jack_hardware_ports",
        {"is_audio": True, "is_output": 1},
        {"ports": ["system:playback_1", "system:playback_2"]},
    ),
    ("get_jack_hardware_ports", {"is_audio": None, "is_output": False}, {"ports": ["system:midi_capture_1"]}),
    ("get_jack_port_alias", {"port_name": "system:capture_1"}, {"alias": ""}),
    ("connect_jack_ports", {"port1": "effect_1:in", "port2": "system:capture_1"}, {"success": True}),
    ("connect_jack_ports", {"port1": "effect_1:in", "port2": "x"}, {"success": False}),
    ("disconnect_jack_ports", {"port1": "effect_1:in", "port2": "system:capture_1"}, {"success": True}),
    ("disconnect_jack_ports", {"port1": "effect_1:in", "port2": "system:capture_1"}, {"success": False}),
    ("connect_jack_midi_output_ports", {"port": "system:midi_capture_1"}, {"success": True}),
    ("connect_jack_midi_output_ports", {"port": "effect_1:out"}, {"success": False}),
    ("disconnect_all_jack_ports", {"port": "system:midi_capture_1"}, {"success": True}),
    ("disconnect_all_jack_ports", {"port": "x"}, {"success": False}),
    ("has_serial_midi_input_port", {}, {"has_port": False}),
    ("has_duox_split_spdif", {}, {"has_feature": False}),
    ("reset_xruns", {}, {"success": True}),
    ("close_jack", {}, {"success": True}),
]


def test_audio_requests_are_answered(host: VirtualHost) -> None:
    """A plausible sound card, and connections that do not go through mod-host but are told all the same."""
    assert [(method, fields, host.audio(method, fields)) for method, fields, _ in AUDIO] == AUDIO
    assert [event["type"] for event in host.take_events()] == ["connected", "disconnected"] * 2


def test_audio_data_follows_the_rig(host: VirtualHost) -> None:
    """The load rises with the active effects, the transport is the host's."""
    before = host.audio("get_jack_data", {})
    play(host, "transport 1 3 90", "bypass 0 1")
    after = host.audio("get_jack_data", {"with_transport": True})
    assert before["cpu_load"] == 8.25
    assert after == {"bpb": 3.0, "bpm": 90.0, "cpu_load": 6.0, "rolling": True, "xruns": 0}


@pytest.mark.parametrize(
    ("method", "fields", "text"),
    [
        ("nope", {}, "Unknown audio command method: nope"),
        ("set_jack_buffer_size", {}, "set_jack_buffer_size missing 'size' field"),
        ("set_jack_buffer_size", {"size": "x"}, "Value is not convertible to UInt."),
        ("set_jack_buffer_size", {"size": -1}, "LargestInt out of UInt range"),
        ("connect_jack_ports", {"port1": "x"}, "connect_jack_ports missing 'port1' or 'port2' field"),
        ("get_jack_port_alias", {"port_name": []}, "Value is not convertible to string."),
        ("get_jack_hardware_ports", {"is_audio": "x", "is_output": 1}, "Value is not convertible to bool."),
    ],
)
def test_audio_requests_are_refused_in_the_bridges_words(
    method: str, fields: dict[str, object], text: str, host: VirtualHost
) -> None:
    """A bad request names what is wrong with it."""
    with pytest.raises(AudioError) as error:
        host.audio(method, fields)
    assert str(error.value) == text
