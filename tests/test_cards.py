"""Switch cards: what a floorboard's switches do, in their places, on a sheet that can be printed."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from config_texts import read_profile
from hypothesis import given
from hypothesis import strategies as st
from layout_rigs import HARD_NAMES, SHIPPED

from controld.cards.command import cards_of
from controld.cards.drawing import width_of, wrapped
from controld.cards.html import cards_html
from controld.cards.model import Card, Line, Spot, build_cards
from controld.cards.svg import HEIGHT, WIDTH, card_svg
from controld.check import catalogue_symbols
from controld.cli import main
from controld.config import load_rig
from controld.errors import ControldError
from controld.mappings.profile import Kind, Profile
from controld.mappings.rule import Condition, Gesture, Look, Page, Rule, Trigger
from controld.mappings.target import BypassTarget, PageTarget, ParameterTarget, SnapshotTarget, Target
from controld.session.model import EffectSetup, Pedalboard

SVG = "{http://www.w3.org/2000/svg}"
EFFECTS = EffectSetup("drive", "urn:a"), EffectSetup("fuzz", "urn:b")
BOARD = Pedalboard("Stage", EFFECTS, roles={"dirt": ("drive", "fuzz")})
OTHER = Pedalboard("Acoustic", EFFECTS[:1], roles={"dirt": ("drive",)})
FLOOR, _ = read_profile("""\
version: 1
description: a floor
controls:
  fs{1..6}: {cc: "{20..25}", kind: button, led: {cc: "{20..25}"}}
  exp1: {cc: 7, kind: pedal}
""")


def rule(control: str, target: Target, gesture: Gesture = Gesture.PRESS, **more: object) -> Rule:
    """Return a rule of a control of the floor."""
    return Rule("a:1", (Trigger(f"floor.{control}", gesture),), (target,), **more)  # type: ignore[arg-type]


def spots_of(card: Card) -> dict[str, Spot]:
    """Return all controls of a card by name."""
    rows = [spot for row in card.rows for spot in row if spot is not None]
    return {spot.name: spot for spot in (*rows, *card.pedals, *card.knobs)}


class TestModel:
    def test_switches_stand_as_boards_are_numbered(self) -> None:
        """Six are two rows of three, and the first three are next to the player, who is below."""
        (card,) = build_cards("floor", FLOOR, [], [], [BOARD])
        names = [[spot.name if spot else "" for spot in row] for row in card.rows]
        assert names == [["fs4", "fs5", "fs6"], ["fs1", "fs2", "fs3"]]

    def test_a_place_in_the_profile_wins(self) -> None:
        """Row and column, with holes where nothing stands."""
        profile, _ = read_profile("""\
version: 1
controls:
  a: {cc: 1, kind: button, place: [1, 3]}
  b: {cc: 2, kind: button, place: [2, 1]}
  n{1..2}: {cc: "{3..4}", kind: button, place: [1, "{1..2}"]}
""")
        (card,) = build_cards("floor", profile, [], [], [BOARD])
        names = [[spot.name if spot else "" for spot in row] for row in card.rows]
        assert names == [["b", "", ""], ["n1", "n2", "a"]]

    def test_gestures_in_their_order_with_the_colour_of_the_light(self) -> None:
        """A press first, then what takes longer; the rule's name where it has one."""
        rules = [
            rule("fs1", SnapshotTarget("Lead"), Gesture.HOLD, name="solo"),
            rule("fs1", BypassTarget(("drive",)), look=Look(color="red")),
            rule("exp1", ParameterTarget("drive", "gain")),
        ]
        (card,) = build_cards("floor", FLOOR, rules, [], [BOARD])
        spots = spots_of(card)
        assert spots["fs1"].lines == (Line("", "drive"), Line("hold", "solo"))
        assert spots["fs1"].color == spots["exp1"].color == "#f0524f"
        assert spots["fs2"] == Spot("fs2", Kind.BUTTON)

    def test_a_card_for_each_page_and_one_for_pedalboards_that_are_alike(self) -> None:
        """A page hides the rules of no page; its name and colour are on its card, and a condition on it is no news."""
        rules = [
            rule("fs1", BypassTarget(("drive",))),
            rule("fs1", SnapshotTarget("Solo"), page="solo"),
            rule("fs2", PageTarget("solo"), condition=Condition(pages=("stomp",), effects=(("drive", True),))),
        ]
        pages = [Page("stomp", start=True), Page("solo", color="violet")]
        stomp, solo = build_cards("floor", FLOOR, rules, pages, [BOARD, OTHER])
        assert (stomp.boards, solo.boards) == (("Stage", "Acoustic"),) * 2
        assert spots_of(stomp)["fs1"].lines == (Line("", "drive"),)
        assert spots_of(solo)["fs1"].lines == (Line("", "Solo"),)
        assert spots_of(stomp)["fs2"].lines == (Line("", "solo", "drive active"),)
        assert spots_of(solo)["fs2"].lines == ()
        assert (solo.page, solo.color) == ("solo", "#9a6bf0")

    def test_pedalboards_that_differ_have_cards_of_their_own(self) -> None:
        """By the rules that count there, and by the effects that a role stands for."""
        rules = [
            rule("fs1", BypassTarget(("role:dirt",))),
            rule("fs2", SnapshotTarget(1), condition=Condition(pedalboards=("Stage",))),
        ]
        stage, acoustic = build_cards("floor", FLOOR, rules, [], [BOARD, OTHER])
        assert spots_of(stage)["fs1"].lines == (Line("", "drive + fuzz"),)
        assert spots_of(acoustic)["fs1"].lines == (Line("", "drive"),)
        assert [len(spots_of(card)["fs2"].lines) for card in (stage, acoustic)] == [1, 0]

    def test_chords_and_programs_stand_below(self) -> None:
        """They belong to no switch alone."""
        chord = Trigger("floor.fs1+floor.fs2", Gesture.PRESS, chord=("floor.fs1", "floor.fs2"))
        program = Trigger("floor.patch", Gesture.CHANGE, program=5)
        rules = [Rule("a:1", (each,), (SnapshotTarget("Lead"),)) for each in (chord, program)]
        (card,) = build_cards("floor", FLOOR, rules, [], [BOARD])
        assert card.others == (("fs1 + fs2", "Lead"), ("program 5", "Lead"))


