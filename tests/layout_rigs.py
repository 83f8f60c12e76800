"""Rigs to make layouts of: the shipped one, and any that hypothesis thinks of."""

from pathlib import Path

from hypothesis import strategies as st

from controld.check import catalogue_symbols
from controld.config import load_rig
from controld.layouts.command import ground_of
from controld.layouts.ground import Ground
from controld.mappings.rule import Gesture, Look, Rule, Trigger
from controld.mappings.target import BypassTarget, ParameterTarget, SnapshotTarget
from controld.session.model import EffectSetup, Pedalboard, Plugin, Snapshot
from controld.values import Level, Scale, ScalePoint

SHIPPED = Path(__file__).parent.parent / "config"
# What apps could take for something else, and what is long, wide, or written from right to left.
HARD_NAMES = (
    "Été — solo",
    "a@{b.value}",
    "OSC{/x}",
    "JS{1+1}",
    "]]>",
    "<b>&\"'",
    "日本語のペダル",
    "מנגינה",
    "🎸🎸",
    "{n}",
    "x" * 60,
)
NAMES = st.one_of(
    st.sampled_from(HARD_NAMES), st.text(min_size=1, max_size=24).filter(lambda text: text.strip() == text)
)
SYMBOLS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,15}", fullmatch=True)
SCALES = st.sampled_from([
    Scale(), Scale(20, 20_000, 440, unit="Hz", logarithmic=True), Scale(0, 1, toggled=True),
    Scale(-60, 12, 0, unit="dB"),
    Scale(0, 2, 1, enumeration=True, points=(ScalePoint(0, "A"), ScalePoint(1, "B"), ScalePoint(2, "C"))),
    Scale(1, 16, 4, integer=True), Scale(0, 1, trigger=True, toggled=True), Scale(0, 0, 0),
])  # fmt: skip


def shipped_ground() -> Ground:
    """Return the shipped rig's."""
    return ground_of(load_rig(SHIPPED, catalogue_symbols()))


@st.composite
def boards(draw: st.DrawFn, name: str, uris: list[str]) -> Pedalboard:
    """Draw a pedalboard with any number of effects and snapshots."""
    effects = draw(st.lists(st.from_regex(r"[a-z][a-z0-9-]{0,11}", fullmatch=True), max_size=14, unique=True))
    setups = tuple(EffectSetup(effect, draw(st.sampled_from([*uris, "urn:unknown"])),
                               parameters=draw(st.dictionaries(SYMBOLS, st.just(Level(0.5)), max_size=2)))
                   for effect in effects)  # fmt: skip
    snapshots = tuple(Snapshot(each) for each in draw(st.lists(NAMES, max_size=20, unique=True)))
    roles = {"dirt": tuple(effects[:2])} if effects else {}
    return Pedalboard(name, setups, snapshots=snapshots, roles=roles)


@st.composite
def grounds(draw: st.DrawFn) -> Ground:
    """Draw a rig, with rules that colour some of it."""
    parameters = st.dictionaries(SYMBOLS, SCALES, max_size=40)
    plugins = {f"urn:{number}": Plugin(f"urn:{number}", draw(NAMES), draw(parameters)) for number in range(3)}
    names = draw(st.lists(NAMES, min_size=1, max_size=9, unique=True))
    drawn = tuple(draw(boards(name, [*plugins])) for name in names)
    trigger = (Trigger("floor.fs1", Gesture.PRESS),)
    rules = (
        Rule("a:1", trigger, (BypassTarget(("role:dirt",)),), look=Look(color="red")),
        Rule("a:2", trigger, (SnapshotTarget(1),), look=Look(color="#102030")),
        Rule("a:3", trigger, (ParameterTarget("role:dirt", "gain"),)),
    )
    return Ground(drawn, rules, plugins, numbered=tuple(names), banks=("One",), pages=draw(st.just(("stomp", "solo"))))


def all_sizes() -> st.SearchStrategy[tuple[int, int]]:
    """Any size that is allowed."""
    return st.tuples(st.integers(320, 2000), st.integers(320, 2000))
