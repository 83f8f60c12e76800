"""The meters of a mod-host: monitors made, joined and given up by its own rules, on a real JACK server and without."""

from contextlib import closing
from itertools import count
from typing import cast

import pytest
from jack_ports import held_ports
from jack_server import JackServer, needs_jackd
from served_modhost import ModHostThread, wait_until

from controld.bridge.hosts.base import AudioError
from controld.bridge.hosts.modhost import ModHost
from controld.bridge.hosts.modhost_jack import MONITOR, JackView
from controld.bridge.hosts.modhost_levels import HOLD_S, LEASE_S, MOST, Levels

CARD = {"in": ["system:capture_1", "system:capture_2"], "out": ["system:playback_1", "system:playback_2"]}

# A mod-host's JACK client: "make" and "drop" a monitor port; "part" parts its effect from the speakers. Without a
# process callback libjack leaves a client out of the graph, and what the graph waits for then never ends.
PORTS = """\
import sys, jack
host, effect = (jack.Client(name, no_start_server=True) for name in ("mod-host", "effect_7"))
host.midi_inports.register("midi_in")
effect.outports.register("out")
for client in (host, effect):
    client.set_process_callback(lambda frames: None)
    client.activate()
effect.connect("effect_7:out", "system:playback_1")
print("ready", flush=True)
monitors = []
for line in sys.stdin:
    if line.strip() == "make":
        monitors.append(host.inports.register(f"monitor_{len(monitors) + 1}"))
    elif line.strip() == "drop":
        monitors.pop().unregister()
    else:
        effect.disconnect("effect_7:out", "system:playback_1")
    print("done", flush=True)
for client in (effect, host):
    client.close()
"""


class Card:
    """A sound card whose ports are joined as a test says, seen as `JackView` sees it, with mod-host's monitors."""

    def __init__(self) -> None:
        self.monitors: list[str] = []  # their names, in the order they were made
        self.lines: list[str] = []
        self.pairs: set[tuple[str, str]] = {("effect_1:out", "system:playback_1")}
        self.outputs = CARD["out"]

    @property
    def view(self) -> JackView:
        return cast("JackView", self)

    def ports(self, start: str = "", /, **kind: bool) -> list[str]:
        if start == MONITOR:
            return [f"{MONITOR}{number + 1}" for number in range(len(self.monitors))]
        return CARD["in"] if kind.get("is_output") else self.outputs

    def neighbours(self, port: str) -> list[str]:
        return [
            source if target == port else target for source, target in sorted(self.pairs) if port in {source, target}
        ]

    def join(self, one: str, other: str) -> bool:
        self.pairs.add((one, other))
        return True

    def part(self, one: str, other: str) -> bool:
        self.pairs.discard((one, other))
        return True

    def ask(self, line: str) -> str:
        """Do what mod-host does."""
        self.lines.append(line)
        _, name, on = line.split(" ")
        if on == "1":
            if name not in self.monitors:
                self.monitors.append(name)
            return "resp 0"
        if self.monitors[-1:] != [name]:
            return "resp -902"
        port = f"{MONITOR}{len(self.monitors)}"
        self.monitors.pop()
        self.pairs = {pair for pair in self.pairs if port not in pair}
        return "resp 0"

    def heard_at(self, port: str) -> list[str]:
        """Return what a monitor is joined to."""
        return [source for source, target in sorted(self.pairs) if target == port]


def armed(card: Card) -> Levels:
    """Return meters that were asked for until every monitor is there and joined."""
    levels = Levels(card.view, card.ask)
    for tenth in range(10):
        levels.read(tenth / 10)
    return levels


def tell(levels: Levels, index: int, amplitude: float, now: float) -> bool:
    return levels.hear({"type": "audio_monitor", "index": index, "value": amplitude}, now)


