"""The user documentation is true: its examples load, its commands, links, addresses and file names exist.

A block of YAML says by its first line how it is meant: ```yaml surfaces/desk.yaml``` is a complete file under that name
(written beside the shipped configuration, or over it), plain ```yaml``` is a complete file or a list of rules, checked
in the rig that the page's named files and the shipped ones make, and ```yaml fragment``` only has to be YAML.
"""

import argparse
import json
import re
import shlex
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from controld.bridge.faults import FAULTS
from controld.bridge.server_dispatch import CAPABILITIES, MAX_BATCH
from controld.bridge.supervisor import RESTART_FIRST_S, RESTART_MAX_S
from controld.check import catalogue_symbols
from controld.cli import COMMANDS as ALL_COMMANDS
from controld.cli import _parser
from controld.config import CONFIG_NAME, RigLoader, load_rig
from controld.config_schema import ENGINE, MIDI, OSC, RIG, STARTUP, SURFACE
from controld.config_wires import CLOCK, THRU
from controld.mappings.mapper import PENDING_AFTER_S
from controld.mappings.motion import FAST_PER_S, SLOW_PER_S, STEP_S
from controld.mappings.profile import Coding, Kind
from controld.mappings.profile_lights import LED, RING
from controld.mappings.profile_tables import CONTROL, PROFILE
from controld.mappings.rule import (
    DEFAULT_CHORD_S,
    DEFAULT_DOUBLE_S,
    DEFAULT_HEEL,
    DEFAULT_HOLD_S,
    DEFAULT_REPEAT_S,
    DEFAULT_TOE,
    ZONE_HYSTERESIS,
    Gesture,
)
from controld.mappings.schema_tables import ACTIONS, IF, LOOK, MAPPING, MIDI_MESSAGE, RULE
from controld.mappings.schema_words import NOT_BUILT_YET
from controld.mappings.takeover import MET_DISTANCE, PICKUP_DISTANCE, RECENT_S
from controld.osc_agenda import MAX_AHEAD_S, MAX_OF_ONE
from controld.osc_clients import MAX_CLIENTS, REFUSED_AT_ONCE, REFUSED_PER_S, SUBSCRIBED_S
from controld.osc_codec import DUMP_LIMIT, MAX_ADDRESS, MAX_ARGS, MAX_ELEMENTS
from controld.osc_limits import DEFAULT_RATE
from controld.osc_methods import METHODS, find_method
from controld.osc_requests import ANSWERS, MAX_SUBSCRIPTION_S, REQUESTS
from controld.ownership import OWNED_S
from controld.session.board_json import from_members, to_members
from controld.session.requests import ADD_DEADLINE_S, REPLY_DEADLINE_S
from controld.session.schema import BANKS, EFFECT, PEDALBOARD, RECALL
from controld.shape import Table
from controld.simulate import HOLD_S, parse_steps
from controld.surfaces.osc_tcp import MAX_LINKS, SLOW_S
from controld.trace import KINDS
from controld.trials import verdicts_of
from controld.values import CURVES, known_units
from controld.yaml_reader import compose

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
MAX_DEVELOPER_LINES = 120

