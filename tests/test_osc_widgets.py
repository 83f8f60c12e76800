"""OSC controls: addresses and patterns come to control events, feedback to what clients are told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controld.changes import State
from controld.events import ControlMoved, ControlTurned, ProgramChosen
from controld.feedback import Feedback
from controld.mappings.profile import Control, Kind, Profile, Source, SourceType
from controld.osc_codec import OscArg
from controld.osc_facts import Echo, Fact
from controld.osc_widgets import MAX_FOUND, Widgets, echo_of

NOW, WHO = 12.5, "10.0.0.1:4000"


def control(name: str, kind: Kind, address: str, argument: int = 1, ends: tuple[float, float] | None = None) -> Control:
    return Control(name, kind, Source(SourceType.OSC, address=address, argument=argument), calibrate=ends)


def widgets(*controls: Control) -> Widgets:
    return Widgets("tablet", Profile("osc-remote", "", {each.name: each for each in controls}))


TABLET = (
    control("level", Kind.FADER, "/drive/level"),
    control("midi", Kind.PEDAL, "/midi", ends=(127, 0)),
    control("fs1", Kind.BUTTON, "/fs/1"),
    control("latch", Kind.LATCH, "/latch"),
    control("wheel", Kind.ENCODER, "/wheel"),
    control("patch", Kind.PROGRAM, "/patch"),
    control("lamp", Kind.LIGHT, "/lamp"),
    control("x", Kind.PEDAL, "/pad"),
    control("y", Kind.PEDAL, "/pad", 2),
    control("any", Kind.PEDAL, "/any/*/level"),
    control("every", Kind.BUTTON, "/any//level"),
)


def moved(name: str, position: float) -> ControlMoved:
    return ControlMoved(f"tablet.{name}", position, NOW, WHO)


@pytest.mark.parametrize(
    ("address", "args", "events"),
    [
        ("/drive/level", (0.25,), [moved("level", 0.25)]),
        ("/drive/level", (1,), [moved("level", 1.0)]),
        ("/drive/level", (7.0,), [moved("level", 1.0)]),
        ("/drive/level", (-1.0,), [moved("level", 0.0)]),
        ("/midi", (127,), [moved("midi", 0.0)]),
        ("/midi", (0,), [moved("midi", 1.0)]),
        ("/fs/1", (1,), [moved("fs1", 1.0)]),
        ("/fs/1", (0.5,), [moved("fs1", 1.0)]),
        ("/fs/1", (0.4,), [moved("fs1", 0.0)]),
        ("/fs/1", (True,), [moved("fs1", 1.0)]),
        ("/fs/1", (False,), [moved("fs1", 0.0)]),
        ("/fs/1", (), [moved("fs1", 1.0), moved("fs1", 0.0)]),
        ("/latch", (0,), [moved("latch", 0.0)]),
        ("/wheel", (-2.0,), [ControlTurned("tablet.wheel", -2, NOW)]),
        ("/wheel", (1e30,), [ControlTurned("tablet.wheel", 127, NOW)]),
        ("/wheel", (0,), []),
        ("/patch", (5.0,), [ProgramChosen("tablet.patch", 5, NOW)]),
        ("/lamp", (1,), []),
        ("/pad", (0.2, 0.8), [moved("x", 0.2), moved("y", 0.8)]),
        ("/any/a/level", (1.0,), [moved("any", 1.0), moved("every", 1.0)]),
        ("/any/a/b/level", (1.0,), [moved("every", 1.0)]),
        ("/elsewhere", (1.0,), None),
    ],
)
def test_a_message_moves_its_controls(address: str, args: tuple[OscArg, ...], events: object) -> None:
    """Each kind of control reads its own argument; an address nobody has is nobody's."""
    assert widgets(*TABLET).read(address, args, WHO, NOW) == events


@pytest.mark.parametrize(
    ("address", "args", "words"),
    [
        ("/drive/level", (), "tablet.level takes a number from 0 to 1; got nothing"),
        ("/drive/level", ("loud",), "got 'loud'"),
        ("/drive/level", (None,), "got None"),
        ("/drive/level", (float("nan"),), "got nan"),
        ("/midi", ("x",), "from 127 to 0"),
        ("/pad", (0.5,), "tablet.y takes a number from 0 to 1 as argument 2; got nothing"),
        ("/fs/1", ("x",), "1 for down and 0 for up"),
        ("/wheel", ("x",), "detents"),
        ("/patch", (128,), "a program from 0 to 127; got 128"),
        ("/patch", (1.5,), "a program"),
    ],
)
def test_a_bad_argument_is_refused_in_plain_words(address: str, args: tuple[OscArg, ...], words: str) -> None:
    """The refusal names the control and what it takes, and no event comes of the message."""
    read = widgets(*TABLET).read(address, args, WHO, NOW)
    assert isinstance(read, str)
    assert words in read


def test_an_address_written_out_hides_patterns() -> None:
    """What is named exactly is meant, even where a pattern matches as well."""
    both = widgets(control("one", Kind.PEDAL, "/a/1"), control("all", Kind.PEDAL, "/a/*"))
    assert both.read("/a/1", (1.0,), WHO, NOW) == [moved("one", 1.0)]
    assert both.read("/a/2", (1.0,), WHO, NOW) == [moved("all", 1.0)]


