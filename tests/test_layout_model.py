"""What a layout is, whatever the rig: everything has a place of its own, and an address that the rig knows."""

from itertools import combinations, pairwise

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from layout_rigs import all_sizes, grounds, shipped_ground

from controld.changes import BypassChanged, ParameterChanged, PedalboardChanged, State
from controld.errors import ControldError
from controld.layouts.grid import SIZES, measures_of, parse_size, rows_of, split
from controld.layouts.ground import Ground
from controld.layouts.model import Frame, Kind, Layout, Page, Tabs, Widget
from controld.layouts.pages import build_layout
from controld.mappings.labels import target_label
from controld.osc_namespace import Namespace
from controld.session.model import Pedalboard
from controld.values import Scale

# A rig is too large to be made smaller step by step; what fails is told as it was found.
FAST = (Phase.explicit, Phase.reuse, Phase.generate)
SLOW = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def rooms_of(layout: Layout) -> list[tuple[Frame, tuple[Widget, ...]]]:
    """Return each room with the widgets that stand in it."""
    header = Frame(0, 0, layout.width, layout.header_height)
    return [(header, layout.header), *((layout.page, page.widgets) for page in layout.tabs.pages())]


def told(ground: Ground, board: Pedalboard) -> Namespace:
    """Return a namespace that was told a pedalboard with all its parameters."""
    namespace = Namespace()
    effects = board.effect_names()
    namespace.receive(PedalboardChanged(board.name, 1, State.CONFIRMED, effects, board.snapshot_names(),
                                        pedalboards=ground.numbered))  # fmt: skip
    for effect in board.effects:
        namespace.receive(BypassChanged(effect.name, bypassed=False, confirmed=False, state=State.CONFIRMED))
        for knob in ground.knobs(effect):
            scale = knob.scale or Scale()
            namespace.receive(ParameterChanged(effect.name, knob.symbol, 0.0, 0.0, State.CONFIRMED, scale))
    return namespace


class TestAnyRig:
    @SLOW
    @given(grounds(), all_sizes())
    def test_everything_has_a_place_of_its_own(self, ground: Ground, size: tuple[int, int]) -> None:
        """No widget leaves its page or covers another."""
        for room, widgets in rooms_of(build_layout(ground, size)):
            assert all(room.holds(widget.frame) for widget in widgets)
            for one, other in combinations(widgets, 2):
                assert not one.frame.overlaps(other.frame), (one, other)

    @SLOW
    @given(grounds())
    def test_every_address_is_one_the_rig_knows(self, ground: Ground) -> None:
        """What is sent comes to an action, and what is listened to is told, on the pedalboard it is made for."""
        for board in ground.pedalboards:
            layout = build_layout(ground, SIZES["tablet"], [board.name])
            namespace = told(ground, board)
            namespace.want_words()
            known = {fact.address for fact in namespace.dump()}
            for widget in layout.widgets():
                if widget.target:
                    argument = 0.5 if widget.kind is Kind.FADER else widget.value
                    action = namespace.read(widget.target, (argument,))
                    assert action is not None
                    assert not isinstance(action, str), (widget, action)
                for address in filter(None, (widget.address, widget.label_address)):
                    room = address.split("/")[1]
                    assert address in known or room not in {"effect", "pedalboard"}, widget

    @SLOW
    @given(grounds(), all_sizes())
    def test_no_bar_has_more_tabs_than_a_finger_can_tell_apart(self, ground: Ground, size: tuple[int, int]) -> None:
        """Too many pages are put together, and every page can still be reached."""
        layout = build_layout(ground, size)
        most = measures_of(size).tabs

        def look(tabs: Tabs) -> int:
            assert 1 <= len(tabs.entries) <= most
            return sum(1 if isinstance(entry, Page) else look(entry) for entry in tabs.entries)

        def depth(tabs: Tabs) -> int:
            return 1 + max((depth(entry) for entry in tabs.entries if isinstance(entry, Tabs)), default=0)

        assert look(layout.tabs) == len(list(layout.tabs.pages()))
        assert layout.header_height + depth(layout.tabs) * layout.bar + layout.page.h <= layout.height

    @SLOW
    @given(grounds())
    def test_every_effect_and_snapshot_can_be_played(self, ground: Ground) -> None:
        """However many there are, each has a switch."""
        layout = build_layout(ground, SIZES["phone"])
        sent = {widget.target for widget in layout.widgets()}
        for board in ground.pedalboards:
            assert {f"/effect/{name}/toggle" for name in board.effect_names()} <= sent
            assert {f"/snapshot/{number}" for number in range(1, len(board.snapshots) + 1)} <= sent


