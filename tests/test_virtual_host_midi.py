"""The virtual host's MIDI maps, transport, monitoring and features."""

import pytest

from controld.bridge.hosts.catalogue import Control, Plugin
from controld.bridge.hosts.virtual import VirtualHost

DRIVE = "http://drobilla.net/plugins/mda/Overdrive"
SCREAMER = "http://guitarix.sourceforge.net/plugins/gxts9#ts9sim"
DELAY = "http://calf.sourceforge.net/plugins/VintageDelay"
REVERB = "http://calf.sourceforge.net/plugins/Reverb"


@pytest.fixture
def host() -> VirtualHost:
    """A host with an overdrive as 0, a screamer as 1 and a reverb as 2; events taken."""
    host = VirtualHost()
    play(host, f"add {DRIVE} 0", f"add {SCREAMER} 1", f"add {REVERB} 2")
    host.take_events()
    return host


def play(host: VirtualHost, *lines: str) -> list[str | None]:
    """Execute lines one by one."""
    return [host.execute(line) for line in lines]


def moved(host: VirtualHost, *data: int) -> list[tuple[object, object]]:
    """Send MIDI bytes and return the symbols and values that moved."""
    host.receive_midi(bytes(data))
    return [(event["symbol"], event["value"]) for event in host.take_events() if event["type"] == "param_set"]


def test_mapping_says_one_for_done(host: VirtualHost) -> None:
    """The verdicts are mod-host's negated ones; channel and controller are not checked."""
    assert play(
        host,
        "midi_map 0 drive 3 20 0 1",
        "midi_map 0 drive 99 200 0 1",
        "midi_map 0 :bypass 0 20 0 1",
        "midi_map 0 nope 0 20 0 1",
        "midi_map 9 drive 0 20 0 1",
        "midi_unmap 0 drive",
        "midi_unmap 0 drive",
        "midi_unmap 9 drive",
        "midi_learn 0 drive 0 1",
        "midi_learn 0 nope 0 1",
        "midi_learn 9 drive 0 1",
    ) == [f"resp {code}" for code in (1, 1, 1, 0, 0, 1, 0, 0, 1, 0, 0)]
    assert [event["type"] for event in host.take_events()] == ["midi_mapped"] * 3 + ["midi_unmapped"]


@pytest.mark.parametrize(("value", "result"), [(0, 0.2), (127, 0.8), (64, 0.502362)])
def test_a_controller_moves_its_parameter(value: int, result: float, host: VirtualHost) -> None:
    """The value goes from the map's minimum to its maximum in 127 steps."""
    play(host, "midi_map 0 drive 3 20 0.2 0.8")
    host.take_events()
    ((symbol, seen),) = moved(host, 0xB3, 20, value)
    assert symbol == "drive"
    assert seen == pytest.approx(result, abs=1e-6)
    assert moved(host, 0xB2, 20, value, 0xB3, 21, value) == []


def test_kinds_of_parameters_move_in_their_own_way(host: VirtualHost) -> None:
    """Whole numbers are rounded, switches snap at 64, ratios are even on a logarithmic range."""
    play(host, "midi_map 2 room_size 0 1 0 5", "midi_map 2 on 0 2 0 1", "midi_map 2 hf_damp 0 3 2000 20000")
    host.take_events()
    assert moved(host, 0xB0, 1, 64) == [("room_size", 3.0)]
    assert [moved(host, 0xB0, 2, value)[0][1] for value in (63, 64)] == [0.0, 1.0]
    assert moved(host, 0xB0, 3, 127) == [("hf_damp", 20000.0)]
    ((_, middle),) = moved(host, 0xB0, 3, 64)
    assert middle == pytest.approx(2000 * 10 ** (64 / 127), rel=1e-5)


@pytest.mark.parametrize("limits", ["nan nan", "0 inf", "-inf inf", "-5 5"])
def test_odd_limits_do_no_harm(limits: str, host: VirtualHost) -> None:
    """mod-host takes any limits; what comes out may be no number, but it comes out."""
    play(host, f"midi_map 2 room_size 0 1 {limits}", f"midi_map 2 hf_damp 0 1 {limits}")
    host.take_events()
    assert [symbol for symbol, _ in moved(host, 0xB0, 1, 32)] == ["room_size", "hf_damp"]


def test_a_pressed_pedal_means_an_effect_heard(host: VirtualHost) -> None:
    """64 and above switch the effect on, with its lv2:enabled port; below is bypassed."""
    play(host, "midi_map 1 :bypass 0 80 0 1", "bypass 1 1")
    host.take_events()
    assert moved(host, 0xB0, 80, 64) == [(":bypass", 0.0), ("BYPASS", 1.0)]
    assert moved(host, 0xB0, 80, 63) == [(":bypass", 1.0), ("BYPASS", 0.0)]
    assert host.effects()[1].bypassed


