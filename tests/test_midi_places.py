"""Names without the numbers of one plug, and two identical units that keep their places."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controld.midi_places import Places, Seen, alsa_client, card_of, plain_name
from controld.surfaces import midi_usb
from controld.surfaces.midi_ports import Direction, PortPattern, Wish, choices, with_places


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("FCB1010:FCB1010 MIDI 1 20:0", "FCB1010:FCB1010 MIDI 1"),
        ("a2j:FCB1010 [20] (capture): FCB1010 MIDI 1", "a2j:FCB1010 (capture): FCB1010 MIDI 1"),
        ("FCB1010-01:MIDI 1", "FCB1010:MIDI 1"),
        ("APC-40:MIDI 1", "APC-40:MIDI 1"),
        ("Pad 16:out 3", "Pad 16:out 3"),
    ],
)
def test_a_plain_name_has_no_numbers_of_a_plug(name: str, plain: str) -> None:
    """The system's numbers go, those of the device's own name stay."""
    assert plain_name(name) == plain


@pytest.mark.parametrize(
    ("written", "there", "misfit"),
    [
        ("a2j:FCB1010 [20] (capture): FCB1010 MIDI 1", "a2j:FCB1010 [20] (capture): FCB1010 MIDI 1", 0),
        ("a2j:FCB1010 [20] (capture): FCB1010 MIDI 1", "a2j:FCB1010 [28] (capture): FCB1010 MIDI 1", 2),
        ("FCB1010:FCB1010 MIDI 1 20:0", "FCB1010:FCB1010 MIDI 1 24:0", 2),
        ("FCB1010:MIDI 1", "FCB1010-01:MIDI 1", 2),
        ("FCB*:MIDI 1", "FCB1010-01:MIDI 1", 1),
        ("/^FCB1010:MIDI/", "FCB1010-01:MIDI 1", 2),
        ("FCB1010:MIDI 1", "FCB1010:MIDI 2", None),
    ],
)
def test_a_name_that_was_written_out_fits_at_every_plug(written: str, there: str, misfit: int | None) -> None:
    """Exactly first; whatever suffix the system gave it this time, after those that fit as written."""
    assert PortPattern(written).misfit([there]) == misfit


def test_what_fits_as_written_comes_first() -> None:
    """Of two units the one that was named, though the other fits but for its number."""
    ports = [Seen((f"a2j:FCB1010 [{n}] (capture): x",)) for n in (20, 24)]
    assert PortPattern("a2j:FCB1010 [24] (capture): x").fitting(ports) == [ports[1], ports[0]]


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("FCB1010:MIDI 1", "FCB1010"),
        ("FCB1010-01:MIDI 1", "FCB1010-01"),
        ("a2j:FCB1010 [20] (capture): x", "ALSA client 20"),
        ("FCB1010:FCB1010 MIDI 2 20:1", "ALSA client 20"),
        ("system:midi_capture_2", "system:midi_capture_2"),
    ],
)
def test_a_unit_is_told_by_what_its_ports_share(name: str, unit: str) -> None:
    """Two ports of one device are one unit; ports of a driver's one client are devices of their own."""
    assert Seen((name,)).unit == unit