class TestTheShippedRig:
    def test_a_switch_has_the_colour_of_the_rule_and_its_lamp_apart_from_its_press(self) -> None:
        """Floor and tablet agree; what is pressed is a toggle, what is shown is the truth."""
        layout = build_layout(shipped_ground(), SIZES["tablet"], ["Clean to Lead"], ["play"])
        drive = next(widget for widget in layout.widgets() if widget.label == "drive")
        assert (drive.kind, drive.address, drive.target) == (
            Kind.TOGGLE,
            "/effect/drive/active",
            "/effect/drive/toggle",
        )
        assert drive.color == "#f0524f"
        assert drive.note == "GxBoss DS1"

    def test_a_fader_has_the_scale_of_its_parameter(self) -> None:
        """Its marks are the parameter's own values at those shares, and its text is told by the rig."""
        layout = build_layout(shipped_ground(), SIZES["tablet"], ["Clean to Lead"], ["Faders"])
        widgets = list(layout.widgets())
        at = next(place for place, widget in enumerate(widgets) if widget.address == "/effect/wah/freq/normalized")
        caption, fader, value = widgets[at - 1 : at + 2]
        assert (caption.label, caption.note) == ("Frequency", "wah")
        assert dict(fader.marks) == {0.0: "10 Hz", 0.5: "447 Hz", 1.0: "20000 Hz"}
        assert (value.address, value.label) == ("/effect/wah/freq/text", "700 Hz")

    def test_the_parameters_the_files_speak_of_come_first(self) -> None:
        """Those of pedalboards, snapshots and rules, and no others, are on the first pages of faders."""
        ground = shipped_ground()
        chosen = {(knob.effect, knob.symbol) for knob in ground.chosen(ground.pedalboards[0])}
        assert {("wah", "freq"), ("delay", "amount"), ("reverb", "amount"), ("drive", "DRIVE")} <= chosen
        assert ("delay", "gain") not in chosen

    def test_the_tabs_follow_the_pedalboard(self) -> None:
        """They do where they stand as the pedalboards are numbered."""
        ground = shipped_ground()
        assert build_layout(ground, SIZES["tablet"]).tabs.follows == "/pedalboard"
        assert build_layout(ground, SIZES["tablet"], ["Ambient Swells"]).tabs.follows == ""

    @pytest.mark.parametrize(
        ("boards", "pages", "words"),
        [
            (["Clean to Led"], [], "did you mean `Clean to Lead`"),
            ([], ["Plya"], "did you mean `Play`"),
        ],
    )
    def test_a_wrong_name_is_told_with_the_nearest(self, boards: list[str], pages: list[str], words: str) -> None:
        """The person who can act is told what there is."""
        with pytest.raises(ControldError, match=words):
            build_layout(shipped_ground(), SIZES["tablet"], boards, pages)

    def test_pages_by_name_effect_and_number(self) -> None:
        """`delay` means all its pages, `delay 2` the second."""
        ground = shipped_ground()
        for asked, count in (("delay", 2), ("delay 2", 1), ("Drive", 1), ("faders", 2), ("rig", 1)):
            layout = build_layout(ground, SIZES["tablet"], ["Clean to Lead"], [asked])
            assert len(list(layout.tabs.pages())) == count, asked


class TestRooms:
    @pytest.mark.parametrize("written", ["tablte", "12x34", "9999x100", "1280", ""])
    def test_a_size_that_is_none(self, written: str) -> None:
        """It is refused with what would be one."""
        with pytest.raises(ControldError, match="is no size"):
            parse_size(written)

    def test_a_size_in_numbers(self) -> None:
        """Width and height."""
        assert parse_size("1180x820") == (1180, 820)

    def test_parts_fill_their_room_to_the_pixel(self) -> None:
        """Whatever the shares are."""
        parts = split(Frame(10, 0, 1001, 50), [1, 2, 3, 1])
        assert parts[0].x == 10
        assert sum(part.w for part in parts) == 1001
        assert all(one.x + one.w == other.x for one, other in pairwise(parts))

    def test_rows_are_even(self) -> None:
        """Seven cells of which five fit side by side are four and three, not five and two."""
        assert rows_of(7, 1000, 200) == [4, 3]
        assert rows_of(0, 1000, 200) == []


def test_every_target_has_a_label() -> None:
    """A new kind of target needs a line in the table."""
    from typing import get_args

    from controld.mappings.labels import _LABELS
    from controld.mappings.target import ActionTarget, WaitTarget

    assert set(_LABELS) == {*get_args(ActionTarget), WaitTarget}
    assert target_label(WaitTarget.__new__(WaitTarget)) == ""