_FENCE = re.compile(r"^(?P<indent> *)```(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_SPAN = re.compile(r"`(?P<text>[^`\n]+)`")


@dataclass(frozen=True)
class Block:
    """A fenced block: the first word after the fence, the rest of that line, the text, and its first line's number."""

    page: Path
    language: str
    label: str
    text: str
    line: int

    def __str__(self) -> str:
        """Return where it is."""
        return f"{self.page.name}:{self.line}"


def blocks_of(page: Path) -> Iterator[Block]:
    """Yield the fenced blocks of a page."""
    text = page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        language, _, label = found["info"].strip().partition(" ")
        line = text.count("\n", 0, found.start("text")) + 1
        yield Block(page, language, label.strip(), found["text"], line)


def prose_of(page: Path) -> str:
    """Return a page without its fenced blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def spans_of(text: str) -> set[str]:
    """Return what stands between backticks."""
    return {found["text"] for found in _SPAN.finditer(text)}


BLOCKS = [block for page in PAGES for block in blocks_of(page)]
YAML = [block for block in BLOCKS if block.language == "yaml"]
COMMANDS = {command.name for command in ALL_COMMANDS}


def rig_of(page: Path, folder: Path, **more: str) -> tuple[RigLoader, Path]:
    """Return the loader of the shipped rig with the named files of a page, and `more`, over it, after loading."""
    config = folder / "config"
    shutil.copytree(ROOT / "config", config)
    named = {block.label: block.text for block in blocks_of(page) if block.language == "yaml" and "/" in block.label}
    named |= {b.label: b.text for b in blocks_of(page) if b.language == "yaml" and b.label == CONFIG_NAME}
    for name, text in (named | more).items():
        path = config / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    loader = RigLoader(config / CONFIG_NAME, catalogue_symbols())
    loader.load()
    return loader, config


def complaints(loader: RigLoader) -> list[str]:
    """Return every mistake and warning."""
    return [str(problem) for problem in [*loader.report.problems, *loader.report.warnings]]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_named_files_of_a_page_make_a_rig(page: Path, tmp_path: Path) -> None:
    """Complete files load together, without a mistake and without a warning, and each is really read."""
    loader, config = rig_of(page, tmp_path)
    assert complaints(loader) == []
    names = {block.label for block in YAML if block.page == page and block.label not in {"", "fragment"}}
    unread = {name for name in names if config / name not in loader.files}
    assert not unread, "no file of the page's rig names these"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_tests_of_a_page_pass(page: Path, tmp_path: Path) -> None:
    """What a page's maps say of themselves is so, played offline."""
    loader, config = rig_of(page, tmp_path)
    if loader.report.problems:
        pytest.skip("its files have mistakes, which another test tells")
    verdicts = verdicts_of(load_rig(config, catalogue_symbols()))
    assert [(verdict.test.name, failure) for verdict in verdicts for failure in verdict.failures] == []


@pytest.mark.parametrize("block", [block for block in YAML if not block.label], ids=str)
def test_rules_of_a_page_load_in_its_rig(block: Block, tmp_path: Path) -> None:
    """Every rule that is shown is right: the controls, effects, snapshots and parameters it names exist."""
    text = block.text if block.text.startswith("version:") else f"version: 1\nrules:\n{block.text}"
    rig = next((b.text for b in blocks_of(block.page) if b.label == CONFIG_NAME), None)
    rig = rig or (ROOT / "config" / CONFIG_NAME).read_text(encoding="utf-8")
    rig, count = re.subn(r"^mappings:.*$", "mappings: [shown.yaml]", rig, flags=re.MULTILINE)
    assert count == 1, f"{block}: the page's rig has no line `mappings:`"
    loader, _ = rig_of(block.page, tmp_path, **{CONFIG_NAME: rig, "shown.yaml": text})
    assert complaints(loader) == [], f"{block}\n{text}"


@pytest.mark.parametrize("block", [block for block in YAML if block.label == "fragment"], ids=str)
def test_fragments_are_yaml(block: Block) -> None:
    """What is only a part of a file can at least be read."""
    _, problems = compose(block.text, str(block))
    assert problems == []


def test_blocks_say_what_they_are() -> None:
    """No fence without a language, no label that nothing looks at."""
    for block in BLOCKS:
        assert block.language in {"yaml", "sh", "text", "json", "python"}, (
            f"{block} has the language {block.language!r}"
        )
        known = {"", "fragment", CONFIG_NAME} if block.language == "yaml" else {""}
        assert block.label in known or block.label.endswith(".yaml"), f"{block} has the label {block.label!r}"


# Commands


def command_lines() -> Iterator[tuple[str, list[str]]]:
    """Yield every `controld ...` of the pages with its place, as words: from shell blocks and from backticks."""
    for page in PAGES:
        shown = [line for block in blocks_of(page) if block.language == "sh" for line in block.text.splitlines()]
        for line in [*shown, *spans_of(prose_of(page))]:
            for part in re.split(r"&&|\|", line.split("   #")[0]):
                words = shlex.split(part, comments=False) if part.count("'") != 1 else part.split()
                while words and "=" in words[0]:  # LOG_LEVEL=DEBUG controld run
                    words = words[1:]
                if words and words[0].rpartition("/")[2] == "controld" and len(words) > 1:
                    yield f"{page.name}: {line}", words[1:]


@pytest.mark.parametrize(("place", "words"), list(command_lines()), ids=lambda value: str(value)[:60])
def test_commands_exist(place: str, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Every command line that is shown would be taken: the command, its options, and what is simulated."""
    if words[0] in {"--help", "--version"} or "--help" in words:
        assert words[0] in {*COMMANDS, "--help", "--version"}, place
        return
    assert words[0] in COMMANDS, place
    if len(words) == 1:  # the name of a command alone, whatever it needs
        return
    try:
        args: argparse.Namespace = _parser(words).parse_args(words)
    except SystemExit:
        pytest.fail(f"{place}\n{capsys.readouterr().err}")
    if words[0] == "simulate" and not (args.keys or args.script):
        assert list(parse_steps(args.play)), place


def test_every_command_is_explained_somewhere() -> None:
    """No command is left out of the documentation."""
    told = {words[0] for _, words in command_lines()}
    assert told >= COMMANDS


# Links and names


def anchors_of(page: Path) -> set[str]:
    """Return the anchors that headings get: lower case, without punctuation, with hyphens for spaces."""
    headings = re.findall(r"^#+ (.+)$", prose_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_relative_links_resolve(page: Path) -> None:
    """Every link to a file of the project leads somewhere, to the very heading."""
    for found in _LINK.finditer(prose_of(page)):
        target = found["target"]
        if target.startswith(("http://", "https://")):
            continue
        name, _, anchor = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        assert path.exists(), target
        if anchor and path.suffix == ".md":
            assert anchor in anchors_of(path), target


def test_pages_are_reachable_from_the_readme() -> None:
    """Every page is linked, by the README or by a page it links."""
    targets = {found["target"].partition("#")[0] for page in PAGES for found in _LINK.finditer(prose_of(page))}
    names = {Path(target).name for target in targets}
    assert {page.name for page in PAGES if page.parent == DOCS} <= names


# What the pages tell of the program's own tables


def rows_of(page: Path, heading: str) -> list[list[str]]:
    """Return the rows of the table under a heading, as cells."""
    text = page.read_text(encoding="utf-8")
    section = re.search(rf"^#+ {re.escape(heading)}$(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    assert section, f"{page.name} has no heading {heading!r}"
    lines = [line.strip() for line in section[1].splitlines() if line.strip().startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def first_spans(page: Path, heading: str) -> set[str]:
    """Return what stands in backticks in the first column of the table under a heading."""
    return {span for row in rows_of(page, heading) for span in spans_of(row[0])}


def test_the_osc_namespace_is_told_as_it_is() -> None:
    """The two tables of `osc.md` have every address, and no other."""
    page = DOCS / "osc.md"
    assert first_spans(page, "Addresses of the rig") == {method.pattern for method in METHODS}
    assert first_spans(page, "Addresses of the connection") == set(REQUESTS) | ANSWERS


def test_osc_addresses_in_the_text_exist() -> None:
    """An address of the namespace that is told or sent anywhere has a method; what programs print is not looked at."""
    rooms = {"/effect", "/snapshot", "/pedalboard", "/controld"}
    for page in PAGES:
        shown = [block.text for block in blocks_of(page) if block.language != "text"]
        for address in re.findall(r"(?<![\w/.])/(?:effect|snapshot|pedalboard|controld|status)\b[\w/{}<>-]*",
                                  "\n".join([prose_of(page), *shown])):  # fmt: skip
            concrete = re.sub(r"<n>|\{number\}", "1", address)
            known = concrete in rooms | set(REQUESTS) | ANSWERS or find_method(concrete) is not None
            assert known, f"{page.name}: {address}"


TABLES: Mapping[str, Table] = {
    "rig": RIG, "clock": CLOCK, "thru": THRU, "engine": ENGINE, "surface": SURFACE, "midi": MIDI, "osc": OSC,
    "startup": STARTUP, "profile": PROFILE,
    "control": CONTROL, "led": LED, "ring": RING, "mapping": MAPPING, "rule": RULE, "if": IF, "feedback": LOOK,
    "pedalboard": PEDALBOARD, "effect": EFFECT, "recall": RECALL, "banks": BANKS, "message": MIDI_MESSAGE,
    **{f"action {name}": table for name, table in ACTIONS.items()},
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_every_key_of_the_language_is_explained(name: str) -> None:
    """The reference mentions each key of each table, alone or as the key of an example."""
    text = (DOCS / "mapping.md").read_text(encoding="utf-8")
    missing = {key for key in TABLES[name].fields if not re.search(rf"`{key}`|\b{key}:", text)}
    assert not missing


def test_every_word_of_the_language_is_explained() -> None:
    """Kinds, codings, gestures, curves and units are all mentioned in the reference."""
    text = (DOCS / "mapping.md").read_text(encoding="utf-8")
    words = {kind.value for kind in Kind} | {coding.value for coding in Coding} | {each.value for each in Gesture}
    words |= set(CURVES) | set(known_units())
    told = {word.lower() for span in spans_of(text) for word in span.split()}
    assert words - told == {"°"}, "`deg` is the way to write that one"


def test_words_that_come_later_are_listed() -> None:
    """The list at the end of the reference has exactly the words that are refused as not built yet."""
    told = {row[0].strip("`"): spans_of(row[1]) for row in rows_of(DOCS / "mapping.md", "Words that come later")}
    assert told == {room: set(words) for room, words in NOT_BUILT_YET.items()}


