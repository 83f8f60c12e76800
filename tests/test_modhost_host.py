"""The host `mod-host` before a mod-host's own protocol: what it remembers, reads back, hears, and survives."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from served_modhost import ModHostThread, Peer, wait_until

from controld.bridge.hosts import modhost
from controld.bridge.hosts.base import AudioError, HostEvent
from controld.bridge.hosts.catalogue import load_catalogue
from controld.bridge.hosts.modhost import ModHost, parse_address
from controld.bridge.modhost_protocol import READ_BUFFER_BYTES
from controld.errors import BridgeStartError

DRIVE = "http://drobilla.net/plugins/mda/Overdrive"
LESLIE = "http://drobilla.net/plugins/mda/Leslie"
WITH_PRESETS = next(plugin for plugin in load_catalogue().values() if plugin.presets and plugin.presets[-1].values)


class Ends:
    """A host with what it told; `until` keeps it going as a bridge's poll does."""

    def __init__(self, address: tuple[str, int], kept: Path) -> None:
        self.host = ModHost(address, kept / "kept.json")
        self.told: list[HostEvent] = []

    def until(self, condition: object, what: str) -> None:
        def look() -> object:
            self.told += self.host.take_events()
            return condition()  # type: ignore[operator]

        wait_until(look, what)

    def healthy(self) -> None:
        self.until(self.host.healthy, "health")

    def take(self) -> list[HostEvent]:
        """Return what was told since the last call, but for the load, which is told all the time."""
        told, self.told = self.told + self.host.take_events(), []
        return [event for event in told if event["type"] != "cpu_load"]

    def do(self, *lines: str) -> list[str | None]:
        return [self.host.execute(line) for line in lines]


@contextmanager
def host_at(address: tuple[str, int], kept: Path) -> Iterator[Ends]:
    ends = Ends(address, kept)
    try:
        ends.healthy()
        ends.take()
        yield ends
    finally:
        ends.host.close()


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without JACK and without plugins: the packaged descriptions are used."""
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "controld-none")
    monkeypatch.setenv("LV2_PATH", "/nowhere")


@pytest.fixture
def mod_host() -> Iterator[ModHostThread]:
    with ModHostThread() as running:
        yield running


@pytest.fixture
def ends(mod_host: ModHostThread, tmp_path: Path) -> Iterator[Ends]:
    with host_at(mod_host.address, tmp_path) as made:
        yield made


def changes(events: list[HostEvent]) -> list[tuple[object, ...]]:
    """Return events without their type's name where that is `param_set`."""
    return [tuple(value for value in event.values() if value not in {"param_set", ""}) for event in events]


