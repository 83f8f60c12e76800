"""The examples of the language's page do what the page says: each is played by a test in the language itself.

Every case is a rule (or several) as the page has it and a test of it. Without the rules each test fails, so none of
them shows what is so anyway.
"""

from pathlib import Path

import pytest
from design_page import BOARD, IF, PAGES, TESTS, URI, page_rig

from controld.config import RigConfig
from controld.offline import OfflineRig
from controld.rig import Rig
from controld.session.model import Plugin, Preset
from controld.standin import StandIn
from controld.trial import Trial, Verdict
from controld.values import Scale

PRESETS = (Preset("urn:clean", "Clean"), Preset("urn:crunch", "Crunch"), Preset("urn:fat", "Fat"))
PLUGINS = {
    URI % "drive": Plugin(URI % "drive", "Drive", {
        "gain": Scale(0.0, 1.0, 0.5, "dB"), "level": Scale(-20.0, 20.0, 0.0, "dB"),
    }, PRESETS),
    URI % "fuzz": Plugin(URI % "fuzz", "Fuzz", {"gain": Scale(-20.0, 20.0, 0.0, "dB")}),
    URI % "wah": Plugin(URI % "wah", "Wah", {"freq": Scale(100.0, 10_000.0, 1000.0, "Hz", logarithmic=True)}),
    URI % "delay": Plugin(URI % "delay", "Delay", {"time": Scale(0.0, 1000.0, 300.0, "ms")}),
    URI % "chorus": Plugin(URI % "chorus", "Chorus", {"rate": Scale(0.1, 10.0, 1.0, "Hz")}),
}  # fmt: skip


def offline(config: RigConfig) -> OfflineRig:
    """Return the rig of the page, on plugins whose scales are known."""
    rig = Rig(config.rules, config.controls, config.pedalboards, config.startup.pedalboard, stage=config.stage,
              banks=config.banks)  # fmt: skip
    values = {"urn:clean": {"gain": 0.1}, "urn:crunch": {"gain": 0.6}, "urn:fat": {"gain": 0.9}}
    return OfflineRig(rig, StandIn(PLUGINS, values), [surface.name for surface in config.surfaces])


def verdict(config: RigConfig) -> Verdict:
    """Play the one test of a rig."""
    (test,) = config.tests
    return Trial(test, offline(config), config.controls, config.rules).run()


def cases() -> dict[str, tuple[list[str], str]]:
    """Return the rules and the test of each example, by its name."""
    found: dict[str, tuple[list[str], str]] = {}
    blocks = (Path(__file__).parent / "design_behaviour.txt").read_text("utf-8").split("\n\n")
    for block in blocks[1:]:  # the first says what the file is
        name, *lines = block.strip().splitlines()
        rules = [line.removeprefix("- ").replace("{if}", IF) for line in lines if line.startswith("- ")]
        found[name.removeprefix("# ")] = rules, ", ".join(line for line in lines if not line.startswith("- "))
    return found


CASES = cases()


def rig_of(folder: Path, rules: list[str], test: str) -> RigConfig:
    """Return the page's rig with these rules and this test."""
    text = "version: 1\nrules:" + ("".join(f"\n  - {rule}" for rule in rules) or " []")
    return page_rig(folder, f"{text}\ntests:\n  - {{name: x, {test}}}\n")


@pytest.mark.parametrize("name", CASES)
def test_an_example_does_what_the_page_says(name: str, tmp_path: Path) -> None:
    """The rules do it."""
    failures = verdict(rig_of(tmp_path, *CASES[name])).failures
    assert failures == [], "\n".join(f"expected {each.expected}, found {each.found}" for each in failures)


@pytest.mark.parametrize("name", CASES)
def test_nothing_else_does_it(name: str, tmp_path: Path) -> None:
    """Without the rules nothing of the kind happens.

    Rules that make a control of a raw message stay, and do something else.
    """
    rules, test = CASES[name]
    raw = [rule.replace("drive/gain", "drive/level").replace("snapshot: Lead", "snapshot: Crunch")
           for rule in rules if "{midi:" in rule or "{osc:" in rule]  # fmt: skip
    assert verdict(rig_of(tmp_path, raw, test)).failures


def test_a_control_whose_role_the_pedalboard_lacks_does_nothing(tmp_path: Path) -> None:
    """No effect is touched on a board without the role, and its light stays dark."""
    rules = ["{when: floor.fs1, do: {bypass: role:dirt}}"]
    test = "given: {effect: {drive: active, fuzz: active}}, play: [%s], lights: {floor.fs1: %s}"
    config = rig_of(tmp_path / "has", rules, test % ("wait 1 s", "on"))
    assert verdict(config).failures == []
    test = test.replace("effect: {drive: active, fuzz: active}", "pedalboard: Ambient") + ", not: bypass wah"
    config = rig_of(tmp_path / "lacks", rules, test % ("floor.fs1", "off"))
    assert verdict(config).failures == []


def test_the_page_passes_its_own_test(tmp_path: Path) -> None:
    """The test of the page, on a Lead that leaves the drive as it is; with a longer hold it fails."""
    board = BOARD.replace("  Lead: {drive: {active: true, parameters: {gain: 0.8}}}", "  Lead: {delay: active}")
    assert board != BOARD
    config = page_rig(tmp_path, TESTS, **{"pedalboards__clean-to-lead": board})
    assert verdict(config).failures == []
    longer = page_rig(tmp_path, TESTS.replace("hold\n", "hold 2 s\n"), **{"pedalboards__clean-to-lead": board})
    failed = [each.expected for each in verdict(longer).failures]
    assert failed == ["not bypass drive", "snapshot Lead", "floor.fs1: off"]


@pytest.mark.parametrize(("page", "light"), [("solo", "red"), ("main", "off")])
def test_a_page_of_the_page(page: str, light: str, tmp_path: Path) -> None:
    """A page's rule counts on its page alone, and its light has the page's colour."""
    wanted = "expect: snapshot Solo 1" if page == "solo" else "not: snapshot Solo 1"
    test = f"given: {{snapshot: Clean, page: {page}}}, play: floor.fs1, {wanted}, lights: {{floor.fs1: {light}}}"
    config = page_rig(tmp_path, f"{PAGES}tests:\n  - {{name: x, {test}}}\n")
    assert verdict(config).failures == []
