"""What is remembered of a mod-host by what passed, against the virtual host that was told the same."""

from hypothesis import given
from hypothesis import strategies as st

from controld.bridge.hosts.base import HostEvent
from controld.bridge.hosts.catalogue import ENABLED, load_catalogue
from controld.bridge.hosts.modhost_memory import BYPASS, Memory, reads_as
from controld.bridge.hosts.virtual import VirtualHost
from controld.bridge.hosts.virtual_numbers import single
from controld.bridge.modhost_protocol import tokenize

URIS = [
    "http://drobilla.net/plugins/mda/Overdrive",
    "http://calf.sourceforge.net/plugins/Compressor",
    "http://guitarix.sourceforge.net/plugins/gx_bossds1_#_bossds1_",
    "urn:nope",
]
numbers = st.integers(-1, 4)
words = st.sampled_from(["0", "1", "0.5", "7", "-3", "x", "nan"])
symbols = st.sampled_from(["drive", "output", "bypass", "threshold", "BYPASS", "DRIVE", BYPASS, "nope"])
ports = st.sampled_from([
    "system:capture_1", "system:playback_1", "system:midi_capture_1", "nope:nope",
    *(f"effect_{number}:{symbol}" for number in (0, 1) for symbol in ("left_in", "left_out", "in_l", "out_l")),
    *(f"effect_{number}:{symbol}" for number in (0, 1) for symbol in ("events_in", "events_out")),
])  # fmt: skip
settings_ = st.lists(st.tuples(symbols, words), max_size=3)


def joined(*parts: object) -> str:
    return " ".join(map(str, parts))


@st.composite
def flushes(draw: st.DrawFn, name: str, *head: object) -> str:
    pairs = draw(settings_)
    return joined(name, *head, len(pairs), *(word for pair in pairs for word in pair))


@st.composite
def many(draw: st.DrawFn, name: str, *head: object) -> str:
    named = draw(st.lists(numbers, min_size=1, max_size=3))
    return joined(name, *head, len(named), *named)


lines = st.one_of(
    st.builds(joined, st.sampled_from(["add", "preload"]), st.sampled_from(URIS), numbers),
    st.builds(joined, st.sampled_from(["remove", "remove", "nonsense"]), numbers),
    st.builds(joined, st.just("bypass"), numbers, words),
    st.builds(joined, st.just("param_set"), numbers, symbols, words),
    numbers.flatmap(lambda number: flushes("params_flush", number, 0)),
    st.builds(joined, st.sampled_from(["connect", "disconnect"]), ports, ports),
    st.builds(joined, st.just("disconnect_all"), ports),
    many("multi_remove"),
    st.integers(0, 1).flatmap(lambda on: many("multi_bypass", on)),
    st.tuples(symbols, words).flatmap(lambda pair: many("multi_param_set", *pair)),
    many("multi_params_flush 0").flatmap(flushes),
)


@given(st.lists(lines, max_size=40))
def test_it_is_what_the_host_has(script: list[str]) -> None:
    """Whatever was asked, done or refused: effects with every value, and connections in JACK's direction."""
    host, memory = VirtualHost(), Memory(load_catalogue)
    before = set(host.connections())
    for line in script:
        name, *rest = tokenize(line)
        memory.observe(name, rest, host.execute(line) or "")
        assert repr(sorted(memory.effects().items())) == repr(sorted(host.effects().items())), line
        assert set(memory.pairs()) == set(host.connections()) - before, line


@given(st.lists(lines, max_size=40))
def test_its_events_lead_to_what_it_holds(script: list[str]) -> None:
    """Who only hears the events knows the same: nothing changes in silence."""
    host, memory = VirtualHost(), Memory(load_catalogue)
    heard: dict[int, dict[str, float]] = {}
    for line in script:
        name, *rest = tokenize(line)
        memory.observe(name, rest, host.execute(line) or "")
        for event in memory.take_events():
            take(heard, event)
    for number, loaded in memory.loaded.items():
        enabled = loaded.plugin.enabled_control if loaded.plugin else None  # 1 in every effect that is new
        heard[number] = {enabled.symbol: 1.0, **heard[number]} if enabled else heard[number]
    assert repr(by_name(heard)) == repr(by_name({number: each.values for number, each in memory.loaded.items()}))


def take(heard: dict[int, dict[str, float]], event: HostEvent) -> None:
    """Do what a listener does with an event about an effect."""
    number, value = event.get("effect_id"), event.get("value")
    if not isinstance(number, int):
        return
    if event["type"] == "effect_added":
        plugin = load_catalogue()[str(event["uri"])]
        values = {control.symbol: control.default for control in plugin.controls if control.designation != ENABLED}
        heard[number] = {**values, BYPASS: 0.0}
    elif event["type"] == "effect_removed":
        del heard[number]
    elif isinstance(value, float):
        heard[number][str(event["symbol"])] = value


def by_name(effects: dict[int, dict[str, float]]) -> list[tuple[int, list[tuple[str, float]]]]:
    return [(number, sorted(values.items())) for number, values in sorted(effects.items())]


@given(st.floats(-1e6, 1e6, width=32))
def test_a_value_is_recognised_as_mod_host_prints_it(value: float) -> None:
    """Four decimals of 32 bits: 2182.58 comes back as 2182.5801, and is no other value; a neighbour of it is."""
    written = single(value)
    assert reads_as(written, float(f"{value:.4f}"))
    assert not reads_as(written, float(f"{value + max(0.001, abs(value) * 1e-5):.4f}"))