def test_the_bridge_is_told_as_it_is() -> None:
    """The tables of `engine.md` have every extension and every fault."""
    page = DOCS / "engine.md"
    assert first_spans(page, "Faults on request") == set(FAULTS)
    assert set(CAPABILITIES) <= spans_of(prose_of(page))


FIGURES = [
    ("mapping.md", f"held for {DEFAULT_HOLD_S * 1000:g} ms"),
    ("mapping.md", f"twice within {DEFAULT_DOUBLE_S * 1000:g} ms"),
    ("mapping.md", f"not confirmed after {PENDING_AFTER_S * 1000:g} ms"),
    ("gestures.md", f"down for {DEFAULT_HOLD_S * 1000:g} ms"),
    ("gestures.md", f"second press within {DEFAULT_DOUBLE_S * 1000:g} ms"),
    ("gestures.md", f"after {DEFAULT_REPEAT_S[0] * 1000:g} ms, then every {DEFAULT_REPEAT_S[1] * 1000:g} ms"),
    ("gestures.md", f"down within {DEFAULT_CHORD_S * 1000:g} ms"),
    ("gestures.md", f"{DEFAULT_TOE * 100:g} % of its way, `heel` at {DEFAULT_HEEL * 100:g} %"),
    ("gestures.md", f"gone {ZONE_HYSTERESIS * 100:g} % of its way back"),
    ("gestures.md", f"within {PICKUP_DISTANCE * 127:g} of 127 steps"),
    ("gestures.md", f"a moment ago ({RECENT_S * 1000:g} ms)"),
    ("gestures.md", f"within one step of {1 / MET_DISTANCE:g} of each other"),
    ("gestures.md", f"at most {1 / STEP_S:g} steps a second"),
    ("gestures.md", f"Up to {SLOW_PER_S:g} detents a second each counts once; from {FAST_PER_S:g} on"),
    ("osc.md", f"Up to {MAX_CLIENTS} clients"),
    ("osc.md", f"up to {MAX_LINKS} connections"),
    ("osc.md", f"takes nothing for {SLOW_S:g} s"),
    ("osc.md", f"up to {MAX_AHEAD_S:g} s, waits"),
    ("osc.md", f"({MAX_OF_ONE} messages of one sender)"),
    ("osc.md", f"hold {MAX_ELEMENTS} messages and {MAX_ARGS} arguments, and an address {MAX_ADDRESS} bytes"),
    ("osc.md", f"a second are taken of one sender, {DEFAULT_RATE:g} where"),
    ("osc.md", f"up to {REFUSED_AT_ONCE} refusals at once, and {REFUSED_PER_S} a second"),
    ("osc.md", f"at most {DUMP_LIMIT:,} bytes"),
    ("osc.md", f"for {OWNED_S:g} s after"),
    ("osc.md", f"nothing ({SUBSCRIBED_S:g} seconds), or 1 to {MAX_SUBSCRIPTION_S:.0f} seconds"),
    ("engine.md", f"up to {MAX_BATCH} commands"),
    ("engine.md", f"After {REPLY_DEADLINE_S:g} s ({ADD_DEADLINE_S:g} s for loading a plugin)"),
    ("engine.md", f"after {RESTART_FIRST_S:g} s at first and {RESTART_MAX_S:g} s at most"),
    ("getting-started.md", f"hold it for {HOLD_S:g} s"),
]