class TestWhatPasses:
    def test_effects_and_values_are_those_mod_host_has(self, mod_host: ModHostThread, ends: Ends) -> None:
        """All commands that change something, single and many at once: both hold the same afterwards."""
        presets = WITH_PRESETS.presets[-1].uri
        lines = [
            f"add {DRIVE} 1", f"preload {LESLIE} 2", f"add {WITH_PRESETS.uri} 5", "activate 2 1", "bypass 1 1",
            "param_set 1 drive 0.25", "param_set 1 muffle 77", "param_set 5 :bypass 1",
            "params_flush 1 0 1 output 0.75", f"preset_load 5 {presets}", "connect system:capture_1 effect_1:left_in",
            f"multi_add 2 {DRIVE} 7 {DRIVE} 8",
            "connect effect_2:left_in effect_1:left_out", "multi_param_set drive 0.5 2 7 8",
            "multi_params_flush 0 2 7 8 2 muffle 0.1 output 0.2",
            "multi_bypass 1 1 7", "param_set 9 drive 1", "add urn:no 9",
            "connect effect_1:left_out system:playback_1", "disconnect effect_1:left_out system:playback_1",
            "remove 8", "multi_remove 1 7",
        ]  # fmt: skip
        ends.do(*lines)
        assert ends.host.effects() == dict(sorted(mod_host.host.effects().items()))
        told = [pair for pair in ends.host.connections() if any("effect" in port for port in pair)]
        assert told == [pair for pair in mod_host.host.connections() if any("effect" in port for port in pair)]
        ends.do("disconnect_all effect_1:left_out", "remove -1")
        assert (dict(ends.host.effects()), ends.host.connections()) == ({}, [])

    def test_each_change_is_told_as_it_was_done(self, ends: Ends) -> None:
        """A value as it was clamped, a bypass, a loaded preset with what it moved; a refusal is no event."""
        ends.do(f"add {DRIVE} 1", "param_set 1 drive 7", "bypass 1 1", "param_set 1 nope 1", "bypass 9 1", "remove 1")
        assert changes(ends.take()) == [
            ("effect_added", 1, DRIVE), (1, "drive", 1.0), (1, ":bypass", 1.0), ("effect_removed", 1),
        ]  # fmt: skip

    def test_what_a_preset_moved_is_read_and_told_exactly(self, ends: Ends) -> None:
        """Four decimals are read, and the preset's own number is shown where it is that one."""
        preset = WITH_PRESETS.presets[-1]
        ends.do(f"add {WITH_PRESETS.uri} 1")
        ends.take()
        assert ends.do(f"preset_load 1 {preset.uri}") == ["resp 0"]
        told = ends.take()
        assert told[-1] == {"type": "preset_load", "effect_id": 1, "uri": preset.uri}
        moved = {str(event["symbol"]): event["value"] for event in told[:-1]}
        assert moved
        assert moved == {symbol: preset.values[symbol] for symbol in moved}

    def test_maps_made_by_command_are_told(self, ends: Ends) -> None:
        """mod-host itself tells only those it learned; refused ones are none."""
        ends.do(f"add {DRIVE} 1", "midi_map 1 drive 2 20 0 1", "midi_map 9 drive 2 20 0 1", "midi_unmap 1 drive")
        told = [event for event in ends.take() if str(event["type"]).startswith("midi")]
        assert told == [
            {"type": "midi_mapped", "effect_id": 1, "symbol": "drive", "channel": 2, "controller": 20},
            {"type": "midi_unmapped", "effect_id": 1, "symbol": "drive"},
        ]

    @pytest.mark.parametrize("line", [
        "params_flush 1 0 3 drive 0.1", "multi_remove 2 1", f"multi_add 2 {DRIVE} 5", "remove 9995",
    ])  # fmt: skip
    def test_what_ends_mod_host_does_not_reach_it(self, ends: Ends, mod_host: ModHostThread, line: str) -> None:
        """It is refused in mod-host's own words."""
        ends.do(f"add {DRIVE} 1")
        (reply,) = ends.do(line)
        assert reply in {"few arguments", "resp -1"}
        assert line not in mod_host.lines
        assert ends.do(" bypass 1 1", "bypass 1 1") == ["not found", "resp 0"]

    @pytest.mark.parametrize("line", ["", " ", "help", "save x", "load x"])
    def test_what_mod_host_never_answers_is_not_asked(self, ends: Ends, mod_host: ModHostThread, line: str) -> None:
        """Nobody waits in vain."""
        assert ends.do(line) == [None]
        assert line not in mod_host.lines

    @pytest.mark.parametrize("length", [1023, 1024, 2047, 2048, 5000])
    def test_no_length_hangs(self, ends: Ends, mod_host: ModHostThread, length: int) -> None:
        """A line never fills mod-host's buffer exactly; the blanks behind it mean nothing."""
        ends.do(f"add {DRIVE} 1")
        head = "param_set 1 drive 0."
        assert ends.do(head + "5" * (length - len(head))) == ["resp 0"]
        got = len(mod_host.lines[-1])
        assert length <= got <= length + 2
        assert {got % READ_BUFFER_BYTES, (got + 1) % READ_BUFFER_BYTES}.isdisjoint({0})