class TestRules:
    def test_one_is_made_at_a_time(self) -> None:
        """A press never waits for more than one; until all are there the rest is silent."""
        card = Card()
        levels = Levels(card.view, card.ask)
        made = []
        for tenth in range(6):
            assert levels.read(tenth / 10) == ([0.0, 0.0], [0.0, 0.0])
            made.append(len(card.monitors))
        assert made == [1, 2, 3, 4, 4, 4]

    def test_each_hears_what_its_port_is_joined_to(self) -> None:
        """An input itself; of an output everything that is played to it, whatever comes and goes."""
        card = Card()
        levels = armed(card)
        heard = [card.heard_at(port) for port in card.ports(MONITOR)]
        assert heard == [["system:capture_1"], ["system:capture_2"], ["effect_1:out"], []]
        card.pairs -= {("effect_1:out", "system:playback_1")}
        card.pairs |= {("effect_2:out", "system:playback_1"), ("tone:out", "system:playback_1")}
        levels.read(2.0)
        assert card.heard_at(f"{MONITOR}3") == ["effect_2:out", "tone:out"]

    def test_the_highest_of_late_is_told(self) -> None:
        """By index; mod-host says nothing of silence, so that what was told a while ago is over."""
        levels = armed(Card())
        assert tell(levels, 0, 0.25, 5.0)
        assert tell(levels, 2, 0.5, 5.0)
        assert tell(levels, 2, 0.125, 5.1)
        assert levels.read(5.1) == ([0.25, 0.0], [0.5, 0.0])
        assert levels.read(5.0 + HOLD_S + 0.05) == ([0.0, 0.0], [0.125, 0.0])
        assert levels.read(6.0) == ([0.0, 0.0], [0.0, 0.0])

    def test_those_of_other_programs_are_theirs(self) -> None:
        """They count, and what is told of them is passed on."""
        card = Card()
        card.monitors.append("mod-ui")
        levels = armed(card)
        assert not tell(levels, 0, 0.9, 5.0)
        assert tell(levels, 1, 0.25, 5.0)
        assert levels.read(5.0) == ([0.25, 0.0], [0.0, 0.0])
        assert card.heard_at(f"{MONITOR}2") == ["system:capture_1"]

    def test_they_are_given_up_when_nobody_asks_any_more(self) -> None:
        """In reverse, and made again when somebody does."""
        card = Card()
        levels = armed(card)
        levels.rest(0.9 + LEASE_S)
        assert len(card.monitors) == 4
        levels.rest(0.9 + LEASE_S + 0.1)
        assert card.monitors == []
        assert not tell(levels, 0, 0.25, 5.0)
        levels.read(6.0)
        assert len(card.monitors) == 1

    def test_one_below_another_programs_stays_and_is_not_mistaken(self) -> None:
        """New ones get names that nobody has, above it."""
        card = Card()
        levels = armed(card)
        card.monitors.append("mod-ui")
        levels.give_up()
        assert len(card.monitors) == 5
        for tenth in range(12):
            levels.read(10 + tenth / 10)
        assert len(card.monitors) == len(set(card.monitors)) == 9
        assert tell(levels, 5, 0.25, 12.0)
        assert not tell(levels, 0, 0.25, 12.0)
        assert levels.read(12.0) == ([0.25, 0.0], [0.0, 0.0])

    def test_what_a_killed_bridge_left_is_swept_away(self) -> None:
        """Before the first of a new one's is made."""
        card = Card()
        armed(card)
        armed(card)
        assert len(card.monitors) == 4

    def test_also_where_the_names_have_begun_anew(self) -> None:
        """They lie in the order they were made, not in that of their names."""
        card = Card()
        card.outputs = card.outputs[:1]  # so that names run out in the middle
        levels = armed(card)
        for again in range(1, 6):
            levels.rest(again * 10.0)
            for tenth in range(6):
                levels.read(again * 10.0 + tenth / 10)
        assert card.monitors == [f"controld:level_{serial}" for serial in (15, 0, 1)]
        armed(card)
        assert len(card.monitors) == 3

    def test_one_whose_answer_came_too_late_is_swept_away(self) -> None:
        """It is made, though nobody said so."""
        card = Card()
        late = iter((True, False))

        def ask(line: str) -> str | None:
            reply = card.ask(line)
            return None if line.endswith(" 1") and next(late, False) else reply

        levels = Levels(card.view, ask)
        for tenth in range(8):
            levels.read(tenth / 10)
        levels.give_up()
        levels.read(2.0)
        assert len(card.monitors) == 1

    def test_another_mod_host_has_none(self) -> None:
        """They are made anew there; also where the card has other ports."""
        card = Card()
        levels = armed(card)
        card.monitors.clear()
        levels.forget()
        for tenth in range(5):
            levels.read(20 + tenth / 10)
        assert len(card.monitors) == 4
        assert tell(levels, 3, 0.5, 20.5)

    def test_a_mod_host_that_refuses_is_silent(self) -> None:
        """It is asked again, one at a time, and nothing is believed to be there."""
        card = Card()
        levels = Levels(card.view, lambda line: card.lines.append(line) or "resp -902")  # type: ignore[func-returns-value]
        for tenth in range(5):
            assert levels.read(tenth / 10) == ([0.0, 0.0], [0.0, 0.0])
        assert len(card.lines) == 2 * MOST + 5


@needs_jackd
def test_on_a_real_server_they_are_joined_and_nobody_else_sees_them() -> None:
    """The effect's cable to the meter is not among the connections that a session would part."""
    with JackServer(), held_ports(PORTS) as (tell_it, answers), closing(JackView()) as view:
        wait_until(lambda: view.look() or view.connected, "mod-host's ports")
        made: list[str] = []

        def order(word: str) -> None:
            tell_it.write(word + "\n")
            tell_it.flush()
            assert answers.readline() == "done\n"

        def ask(line: str) -> str:
            _, name, on = line.split(" ")
            if on == "1":
                made.append(name)
            elif made[-1:] != [name]:
                return "resp -902"
            else:
                made.pop()
            order("make" if on == "1" else "drop")
            return "resp 0"

        levels, now = Levels(view, ask), count()

        def heard_at(number: int) -> list[str]:
            levels.read(float(next(now)))
            return view.neighbours(f"{MONITOR}{number}")

        wait_until(lambda: heard_at(3) == ["effect_7:out"], "the cable to the meter of the speakers")
        wait_until(lambda: heard_at(1) == ["system:capture_1"], "the one of the input")
        assert len(view.ports(MONITOR)) == 4
        assert view.connections() == [("effect_7:out", "system:playback_1")]
        order("part")
        wait_until(lambda: not heard_at(3), "the parting")
        levels.give_up()
        wait_until(lambda: not view.ports(MONITOR), "the end of the monitors")


def test_a_host_that_cannot_see_jack_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """And asks mod-host for nothing."""
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "controld-none")
    with ModHostThread() as served:
        host = ModHost(served.address)
        wait_until(lambda: host.take_events() or host.healthy(), "mod-host")
        with pytest.raises(AudioError, match="cannot be seen from here"):
            host.audio("get_audio_levels", {})
        assert not [line for line in served.lines if line.startswith("monitor_audio_levels")]
        host.close()
