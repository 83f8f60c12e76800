"""MIDI ports by their names: how they are found and opened with ALSA, what fits a pattern, and how they are listed."""

import argparse
from pathlib import Path

import pytest

from controld.errors import PortUnavailable
from controld.ports import add_arguments, describe, run
from controld.surfaces.midi_ports import Direction, Links, PortList, PortPattern, Wish


class Sequencer:
    """An ALSA sequencer whose devices the test sets; each port of ours is listed too, as the real one does."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.opened: list[tuple[int, str]] = []
        self.closed = 0

    def lister(self, _api: int, _name: str) -> "Sequencer":
        return self

    def get_ports(self) -> list[str]:
        return ["System:Announce 0:1", "controld-floor-in:floor in 128:0", *self.names]

    def port(self, _api: int, _direction: Direction, _name: str, _receive: object) -> "Sequencer":
        return self

    def open(self, index: int, name: str) -> None:
        self.opened.append((index, name))

    def send(self, data: bytes) -> bool:
        return bool(data)

    def close(self) -> None:
        self.closed += 1

    delete = close


class TestAlsa:
    def test_opens_by_name_and_closes_what_left(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """A device is found whatever its numbers are, opened at its place in the list, and opened anew on return."""
        from controld.surfaces import midi_alsa

        sequencer, published = Sequencer(), list[Links]()
        monkeypatch.setattr(midi_alsa, "SEQUENCER", tmp_path)
        monkeypatch.setattr("rtmidi.MidiIn", sequencer.lister)
        monkeypatch.setattr("rtmidi.MidiOut", sequencer.lister)
        monkeypatch.setattr(midi_alsa, "RtMidiPort", sequencer.port)
        backend = midi_alsa.AlsaBackend(lambda: None)
        wish = Wish("floor", Direction.IN, PortPattern("FCB1010:FCB1010 MIDI 1"), lambda _data, _now: None)

        def peers() -> list[tuple[str, int]]:
            assert backend.refresh([wish], published.append) == midi_alsa.POLL_S
            return [(link.peer, link.serial) for link in published[-1].values()]

        assert peers() == []
        sequencer.names = ["Other:Other 20:0", "FCB1010:FCB1010 MIDI 1 24:0"]
        assert peers() == [("FCB1010:FCB1010 MIDI 1 24:0", 1)]
        assert peers() == [("FCB1010:FCB1010 MIDI 1 24:0", 1)]
        assert sequencer.opened == [(3, "floor in")]
        sequencer.names = []
        assert peers() == []
        assert sequencer.closed == 1
        sequencer.names = ["FCB1010:FCB1010 MIDI 1 28:0"]
        assert peers() == [("FCB1010:FCB1010 MIDI 1 28:0", 2)]
        assert backend.list_ports() == PortList((sequencer.names[0],), (sequencer.names[0],))
        backend.close()

    def test_waits_where_there_is_no_sequencer(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """A machine without the sequencer has no ports, and no client is tried."""
        from controld.surfaces import midi_alsa

        monkeypatch.setattr(midi_alsa, "SEQUENCER", tmp_path / "absent")
        backend = midi_alsa.AlsaBackend(lambda: None)
        assert backend.refresh([], lambda _: None) == midi_alsa.POLL_S
        assert not backend.runs
        assert backend.list_ports() is None


class TestPatterns:
    @pytest.mark.parametrize(
        ("pattern", "fits"),
        [
            ("*fcb1010*", True),
            ("a2j:FCB1010 [20] (capture): FCB1010 MIDI 1", True),
            ("a2j:*", True),
            ("/FCB\\d+ MIDI 1$/", True),
            ("/^FCB/", False),
            ("FCB1010", False),
            ("*Launchpad*", False),
        ],
    )
    def test_a_port_is_known_by_its_name(self, pattern: str, *, fits: bool) -> None:
        """Globs cover the whole name, expressions search in it, a written-out name is itself in spite of brackets."""
        assert PortPattern(pattern).matches(["a2j:FCB1010 [20] (capture): FCB1010 MIDI 1"]) is fits

    def test_a_broken_expression_is_told(self) -> None:
        """A pattern that is no regular expression is refused by name."""
        with pytest.raises(PortUnavailable, match=r"/\(/"):
            PortPattern("/(/")


class TestPortsCommand:
    def test_lists_what_a_player_looks_for(self) -> None:
        """Inputs and outputs by system, each with the surfaces that would take it."""
        ports = {"JACK": PortList(("a2j:FCB1010", "x:y"), ("a2j:FCB1010",))}
        text = describe(ports, {"floor": ("*FCB*", "*FCB*")})
        assert text.splitlines() == [
            "JACK inputs (what devices send)",
            "  a2j:FCB1010  <- floor",
            "  x:y",
            "JACK outputs (what devices show)",
            "  a2j:FCB1010  <- floor",
        ]

    def test_prints_and_succeeds(self, capsys: pytest.CaptureFixture[str]) -> None:
        """The command ends with 0 whatever there is, and says something in any case."""
        parser = argparse.ArgumentParser()
        add_arguments(parser)
        assert run(parser.parse_args([])) == 0
        assert capsys.readouterr().out.strip()

    def test_says_so_when_there_is_none(self) -> None:
        """No system and a system without devices are a sentence each."""
        assert "no MIDI system is running" in describe({}, {})
        assert "no MIDI device" in describe({"JACK": PortList((), ())}, {})