class TestPlaces:
    def test_units_get_places_in_order_and_keep_them(self) -> None:
        """One missing does not make the other jump; they come back to their places in either order."""
        places = Places()
        a, b = Seen(("F:1",)), Seen(("F-01:1",))

        def given(*ports: Seen) -> list[Seen | None]:
            found = places.assign("f", "in", 2, ports)
            return [found.get(0), found.get(1)]

        assert given(a, b) == [a, b]
        assert given(b) == [None, b]
        assert given() == [None, None]
        assert given(b) == [None, b]
        assert given(b, a) == [a, b]
        assert given(a) == [a, None]

    def test_a_new_unit_takes_a_place_that_is_free(self) -> None:
        """A unit in another socket replaces the one that is away, and a third has no place."""
        places = Places()
        a, b, c, d = (Seen((name,)) for name in "abcd")
        assert places.assign("f", "in", 2, [a, b]) == {0: a, 1: b}
        assert places.assign("f", "in", 2, [b, c]) == {0: c, 1: b}
        assert places.assign("f", "in", 2, [a, b, c]) == {0: c, 1: b}
        assert places.assign("f", "in", 2, [d]) == {0: d}

    def test_the_lights_are_those_of_the_same_device(self) -> None:
        """The port out goes to the unit whose port in came first, whatever came first there."""
        places = Places()
        one, two = Seen(("x 20:0",), "usb 1-1"), Seen(("x 24:0",), "usb 1-2")
        assert places.assign("f", "in", 2, [two]) == {0: two}
        assert places.assign("f", "out", 2, [one, two]) == {0: two, 1: one}

    def test_a_socket_is_known_whatever_numbers_it_gets(self) -> None:
        """Both pulled and plugged in the other order: the numbers have changed sides, the sockets have not."""
        places = Places()
        one, two = Seen(("x 20:0",), "usb 1-1"), Seen(("x 24:0",), "usb 1-2")
        assert places.assign("f", "in", 2, [one, two]) == {0: one, 1: two}
        two_again, one_again = Seen(("x 20:0",), "usb 1-2"), Seen(("x 24:0",), "usb 1-1")
        assert places.assign("f", "in", 2, [two_again]) == {1: two_again}
        assert places.assign("f", "in", 2, [two_again, one_again]) == {0: one_again, 1: two_again}

    @settings(deadline=None)
    @given(st.lists(st.lists(st.sampled_from("abcd"), unique=True), max_size=12), st.integers(1, 3))
    def test_nobody_jumps(self, plugged: list[list[str]], count: int) -> None:
        """Whatever comes and goes: a unit that stays keeps its place, no two share one, and no free place is wasted."""
        places, before = Places(), dict[int, Seen]()
        for names in plugged:
            ports = [Seen((name,)) for name in names]
            after = places.assign("f", "in", count, ports)
            kept = {place: port for place, port in before.items() if port in ports}
            assert kept.items() <= after.items()
            assert len(set(after.values())) == len(after) == min(count, len(ports))
            before = after


def wish(surface: str, kind: str = "p", unit: str = "") -> Wish:
    return Wish(surface, Direction.IN, PortPattern("*F*"), lambda _data, _now: None, kind, unit)


def test_surfaces_of_one_pattern_and_profile_are_identical_units() -> None:
    """Two views of one device (another profile) share it; a further wish of a surface is about its own unit."""
    left, right, view, clock = with_places([wish("left"), wish("right"), wish("view", "q"), wish("c", unit="right")])
    ports, places = [Seen(("F:1",)), Seen(("F-01:1",))], Places()
    assert [choices(each, ports, places) for each in (left, right, clock)] == [[ports[0]], [ports[1]], [ports[1]]]
    assert choices(view, ports, places) == ports


class TestSockets:
    def test_an_alsa_client_tells_its_card(self) -> None:
        """Four clients for each card, after the sequencer's sixteen; programs begin at 128."""
        assert alsa_client("a2j:FCB1010 [20] (capture): x") == 20
        assert alsa_client("FCB1010:x 28:1") == 28
        assert alsa_client("Pad [20]:x") is None
        assert [card_of(client) for client in (14, 16, 20, 27, 128 + 16)] == [None, 0, 1, 2, None]

    def test_the_socket_is_read_from_the_system(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """By the card's own link; nothing where there is none, or where the card is not on USB."""
        monkeypatch.setattr(midi_usb, "CARDS", tmp_path / "class")
        for card, device in ((1, "pci0/usb1/1-4/1-4.2/1-4.2:1.0"), (2, "pci0/0000:00:1f.3")):
            place = tmp_path / "devices" / device
            place.mkdir(parents=True)
            (tmp_path / "class" / f"card{card}").mkdir(parents=True)
            (tmp_path / "class" / f"card{card}" / "device").symlink_to(place)
        assert midi_usb.seen("x:x 20:0", "alias") == Seen(("x:x 20:0", "alias"), "usb 1-4.2")
        assert [midi_usb.seen(name).path for name in ("x:x 24:0", "x:x 28:0", "x:x")] == ["", "", ""]
