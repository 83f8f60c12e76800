"""One OSCQuery client without a socket: what it may say, what it is told, and what an echo is."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controld.changes import BypassChanged, ParameterChanged, PedalboardChanged, PresetChanged, SnapshotChanged, State
from controld.mappings.view import View
from controld.osc_codec import OscMessage, decode, encode
from controld.osc_facts import Echo, Fact
from controld.osc_namespace import Namespace
from controld.oscquery_client import (
    MAX_LISTENED,
    MAX_NOTES,
    Overrun,
    QueryClient,
    changes_nothing,
    differences,
    is_release,
)
from controld.oscquery_tree import BOTH, READ, WRITE, Node, Sight, Tree, attributes
from controld.values import Scale, ScalePoint
from controld.web_reception import on_its_way

NUMBER = Node("/effect/drive/gain", "f", BOTH, "a number")
BUTTON = Node("/lead", "N", WRITE, "a button")
FACT = Fact("/effect/drive/gain", 0.5, Echo.CONTINUOUS)


def message(*args: Any) -> OscMessage:
    found = decode(encode("/x", args))
    assert isinstance(found, OscMessage)
    return found


class TestListening:
    def test_only_what_is_listened_to_is_told(self) -> None:
        """In the type of its description, and what is so at once."""
        client = QueryClient("a")
        client.offer([FACT], 0.0, mine=False, settled=True)
        assert client.take() == []
        assert client.listen(NUMBER, FACT.address, FACT, 0.0) == ""
        assert client.take() == [encode(FACT.address, (0.5,))]
        client.offer([Fact(FACT.address, 0.75, Echo.CONTINUOUS), Fact("/tempo", 120.0)], 1.0, mine=False, settled=True)
        assert client.take() == [encode(FACT.address, (0.75,))]
        client.ignore(FACT.address)
        client.offer([FACT], 2.0, mine=False, settled=True)
        assert client.take() == []

    def test_asking_again_tells_again(self) -> None:
        """A page that is opened anew shows what is so."""
        client = QueryClient("a")
        for _ in range(2):
            client.listen(NUMBER, FACT.address, FACT, 0.0)
            assert len(client.take()) == 1

    def test_a_button_is_heard_for_its_light(self) -> None:
        """As true and false, where there is a light; what can only be pressed has nothing to tell."""
        client = QueryClient("a")
        assert client.listen(BUTTON, "/lead", None, 0.0) == "has no value to listen to"
        assert client.listen(BUTTON, "/lead", Fact("/lead", True, Echo.TRIGGER), 0.0) == ""
        (told,) = client.take()
        assert decode(bytes(told, "ascii") if isinstance(told, str) else told) == OscMessage("/lead", (True,), "T")

    def test_a_slow_client_gets_the_newest(self) -> None:
        """However much happened meanwhile, one value of each address waits."""
        client = QueryClient("a")
        client.listen(NUMBER, FACT.address, FACT, 0.0)
        for step in range(1000):
            client.offer([Fact(FACT.address, step / 1000, Echo.CONTINUOUS)], step, mine=False, settled=True)
        assert client.take() == [encode(FACT.address, (0.999,))]

    def test_its_bounds(self) -> None:
        """In addresses, and in what it does not read."""
        client = QueryClient("a")
        for number in range(MAX_LISTENED):
            assert client.listen(NUMBER, f"/a/{number}", None, 0.0) == ""
        assert "nobody listens to more" in client.listen(NUMBER, "/one/more", None, 0.0)
        assert client.listen(NUMBER, "/a/0", None, 0.0) == ""
        for _ in range(MAX_NOTES):
            client.note("PATH_CHANGED", "/")
        with pytest.raises(Overrun):
            client.note("PATH_CHANGED", "/")

    @given(st.text(max_size=200) | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps))
    def test_no_text_frame_raises(self, text: str) -> None:
        """It is a command or the reason why not."""
        read = QueryClient("a").read_command(text)
        assert isinstance(read, str) or (read[0] in {"LISTEN", "IGNORE"} and read[1].startswith("/"))


class TestEchoes:
    @pytest.mark.parametrize(
        ("said", "fact", "idle"),
        [
            ((0.5,), Fact("/x", 0.5), True),
            ((0.1,), Fact("/x", 0.1), True),  # a float of 32 bits
            ((0.5000001,), Fact("/x", 0.5), True),
            ((0.51,), Fact("/x", 0.5), False),
            ((True,), Fact("/x", True), True),
            ((1,), Fact("/x", True), True),
            ((False,), Fact("/x", True), False),
            (("Lead",), Fact("/x", "Lead", other=2.0), True),
            ((2,), Fact("/x", "Lead", other=2.0), True),
            (("Clean",), Fact("/x", "Lead", other=2.0), False),
            (("Fast",), Fact("/x", 1.0, other="Fast"), True),
            ((0.25, 0.75), Fact("/x", 0.25, rest=(0.75,)), True),
            ((0.25, 0.5), Fact("/x", 0.25, rest=(0.75,)), False),
            ((), Fact("/x", True), False),
            ((b"\0",), Fact("/x", True), False),
            ((0.5,), None, False),
        ],
    )
    def test_what_says_only_what_is_so(self, said: tuple[Any, ...], fact: Fact | None, idle: bool) -> None:
        """In whatever form."""
        assert changes_nothing(message(*said), fact) is idle

    def test_a_button_that_comes_up(self) -> None:
        """Is a release of what is pressed only."""
        lamp = Fact("/x", True, Echo.TRIGGER)
        assert is_release(message(False), lamp)
        assert is_release(message(0), lamp)
        assert not is_release(message(True), lamp)
        assert not is_release(message(False), Fact("/x", True))

    def test_nothing_is_an_echo_while_a_wish_is_on_its_way(self) -> None:
        """The pedal that goes back at once means it, though the engine still confirms where it was."""
        view = View()
        view.pedalboard = PedalboardChanged("A", 1, State.CONFIRMED)
        addresses = [
            "/effect/drive/gain",
            "/effect/drive/gain/normalized",
            "/effect/drive/active",
            "/snapshot",
            "/tempo",
        ]
        assert not any(on_its_way(view, address) for address in addresses)
        scale = Scale()
        view.parameters[("drive", "gain")] = ParameterChanged("drive", "gain", 0.5, 0.4, State.ASKED, scale)
        assert [on_its_way(view, address) for address in addresses] == [True, True, False, False, False]
        view.parameters.clear()
        view.bypasses["drive"] = BypassChanged("drive", bypassed=True, confirmed=False, state=State.ASKED)
        assert on_its_way(view, "/effect/drive/active")
        view.snapshot = SnapshotChanged("Lead", 2, State.ASKED)
        assert on_its_way(view, "/snapshot/2")


class TestTree:
    def sight(self, scale: Scale, value: float | None = 0.0) -> Sight:
        """Return what is seen of a pedalboard with one parameter."""
        namespace = Namespace()
        namespace.receive(PedalboardChanged("A", 1, State.CONFIRMED, ("drive",), ("Clean",), pedalboards=("A",)))
        namespace.receive(ParameterChanged("drive", "gain", value or 0.0, value, State.CONFIRMED, scale))
        return Sight.of(namespace, None)

    @pytest.mark.parametrize(
        ("scale", "value", "tags", "limits", "told"),
        [
            (Scale(-20, 20, unit="dB"), -6.0, "f", {"MIN": -20, "MAX": 20}, -6.0),
            (Scale(0, 10, integer=True), 3.0, "i", {"MIN": 0, "MAX": 10}, 3),
            (Scale(0, 1, toggled=True), 1.0, "T", None, True),
            (Scale(0, 2, enumeration=True, points=(ScalePoint(0, "Soft"), ScalePoint(2, "Hard"))), 2.0, "s",
             {"VALS": ["Soft", "Hard"]}, "Hard"),
            (Scale(0, 1, points=(ScalePoint(0, "Off"),)), 0.5, "f", {"MIN": 0, "MAX": 1}, 0.5),
            (Scale(0, float("inf")), 7.0, "f", {"MIN": 0}, 7.0),
        ],
    )  # fmt: skip
    def test_parameters(self, scale: Scale, value: float, tags: str, limits: object, told: object) -> None:
        """Each kind of scale as its own type, and its value in that type."""
        sight = self.sight(scale, value)
        node = sight.node("/effect/drive/gain")
        assert node is not None
        described = attributes(node, sight.facts["/effect/drive/gain"])
        assert described["TYPE"] == tags
        assert described.get("RANGE", [None]) == [limits]
        assert described["VALUE"] == [told]
        assert type(described["VALUE"][0]) is type(told)

    def test_units(self) -> None:
        """In the words of the proposal where it has one, else as the plugin says it."""
        for unit, told in {"dB": ["gain.db"], "Hz": ["time.hz"], "st": ["st"], "": None}.items():
            node = self.sight(Scale(unit=unit)).node("/effect/drive/gain")
            assert node is not None
            assert attributes(node, None).get("UNIT") == told

    def test_what_is_not_known_yet_can_be_set_and_not_read(self) -> None:
        """A value comes when the engine said it."""
        node = self.sight(Scale(), None).node("/effect/drive/gain")
        assert node is not None
        assert (node.access, "VALUE" in attributes(node, None)) == (WRITE, False)

    def test_every_address_has_a_node_where_it_stands(self) -> None:
        """And json can write all of it."""
        sight = self.sight(Scale())
        root = Tree(sight).describe("/")
        assert root is not None
        json.dumps(root)
        for address in sight.addresses():
            node = sight.node(address)
            described = Tree(sight).describe(address)
            assert (node is None) == (described is None or described["ACCESS"] == 0), address
            if node is not None:
                assert node.access in {READ, WRITE, BOTH}

    @given(
        st.lists(st.sampled_from(["", "effect", "drive", "gain", "normalized", "1", "99999", "snapshot", "..", "é"]))
    )
    def test_any_path_has_an_answer(self, parts: list[str]) -> None:
        """A node, a container or none; never an error."""
        sight = self.sight(Scale())
        path = "/" + "/".join(parts)
        sight.node(path)
        Tree(sight).describe(path)


def test_differences_of_an_address_space() -> None:
    """What is gone, new, and other; nothing of what stayed."""
    before: dict[str, object] = {"/a": 1, "/b": 1, "/c": 1}
    assert differences(before, {"/b": 2, "/c": 1, "/d": 1}) == [
        ("PATH_REMOVED", "/a"), ("PATH_ADDED", "/d"), ("PATH_CHANGED", "/b"),
    ]  # fmt: skip
    assert differences(before, before) == []


def test_a_preset_that_is_asked_for_is_on_its_way() -> None:
    """As everything else of an effect."""
    view = View()
    view.presets["drive"] = PresetChanged("drive", "x", State.ASKED)
    assert on_its_way(view, "/effect/drive/preset")