def test_the_pitch_bend_is_controller_131(host: VirtualHost) -> None:
    """It has 14 bits, and its middle is above the middle of a switch."""
    play(host, "midi_map 0 drive 0 131 0 1", "midi_map 2 on 0 131 0 1")
    host.take_events()
    assert moved(host, 0xE0, 0x7F, 0x7F) == [("drive", 1.0), ("on", 1.0)]
    assert moved(host, 0xE0, 0x7F, 0x3F)[1] == ("on", 0.0)
    assert moved(host, 0xE0, 0x00, 0x40)[1] == ("on", 1.0)


def test_learning_takes_the_first_free_controller(host: VirtualHost) -> None:
    """What is mapped already keeps moving its own parameter; the next new controller is learnt, told, and followed."""
    play(host, "midi_map 0 muffle 0 10 0 1", "midi_learn 0 output 0 1", "midi_learn 0 drive 0 1")
    host.take_events()
    assert moved(host, 0xB0, 10, 127) == [("muffle", 1.0)]
    host.receive_midi(bytes([0xB2, 30, 127]))
    assert host.take_events() == [
        {"type": "midi_mapped", "effect_id": 0, "symbol": "drive", "channel": 2, "controller": 30},
        {"type": "param_set", "effect_id": 0, "symbol": "drive", "value": 1.0},
    ]
    assert moved(host, 0xB2, 31, 127) == []


@pytest.mark.parametrize("line", ["midi_unmap 0 drive", "remove 0"])
def test_learning_can_be_given_up(line: str, host: VirtualHost) -> None:
    """A parameter that is unmapped, or gone with its effect, learns nothing."""
    play(host, "midi_learn 0 drive 0 1", line)
    host.take_events()
    assert moved(host, 0xB0, 30, 127) == []


def test_bytes_are_read_as_midi_has_them(host: VirtualHost) -> None:
    """Running status goes on, clocks may come anywhere, system messages and stray bytes are passed over."""
    play(host, "midi_map 0 drive 0 20 0 127")
    host.take_events()
    stream = [0x14, 0xB0, 20, 0xF8, 1, 20, 2, 0xF0, 20, 3, 0xF7, 20, 4, 0xC0, 5, 0x90, 20, 5, 0xB0, 20, 6, 20]
    assert moved(host, *stream) == [("drive", 1.0), ("drive", 2.0), ("drive", 6.0)]


def test_watched_channels_are_told(host: VirtualHost) -> None:
    """Program changes and free controllers of a watched channel become events, those of others do not."""
    assert play(
        host,
        "monitor_midi_program 5 1",
        "monitor_midi_program 16 1",
        "monitor_midi_control 16 1",
        "midi_map 0 drive 5 1 0 1",
    ) == ["resp 0", "resp -902", "resp -902", "resp 1"]
    host.take_events()
    host.receive_midi(bytes([0xC5, 7, 0xC4, 8, 0xB5, 99, 3, 0xB5, 1, 0]))
    assert host.take_events() == [
        {"type": "midi_program_change", "program": 7, "channel": 5},
        {"type": "midi_control_change", "channel": 5, "control": 99, "value": 3},
        {"type": "param_set", "effect_id": 0, "symbol": "drive", "value": 0.0},
    ]
    assert host.execute("monitor_midi_program 5 0") == "resp 0"
    host.receive_midi(bytes([0xC5, 7]))
    assert host.take_events() == []