class TestFeedback:
    def test_what_midi_moves_is_heard_and_is_nobodys_doing(self, ends: Ends, mod_host: ModHostThread) -> None:
        """Also where a bridge would say whose request is being done."""
        ends.do(f"add {DRIVE} 1", "midi_map 1 drive 0 20 0 1")
        ends.take()
        mod_host.midi(bytes([0xB0, 20, 127]))
        ends.until(lambda: any(event["type"] == "param_set" for event in ends.told), "the value")
        event = next(event for event in ends.take() if event["type"] == "param_set")
        assert event == {"type": "param_set", "effect_id": 1, "symbol": "drive", "value": 1.0, "client": ""}
        assert ends.host.effects()[1].values["drive"] == 1.0

    def test_a_flood_ends_with_the_last_value_and_is_paced(self, ends: Ends, mod_host: ModHostThread) -> None:
        """mod-host is let go on telling after each batch, but in the long run at most 100 times a second."""
        ends.do(f"add {DRIVE} 1", "midi_map 1 drive 0 20 0 1")
        began = time.monotonic()
        for value in [*range(127), *range(127), 42]:
            mod_host.midi(bytes([0xB0, 20, value]))
            ends.told += ends.host.take_events()
        ends.until(lambda: abs(ends.host.effects()[1].values["drive"] - 42 / 127) < 1e-5, "the last value")
        limit = (time.monotonic() - began) / modhost.READY_S + modhost.READY_BURST + 2
        assert 1 <= mod_host.lines.count("output_data_ready") <= limit
        assert "data_finish" not in {event["type"] for event in ends.told}

    def test_transport_and_meters_are_events(self, ends: Ends, mod_host: ModHostThread) -> None:
        """And the audio methods answer with the transport that was told."""
        assert "feature_enable cpu-load 1" in mod_host.lines  # by itself: nothing else tells of xruns
        ends.do("transport 1 3 99", "feature_enable cpu-load 1", "monitor_midi_program 2 1")
        mod_host.midi(bytes([0xC2, 7]))
        wanted = {"transport", "cpu_load", "midi_program_change"}
        ends.until(lambda: wanted <= {event["type"] for event in ends.told}, "the three of them")
        assert {event.get("bpm", 99.0) for event in ends.take()} == {99.0}
        data = ends.host.audio("get_jack_data", {})
        assert (data["bpm"], data["bpb"], data["rolling"]) == (99.0, 3.0, True)