NAMES = st.one_of(st.sampled_from(HARD_NAMES), st.text(max_size=60))
LINES = st.lists(st.builds(Line, st.sampled_from(["", "hold", "double"]), NAMES, NAMES), max_size=5).map(tuple)
SPOTS = st.builds(Spot, NAMES, st.sampled_from(list(Kind)), LINES, st.sampled_from(["", "#f0524f", "#ffffff"]))
CARDS = st.builds(
    Card, NAMES, NAMES, NAMES, st.sampled_from(["", "#123456"]), st.lists(NAMES, max_size=3).map(tuple),
    st.lists(st.lists(SPOTS, min_size=1, max_size=5).map(tuple), max_size=4).map(tuple),
    st.lists(SPOTS, max_size=4).map(tuple), st.lists(SPOTS, max_size=5).map(tuple),
    st.lists(st.tuples(NAMES, NAMES), max_size=7).map(tuple),
)  # fmt: skip


class TestDrawing:
    @given(CARDS)
    def test_any_card_is_a_picture_within_its_sheet(self, card: Card) -> None:
        """Well-formed whatever things are called; no box leaves the paper."""
        root = ET.fromstring(card_svg(card))
        assert root.tag == f"{SVG}svg"
        for box in root.iter(f"{SVG}rect"):
            x, y, w, h = (float(box.get(key, "0")) for key in ("x", "y", "width", "height"))
            assert min(x, y, w, h) >= 0
            assert x + w <= WIDTH + 0.1
            assert y + h <= HEIGHT + 0.1

    @given(NAMES, st.floats(30, 400), st.integers(1, 2))
    def test_a_text_fits_or_is_cut(self, said: str, width: float, lines: int) -> None:
        """It is never wider than its room, but for a single letter; nothing is lost where nothing is cut."""
        parts, size = wrapped(said, width, 30, 10, lines=lines)
        assert len(parts) <= lines
        assert all(width_of(part, size, bold=True) <= width or len(part) <= 2 for part in parts)
        if not parts[-1].endswith("…"):
            assert " ".join(parts) == said or len(said) <= 2 or len(parts[0]) == 1

    def test_a_sheet_for_each_card(self) -> None:
        """One page of the browser's print for each, of the paper that was asked for."""
        card = Card("floor", "", "", "", ("A",), ())
        page = cards_html([card, card, card], "a5")
        assert page.count("<svg") == 3
        assert "size: A5 landscape" in page
        assert page.count("break-after: page") == 1


class TestCommand:
    def test_the_shipped_rig(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """A page with one card, on which the drive is red and held for the solo."""
        path = tmp_path / "card.html"
        assert main(["card", "--config", str(SHIPPED), "-o", str(path)]) == 0
        text = path.read_text(encoding="utf-8")
        assert "floor / Clean to Lead, Ambient Swells" in capsys.readouterr().out
        drawing = ET.fromstring(text[text.index("<svg") : text.index("</svg>") + 6])
        words = [each.text for each in drawing.iter(f"{SVG}text")]
        assert {"drive", "solo", "next board", "wah", "program 0"} <= set(words)
        assert any(box.get("fill") == "#f0524f" for box in drawing.iter(f"{SVG}rect"))

    def test_pictures(self, tmp_path: Path) -> None:
        """One file by its name, and numbered ones where there are several cards."""
        assert (
            main(["card", "--config", str(SHIPPED), "-o", str(tmp_path / "one.svg"), "--pedalboard", "Ambient Swells"])
            == 0
        )
        assert [path.name for path in tmp_path.iterdir()] == ["one.svg"]

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["flor"], "did you mean `floor`"),
            (["--page", "solo"], "there is no page `solo`"),
            (["--pedalboard", "Clean to Led"], "did you mean `Clean to Lead`"),
            (["-o", "/nowhere/at/all.html"], "cannot be written"),
        ],
    )
    def test_a_mistake_is_told_in_one_line(
        self, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """With what would be right."""
        assert main(["card", "--config", str(SHIPPED), *words]) == 1
        told = capsys.readouterr().err
        assert said in told
        assert len(told.splitlines()) == 1

    def test_a_rig_without_a_floorboard(self) -> None:
        """There is nothing to draw, and that is said."""
        config = load_rig(SHIPPED, catalogue_symbols())
        with pytest.raises(ControldError, match="nothing to draw"):
            cards_of(config.__class__(config.path, pedalboards=config.pedalboards), [], [], [])


def test_a_place_is_no_reason_to_hear_a_device_anew() -> None:
    """Moving a switch on paper does not touch what is played."""
    from dataclasses import replace

    from controld.mappings.profile import sent_of

    moved = Profile("p", "", {name: replace(each, place=(1, 1)) for name, each in FLOOR.controls.items()})
    assert sent_of(moved) == sent_of(FLOOR)