@pytest.mark.parametrize(("page", "words"), FIGURES)
def test_figures_are_those_of_the_program(page: str, words: str) -> None:
    """A time or a limit that is told is the one in the source."""
    assert words in re.sub(r"\s+", " ", (DOCS / page).read_text(encoding="utf-8"))


def test_the_steps_of_the_monitor_are_told() -> None:
    """The table has every kind of step, in the order they pass."""
    rows = rows_of(DOCS / "getting-started.md", "3. See what happens")
    assert [row[0].strip("`") for row in rows] == list(KINDS)


# For developers


def test_the_architecture_page_names_real_files() -> None:
    """Every module and folder in backticks exists, and the page stays one that is read."""
    page = DOCS / "architecture.md"
    for span in spans_of(prose_of(page)):
        if re.fullmatch(r"[\w./]+(\.py|\.md|\.yaml|/)", span):
            assert (ROOT / span).exists() or (ROOT / "controld" / span).exists(), span
    assert len(page.read_text(encoding="utf-8").splitlines()) <= MAX_DEVELOPER_LINES


def test_the_json_of_a_pedalboard_is_read_and_written_as_it_is_shown() -> None:
    """The example of the page is a pedalboard, and loses nothing."""
    (block,) = [block for block in blocks_of(DOCS / "pedalboards.md") if block.language == "json"]
    members = json.loads(block.text)
    board = from_members(members)
    assert to_members(board) == members
    assert (board.roles, board.saved_in) == ({"dirt": ("drive",)}, "Lead")