class TestOutages:
    def test_what_died_with_mod_host_is_told_as_gone(self, ends: Ends, mod_host: ModHostThread) -> None:
        """A new mod-host has nothing; it is found again without a word of ours."""
        ends.do(f"add {DRIVE} 1", f"add {LESLIE} 2")
        ends.take()
        mod_host.kill()
        ends.until(lambda: not ends.host.healthy(), "its loss")
        assert ends.do("bypass 1 1") == [None]
        mod_host.start()
        ends.healthy()
        assert ends.host.effects() == {}
        removed = [event for event in ends.take() if event["type"] == "effect_removed"]
        assert [event["effect_id"] for event in removed] == [1, 2]
        assert ends.do(f"add {DRIVE} 1") == ["resp 1"]

    def test_a_new_bridge_knows_what_the_old_one_loaded(
        self, ends: Ends, mod_host: ModHostThread, tmp_path: Path
    ) -> None:
        """mod-host says of an effect only that it is there; what it is was kept, and its values are read."""
        ends.do(f"add {DRIVE} 1", f"add {LESLIE} 2", "param_set 1 drive 0.25", "bypass 2 1")
        ends.take()
        ends.host.close()
        with host_at(mod_host.address, tmp_path) as later:
            shown = later.host.effects()
            assert [(effect.uri, effect.bypassed) for effect in shown.values()] == [(DRIVE, False), (LESLIE, True)]
            assert shown[1].values == {"drive": 0.25, "muffle": 0.0, "output": 0.5}

    def test_what_others_loaded_is_there_without_a_name(self, mod_host: ModHostThread, tmp_path: Path) -> None:
        """Every instance below 1000 is asked for once; one that is not what was kept is not taken for it."""
        mod_host.host.execute(f"add {DRIVE} 3")
        mod_host.host.execute(f"add {DRIVE} 900")
        kept = {"effects": {number: [LESLIE, ""] for number in "34"}}
        (tmp_path / "kept.json").write_text(json.dumps(kept))
        with host_at(mod_host.address, tmp_path) as ends:
            assert {number: effect.uri for number, effect in ends.host.effects().items()} == {3: "", 900: ""}
            assert ends.do(f"add {LESLIE} 3", "remove 3", f"add {LESLIE} 3") == ["resp -2", "resp 0", "resp 3"]
            assert ends.host.effects()[3].uri == LESLIE

    @pytest.mark.parametrize("text", ["", "{", "[]", '{"effects": {"x": 1}}', '{"effects": 3}'])
    def test_a_damaged_memory_is_no_memory(self, mod_host: ModHostThread, tmp_path: Path, text: str) -> None:
        """It is a hint, and mod-host is asked anyway."""
        (tmp_path / "kept.json").write_text(text)
        with host_at(mod_host.address, tmp_path) as ends:
            assert ends.host.effects() == {}

    def test_a_frozen_mod_host_costs_one_wait(
        self, ends: Ends, mod_host: ModHostThread, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One command waits; the others fail at once, health with them; what was done meanwhile is found out."""
        ends.do(f"add {DRIVE} 1")
        monkeypatch.setattr(modhost, "COMMAND_S", 0.05)
        with mod_host.frozen:
            assert ends.do("param_set 1 drive 0.25") == [None]
            began = time.monotonic()
            assert ends.do(*["bypass 1 1"] * 1000) == [None] * 1000
            assert time.monotonic() - began < 5.0  # 1,000 waits would be 50 s
            assert not ends.host.healthy()
        ends.healthy()
        assert ends.host.effects()[1].values["drive"] == 0.25
        assert "bypass 1 1" not in mod_host.lines

    def test_health_asks_where_nothing_was_said_lately(
        self, ends: Ends, mod_host: ModHostThread, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A mod-host that hangs is found out by asking."""
        monkeypatch.setattr(modhost, "FRESH_S", 0.0)
        with mod_host.frozen:
            assert not ends.host.healthy()
        ends.healthy()

    def test_a_dead_jack_server_is_said_and_ends_all(
        self, ends: Ends, mod_host: ModHostThread, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """mod-host goes on answering and plays nothing; only a new one plays again."""
        monkeypatch.setattr(mod_host.host, "execute", lambda line: "resp -201" if line.startswith("add") else "resp 0")
        assert ends.do(f"add {DRIVE} 1", "bypass 1 1") == ["resp -201", None]
        assert not ends.host.healthy()
        assert "restart JACK, then mod-host" in caplog.text
        mod_host.kill()
        mod_host.start()
        ends.healthy()
        assert ends.do(f"add {DRIVE} 1") == ["resp 1"]

    def test_garbage_instead_of_values_is_no_value(self, tmp_path: Path) -> None:
        """Whatever a peer answers, the host goes on."""
        with Peer() as peer:
            ends = Ends(peer.address, tmp_path)
            peer.accept()
            ends.host.take_events()
            peer.heard()
            peer.say(b"\xff\xff\0")
            peer.tell(b"\xff\0param_set x y z\0param_set 1 a nan\0transport\0")
            for _ in range(3):
                ends.take()
            ends.host.close()


def test_audio_methods_without_jack_ask_mod_host(ends: Ends, mod_host: ModHostThread) -> None:
    """Connections are made by mod-host itself; figures nobody can know are 0 and empty, and errors are worded alike."""
    ends.do(f"add {DRIVE} 1")
    pair = {"port1": "system:capture_1", "port2": "effect_1:left_in"}
    audio = ends.host.audio
    assert audio("connect_jack_ports", pair) == {"success": True}
    assert ends.host.connections() == [("system:capture_1", "effect_1:left_in")]
    assert audio("disconnect_jack_ports", pair) == {"success": True}
    assert audio("disconnect_jack_ports", pair) == {"success": False}
    assert audio("connect_jack_ports", {"port1": "a\nb", "port2": "c"}) == {"success": False}
    assert audio("get_jack_data", {})["cpu_load"] == 3.75
    with pytest.raises(AudioError, match="missing 'size' field"):
        audio("set_jack_buffer_size", {})


@pytest.mark.parametrize("text", ["", "5555", "host", "host:", ":5555", "host:0", "host:65535", "host:x", "host:²"])
def test_addresses_that_are_none(text: str) -> None:
    """The feedback port has to fit next to it."""
    with pytest.raises(BridgeStartError):
        parse_address(text)
    assert parse_address("[::1]:5555") == ("::1", 5555)