SYSTEM = [
    ("cpu_load", "resp 0 8.2500"),
    ("max_cpu_load", "resp 0 8.2500"),
    ("bypass 0 1", "resp 0"),
    ("cpu_load", "resp 0 6.0000"),
    ("feature_enable processing 0", "resp 0"),
    ("cpu_load", "resp 0 0.0000"),
    ("feature_enable processing 9", "resp -902"),
    ("feature_enable processing 1", "resp 0"),
    ("feature_enable freewheeling 0", "resp -1"),
    ("feature_enable freewheeling 2", "resp 0"),
    ("feature_enable freewheeling 0", "resp 0"),
    ("feature_enable aggregated-midi 1", "resp 0"),
    ("feature_enable cpu-load 1", "resp 0"),
    ("feature_enable magic 1", "resp -902"),
    ("transport 0 0 0", "resp 0"),
    ("set_bpm 19.9", "resp -207"),
    ("set_bpm 300.1", "resp -207"),
    ("set_bpm nan", "resp -207"),
    ("set_bpm 140", "resp 0"),
    ("set_bpb 0", "resp -207"),
    ("set_bpb 16", "resp 0"),
    ("transport_sync none", "resp 0"),
    ("transport_sync midi", "resp 0"),
    ("transport_sync whatever", "resp 0"),
    ("transport_sync link", "resp -402"),
    ("output_data_ready", "resp 0"),
    ("wait_audio_cycle", "resp 0"),
    ("monitor_output 2 meter_outL", "resp 1"),
    ("monitor_output 2 amount", "resp 0"),
    ("monitor_output 9 meter_outL", "resp 0"),
    ("monitor_output_off 2 meter_outL", "resp 1"),
    ("monitor_output_off 2 meter_outL", "resp 1"),
    ("monitor_output_off 2 amount", "resp 0"),
    ("monitor_output_off 9 amount", "resp 0"),
    ("monitor_audio_levels system:capture_1 1", "resp 0"),
    ("monitor_audio_levels nowhere:out 1", "resp 0"),
    ("monitor_audio_levels nowhere:out 1", "resp 0"),
    ("monitor_audio_levels system:capture_1 0", "resp -902"),
    ("monitor_audio_levels nowhere:out 0", "resp 0"),
    ("monitor_audio_levels system:capture_1 0", "resp 0"),
    ("monitor_audio_levels system:capture_1 0", "resp -902"),
    ("monitor_midi_control 1 1", "resp 0"),
    ("cc_map 0 drive 0 0 label 0 0 1 0 0 unit 0", "resp -401"),
    ("cc_value_set 0 drive 1", "resp -401"),
    ("cc_unmap 0 drive", "resp -401"),
    ("cv_map 0 drive source 0 1 +", "resp -207"),
    ("cv_map 9 drive source 0 1 +", "resp -3"),
    ("cv_unmap 0 drive", "resp 0"),
    ("cv_unmap 0 nope", "resp -103"),
    ("cv_unmap 9 drive", "resp -3"),
    ("hmi_map 0 drive 0 0 0 0 0 label 0 1 0", "resp -403"),
    ("hmi_unmap 0 drive", "resp -403"),
    ("show_external_ui 0", "resp -404"),
    ("state_save /tmp/x", "resp 0"),
    ("state_load /tmp/x", "resp 0"),
    ("state_tmpdir /tmp/x", "resp 0"),
    ("patch_set 9 urn:x 1", "resp -3"),
    ("patch_get 0 urn:x", "resp -902"),
    ("licensee 0", ""),
]


def test_the_rest_of_the_commands_answer_as_mod_host_does(host: VirtualHost) -> None:
    """Every reply is mod-host's, also where it has no such thing."""
    assert [(line, host.execute(line)) for line, _ in SYSTEM] == SYSTEM


def test_the_transport_is_told(host: VirtualHost) -> None:
    """Each accepted change tells all of it; a refused one tells nothing."""
    play(host, "transport 1 3 90", "set_bpm 100", "set_bpm 1000", "set_bpb 5")
    assert [(event["rolling"], event["bpb"], event["bpm"]) for event in host.take_events()] == [
        (True, 3.0, 90.0),
        (True, 3.0, 100.0),
        (True, 5.0, 100.0),
    ]


def test_effects_follow_the_tempo(host: VirtualHost) -> None:
    """A delay's port for the tempo has the transport's, from the start and with every change; presets leave it."""
    play(host, "set_bpm 90", f"add {DELAY} 5")
    host.take_events()
    assert host.execute("param_get 5 bpm_host") == "resp 0 90.0000"
    play(host, "preset_save 5 Slow /d slow.ttl", "bundle_add /d", "set_bpm 180", "preset_load 5 file:///d/slow.ttl")
    assert [event["value"] for event in host.take_events() if event["type"] == "param_set"] == [180.0]
    assert host.execute("param_get 5 bpm_host") == "resp 0 180.0000"


def test_a_monitored_output_is_told_once(host: VirtualHost) -> None:
    """Its value now; there are no later ones without sound."""
    play(host, "monitor_output 2 meter_outL", "monitor_output 2 meter_outL")
    assert host.take_events() == [{"type": "output_set", "effect_id": 2, "symbol": "meter_outL", "value": 0.0}]


def test_the_load_is_told_where_asked_for(host: VirtualHost) -> None:
    """Once at the start and with every effect that comes, goes or is bypassed, until it is switched off."""
    play(host, "feature_enable cpu-load 1", f"add {DRIVE} 5", "bypass 5 1", "remove 5", "feature_enable cpu-load 0")
    play(host, "remove 0")
    loads = [event["load"] for event in host.take_events() if event["type"] == "cpu_load"]
    assert loads == [8.25, 10.5, 8.25, 8.25]


def test_a_trigger_is_pulled_by_any_value() -> None:
    """A control that is a trigger goes to its maximum, whatever the controller says."""
    tap = Control("tap", "Tap", 0.0, 1.0, 0.0, properties=frozenset({"toggled", "trigger"}))
    host = VirtualHost({"urn:tap": Plugin("urn:tap", "Tap", controls=(tap,))})
    assert play(host, "add urn:tap 0", "midi_map 0 tap 0 1 0 1", f"add {DRIVE} 1") == ["resp 0", "resp 1", "resp -101"]
    assert moved(host, 0xB0, 1, 0) == [("tap", 1.0)]


def test_a_closed_host_hears_nothing(host: VirtualHost) -> None:
    """MIDI that comes after the end moves nothing."""
    play(host, "midi_map 0 drive 0 1 0 1")
    host.take_events()
    host.close()
    assert moved(host, 0xB0, 1, 127) == []
