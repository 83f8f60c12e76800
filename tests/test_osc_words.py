"""Names, and values in words: told to clients with labels, and to no others."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from rig_process import Tablet, running

from controld.changes import BankChanged, ParameterChanged, PedalboardChanged, State, TempoChanged
from controld.mappings.texts import level_words
from controld.osc_clients import Client
from controld.osc_facts import Fact, Topic
from controld.osc_namespace import Namespace
from controld.osc_requests import Follow, read_request
from controld.values import Scale, ScalePoint

FREQ = Scale(20, 20_000, 1000, unit="Hz", logarithmic=True)
MODE = Scale(0, 1, 0, enumeration=True, points=(ScalePoint(0, "Plain"), ScalePoint(1, "Tape")))


def board(*snapshots: str, name: str = "Stage") -> PedalboardChanged:
    return PedalboardChanged(name, 1, State.CONFIRMED, ("wah",), snapshots, pedalboards=("Stage", "Été"))


def freq(value: float, state: State = State.CONFIRMED) -> ParameterChanged:
    return ParameterChanged("wah", "freq", value, value, state, FREQ)


def words_of(namespace: Namespace) -> dict[str, object]:
    return {fact.address: fact.value for fact in namespace.dump() if fact.topic is Topic.WORDS}


class TestNamespace:
    def test_nothing_is_said_in_words_before_anybody_asks(self) -> None:
        """So that a rig without labels pays nothing for them."""
        namespace = Namespace()
        told = [fact for change in (board("Clean"), freq(700)) for fact in namespace.receive(change).facts]
        assert not any(fact.topic is Topic.WORDS for fact in [*told, *namespace.dump()])

    def test_who_asks_later_is_told_all_that_there_is(self) -> None:
        """Names of every list and values of every parameter, as they stand."""
        namespace = Namespace()
        mode = ParameterChanged("wah", "mode", 1, 1, State.CONFIRMED, MODE)
        tempo = TempoChanged(119.987, rolling=False)
        for change in (tempo, BankChanged("Gig", 1, ("Stage",), ("Gig",)), board("Clean", "Lead"), freq(700), mode):
            namespace.receive(change)
        namespace.want_words()
        assert words_of(namespace) == {
            "/pedalboard/1/name": "Stage",
            "/pedalboard/2/name": "Été",
            "/snapshot/1/name": "Clean",
            "/snapshot/2/name": "Lead",
            "/bank/1/name": "Gig",
            "/tempo/text": "120",
            "/effect/wah/freq/text": "700 Hz",
            "/effect/wah/mode/text": "Tape",
        }

    def test_words_follow_the_rig(self) -> None:
        """A parameter that moves, and a pedalboard with fewer snapshots: what is gone has no name any more."""
        namespace = Namespace()
        namespace.receive(board("Clean", "Lead"))
        namespace.want_words()
        assert Fact("/effect/wah/freq/text", "1200 Hz", topic=Topic.WORDS).value in {
            fact.value for fact in namespace.receive(freq(1200)).facts
        }
        told = {fact.address: fact.value for fact in namespace.receive(board("Solo", name="Été")).facts}
        assert (told["/snapshot/1/name"], told["/snapshot/2/name"]) == ("Solo", "")
        assert "/snapshot/2/name" not in words_of(namespace)


class TestClients:
    def test_only_who_asked_is_told(self) -> None:
        """A plain client gets the number alone."""
        facts = [Fact("/effect/wah/freq", 700.0), Fact("/effect/wah/freq/text", "700 Hz", topic=Topic.WORDS)]
        plain, labelled = Client(("a", 1), 0.0), Client(("b", 1), 0.0, topics={Topic.WORDS})
        for client in (plain, labelled):
            client.offer(facts, 1.0)
        assert [*plain.queue] == ["/effect/wah/freq"]
        assert [*labelled.queue] == ["/effect/wah/freq", "/effect/wah/freq/text"]

    def test_the_request(self) -> None:
        """Nothing and 1 ask for words, 0 ends them, text is refused."""
        assert read_request("/controld/words", (), "") == Follow(Topic.WORDS)
        assert read_request("/controld/words", (1.0,), "f") == Follow(Topic.WORDS)
        assert read_request("/controld/words", (0,), "i") == Follow(Topic.WORDS, on=False)
        assert isinstance(read_request("/controld/words", ("yes",), "s"), str)


class TestInWords:
    def test_a_switch_is_on_or_off(self) -> None:
        """A parameter that is a switch has no number that says anything."""
        assert [level_words(value, Scale(0, 1, toggled=True)) for value in (0, 1)] == ["off", "on"]

    @given(st.floats(-1e6, 1e6), st.sampled_from(["", "dB", "ms"]))
    def test_a_number_stays_recognisable(self, value: float, unit: str) -> None:
        """What is read on a label is the value to about a percent, with its unit."""
        number, _, said = level_words(value, Scale(-1e6, 1e6, unit=unit)).partition(" ")
        assert said == unit
        assert abs(float(number) - value) <= max(0.005 + 1e-9, abs(value) * 0.01)


def test_a_tablet_with_labels_and_one_without(tmp_path: Path) -> None:
    """The real daemon: one is told words and sees them change, the other is not; and no more after 0."""
    with running(tmp_path) as rig, Tablet(rig.osc_port) as labelled, Tablet(rig.osc_port) as plain:
        plain.send("/controld/hello")
        labelled.send("/controld/words")
        labelled.wait("/snapshot/2/name", "Lead")
        labelled.wait("/pedalboard/1/name", "Stage")
        labelled.wait("/effect/drive/drive/text", "0.25")
        labelled.send("/effect/drive/drive/normalized", 0.5)
        labelled.wait("/effect/drive/drive/text", "0.5")
        labelled.send("/controld/words", 0)
        labelled.send("/effect/drive/toggle", 1)
        labelled.wait("/effect/drive/active", 1)
        plain.wait("/effect/drive/active", 1)
        plain.send("/effect/drive/drive", 0.75)
        labelled.wait("/effect/drive/drive", 0.75)
        assert labelled.newest("/effect/drive/drive/text") == ("0.5",)
        assert not [address for address in plain.heard if address.endswith(("/text", "/name"))]