def test_remembered_addresses_are_bounded() -> None:
    """A sender that makes up addresses fills no memory."""
    patterns = widgets(*TABLET)
    for number in range(3 * MAX_FOUND):
        patterns.read(f"/any/{number}", (1.0,), WHO, NOW)
    assert len(patterns._found) <= MAX_FOUND


def test_feedback_is_told_at_the_controls_address() -> None:
    """A light is on or off, a fader stands where it should, a label goes beside it."""
    shown = widgets(*TABLET)
    assert shown.receive(Feedback("tablet.fs1", 1.0, State.CONFIRMED, "on")) == [Fact("/fs/1", True, Echo.TRIGGER)]
    assert shown.receive(Feedback("tablet.lamp", 0.0, State.FAILED, "blink")) == [Fact("/lamp", False)]
    assert shown.receive(Feedback("tablet.level", 0.25, State.ASKED)) == [Fact("/drive/level", 0.25, Echo.CONTINUOUS)]
    assert shown.receive(Feedback("tablet.midi", 0.0, State.CONFIRMED)) == [Fact("/midi", 127.0, Echo.CONTINUOUS)]
    assert shown.receive(Feedback("tablet.wheel", 0.5, State.CONFIRMED)) == [Fact("/wheel", 0.5)]
    labelled = shown.receive(Feedback("tablet.latch", 1.0, State.CONFIRMED, "on", text="Drive"))
    assert labelled == [Fact("/latch/label", "Drive"), Fact("/latch", True)]
    assert [fact.address for fact in shown.dump()] == [
        "/drive/level", "/fs/1", "/lamp", "/latch", "/latch/label", "/midi", "/wheel",
    ]  # fmt: skip
    assert shown.fact("/fs/1") == Fact("/fs/1", True, Echo.TRIGGER)


def test_a_switch_shows_no_wish() -> None:
    """A light that is only asked for stays as it is: a tablet cannot show pending, and must not show a guess."""
    shown = widgets(*TABLET)
    shown.receive(Feedback("tablet.fs1", 0.0, State.CONFIRMED, "off"))
    assert shown.receive(Feedback("tablet.fs1", 1.0, State.ASKED, "dim")) == []
    assert shown.dump() == [Fact("/fs/1", False, Echo.TRIGGER)]


def test_controls_of_one_address_are_told_together() -> None:
    """An x-y pad is told both its arguments, once both are known."""
    shown = widgets(*TABLET)
    assert shown.receive(Feedback("tablet.y", 0.75, State.CONFIRMED)) == []
    (fact,) = shown.receive(Feedback("tablet.x", 0.25, State.CONFIRMED))
    assert fact.args == (0.25, 0.75)
    lone = widgets(control("y", Kind.PEDAL, "/pad", 2))
    assert lone.receive(Feedback("tablet.y", 0.75, State.CONFIRMED)) == []


@pytest.mark.parametrize("name", ["tablet.any", "tablet.patch", "tablet.unknown", "floor.level"])
def test_what_cannot_be_shown_is_not(name: str) -> None:
    """A pattern has no place to show anything, a program nothing to show, and another's control is not ours."""
    shown = widgets(*TABLET)
    assert shown.receive(Feedback(name, 1.0, State.CONFIRMED, text="x")) == []
    assert shown.dump() == []


@pytest.mark.parametrize(
    ("name", "position", "message"),
    [
        ("tablet.fs1", 1.0, ("/fs/1", (1.0,))),
        ("tablet.midi", 0.0, ("/midi", (127.0,))),
        ("tablet.wheel", -3.0, ("/wheel", (-3,))),
        ("tablet.patch", 7.0, ("/patch", (7,))),
        ("tablet.any", 1.0, None),
        ("tablet.lamp", 1.0, None),
        ("tablet.nothing", 1.0, None),
    ],
)
def test_a_control_can_be_simulated(name: str, position: float, message: object) -> None:
    """What a control would send is known, so that it can be played without a tablet."""
    assert widgets(*TABLET).message_for(name, position) == message


@given(st.floats(0, 1), st.sampled_from(["level", "midi", "x"]))
def test_a_simulated_position_arrives(position: float, name: str) -> None:
    """What is simulated is read as the same position."""
    tablet = widgets(*TABLET)
    message = tablet.message_for(f"tablet.{name}", position)
    assert message is not None
    (widget, *_) = tablet.find(message[0])
    events = widget.read(message[1], WHO, NOW)
    assert isinstance(events, list)
    assert [event.position for event in events if isinstance(event, ControlMoved)] == [pytest.approx(position)]


def test_every_kind_is_answered_in_its_way() -> None:
    """Faders keep what they sent, buttons are answered at their release too, everything else is told the truth."""
    tablet = widgets(*TABLET)
    echoes = {address: echo_of(tablet.find(address)[0]) for address in ("/drive/level", "/fs/1", "/latch", "/wheel")}
    assert list(echoes.values()) == [Echo.CONTINUOUS, Echo.TRIGGER, Echo.SWITCH, Echo.SWITCH]
