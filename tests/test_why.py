"""What the monitor says where no rule took what a control did."""

from controld.events import ControlEvent, ControlMoved, ControlTurned, ProgramChosen
from controld.mappings.mapper import Mapper
from controld.mappings.profile import Control, Kind
from controld.mappings.rule import Condition, Gesture, Page, Rule, Stage, Trigger
from controld.mappings.target import BypassTarget
from controld.rig import Rig

KINDS = {
    "plain": Kind.BUTTON, "held": Kind.BUTTON, "paged": Kind.BUTTON, "asking": Kind.BUTTON, "free": Kind.BUTTON,
    "patch": Kind.PROGRAM, "wheel": Kind.ENCODER,
}  # fmt: skip
CONTROLS = {f"f.{name}": Control(name, kind, None) for name, kind in KINDS.items()}
DRIVE = BypassTarget(("drive",))
RULES = (
    Rule("s:1", (Trigger("f.plain", Gesture.PRESS),), (DRIVE,)),
    Rule("s:2", (Trigger("f.held", Gesture.HOLD, 0.5),), (DRIVE,)),
    Rule("s:3", (Trigger("f.paged", Gesture.PRESS),), (DRIVE,), page="solo"),
    Rule("s:4", (Trigger("f.asking", Gesture.PRESS),), (DRIVE,), condition=Condition(snapshots=("Lead",))),
    Rule("s:5", (Trigger("f.patch", Gesture.CHANGE, program=5),), (DRIVE,)),
    Rule("s:6", (Trigger("f.wheel", Gesture.MOVE),), (DRIVE,), condition=Condition(pages=("solo",))),
)


def why(event: ControlEvent) -> str:
    """Return what is said after an event that led to nothing."""
    mapper = Mapper(RULES, CONTROLS, Stage((Page("main", start=True), Page("solo"))))
    assert not mapper.receive(event)
    return mapper.why_none(event)


def test_each_reason_has_its_words() -> None:
    """With the rule, the page or the number that explains it."""
    assert why(ControlMoved("f.free", 1.0, 0.0)) == "no rule uses f.free"
    assert why(ControlMoved("f.nowhere", 1.0, 0.0)) == "no rule uses f.nowhere"
    assert why(ControlMoved("f.held", 1.0, 0.0)).startswith("it may still become something else")
    assert why(ControlMoved("f.paged", 1.0, 0.0)) == "its rules are on page solo, and page main is active"
    assert why(ControlMoved("f.asking", 1.0, 0.0)) == "s:4 asks for snapshot Lead"
    assert why(ProgramChosen("f.patch", 4, 0.0)) == "no rule takes program 4"
    assert why(ControlTurned("f.wheel", 1, 0.0)) == "s:6 asks for page solo"


def test_a_switch_that_comes_up_needs_no_reason() -> None:
    """Hardly anything waits for that, and nobody wonders."""
    assert why(ControlMoved("f.plain", 0.0, 0.0)) == ""


def test_it_is_told_only_to_who_watches() -> None:
    """Once for an event that led to nothing, never for one that did."""
    rig = Rig(RULES, CONTROLS, [])
    seen: list[tuple[str, object]] = []
    rig.receive(ControlMoved("f.free", 1.0, 0.0), 0.0)
    rig.trace = lambda step, value: seen.append((step, value))
    rig.receive(ControlMoved("f.free", 1.0, 0.0), 0.0)
    assert [value for step, value in seen if step == "none"] == ["no rule uses f.free"]
