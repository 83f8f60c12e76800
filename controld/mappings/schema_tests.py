"""`tests`: from their records to tests of the map, every name checked against the rig.

Pure. The table is here; the words of steps and expectations are read by `schema_test_words`.
"""

from collections.abc import Mapping

from controld.document import Node
from controld.mappings.defaults import Defaults
from controld.mappings.map_test import Expected, ExpectedLight, Given, MapTest, Played
from controld.mappings.profile import Control
from controld.mappings.schema_known import Known
from controld.mappings.schema_leaves import ANY_SCALAR, EFFECT, PARAMETER, VARIABLE_NAME
from controld.mappings.schema_test_words import Reader
from controld.shape import Field, Record, Report, Table
from controld.shape_leaves import choice, level, number, text
from controld.shape_lists import MapOf, OneOrMany
from controld.values import Level

_NAME = text("a name")
GIVEN = Table(
    "given", "`given`",
    {
        "pedalboard": Field(_NAME, "The pedalboard that is loaded.", examples=("Clean to Lead",)),
        "snapshot": Field(_NAME, "The snapshot that was recalled.", examples=("Clean",)),
        "page": Field(_NAME, "The page that is active.", examples=("main",)),
        "bank": Field(_NAME, "The bank that is chosen."),
        "tempo": Field(number("beats a minute from 20 to 300", 20, 300), "The tempo, in beats a minute."),
        "effect": Field(MapOf(EFFECT, choice("a state", ("active", "bypassed")), "effects with `active` or `bypassed`"),
                        "Effects that are active or bypassed.", default={}, examples=({"drive": "active"},)),
        "parameter": Field(MapOf(PARAMETER, level(), "parameters with their levels"), "Where parameters stand.",
                           default={}, examples=({"drive/gain": 0.5},)),
        "variable": Field(MapOf(VARIABLE_NAME, ANY_SCALAR, "variables with their values"), "What variables hold.",
                          default={}, examples=({"solo": True},)),
    },
    doc="Where the test begins; what is not said is as at a start.",
)  # fmt: skip
_STEPS = OneOrMany(text("a step, as in `floor.fs1 down`"), "a list of steps")
_EXPECTATIONS = OneOrMany(text("what is expected, as in `snapshot Lead`"), "a list of what is expected")
TEST = Table(
    "test", "a test",
    {
        "name": Field(_NAME, "What it shows, for people.", required=True,
                      examples=("hold recalls Lead and does not toggle drive",)),
        "given": Field(GIVEN, "Where it begins.", examples=({"snapshot": "Clean"},)),
        "play": Field(_STEPS, "What is played, in order: `floor.fs1 down`, `up`, `press`, `hold`, `double`; "
                      "`floor.exp1 to 50 %`; `floor.wheel +3`; `floor.patch program 5`; `wait 600 ms`; `lose floor`, "
                      "`connect floor`; `engine down`, `engine up`.",
                      required=True, examples=(["floor.fs1 down", "wait 600 ms", "floor.fs1 up"],)),
        "expect": Field(_EXPECTATIONS, "What must be so then: `snapshot Lead`, `drive active`, `drive/gain 0.7`, "
                        "`page solo`, `tempo 120`, `variable solo true`, `sent floor C0 05` ...", default=(),
                        examples=(["snapshot Lead"],)),
        "not": Field(_EXPECTATIONS, "What must not become so at any time: `bypass drive` is any rule that toggles "
                     "or sets it.", default=(), examples=(["bypass drive"],)),
        "lights": Field(MapOf(text("a control"), text("how it looks"), "controls with how they look"),
                        "How controls look then: on, off, dim, blink, pulse, a colour, or a share of a ring.",
                        default={}, examples=({"floor.fs1": "off"},)),
    },
    doc="A test of the map, on a virtual clock, with no device and no engine.",
)  # fmt: skip


def test_of(
    record: Record, shown_as: str, known: Known, implicit: Mapping[str, Mapping[str, Control]], defaults: Defaults,
    report: Report,
) -> MapTest | None:  # fmt: skip
    """Return the test a record of `TEST` describes; None where too much of it is wrong."""
    before = len(report.problems)
    reader = Reader(known, implicit, defaults, report)
    played = [(node, reader.step(node)) for node in _nodes(record, "play")]
    wanted = [(node, reader.expectation(node)) for node in _nodes(record, "expect")]
    unwanted = [(node, reader.expectation(node)) for node in _nodes(record, "not")]
    lights = [(value, reader.light(key, value)) for key, value in record.at("lights").entries or ()] \
        if record["lights"] else []  # fmt: skip
    if not (record["expect"] or record["not"] or record["lights"]):
        report.error(record.node, "a test needs something to look at: `expect`, `not` or `lights`")
    given = _given(record["given"], known, report)
    if len(report.problems) > before or not record["name"]:
        return None
    return MapTest(
        f"{shown_as}:{record.node.line}",
        record["name"],
        tuple(Played(node.text, _place(shown_as, node), step) for node, step in played if step is not None),
        given,
        tuple(Expected(node.text, _place(shown_as, node), what) for node, what in wanted if what is not None),
        tuple(Expected(node.text, _place(shown_as, node), what) for node, what in unwanted if what is not None),
        tuple(ExpectedLight(node.text, _place(shown_as, node), light) for node, light in lights if light is not None),
    )


def _place(shown_as: str, node: Node) -> str:
    return f"{shown_as}:{node.line}:{node.column}"


def _nodes(record: Record, key: str) -> tuple[Node, ...]:
    return record.at(key).each() if record[key] else ()


def _given(record: Record | None, known: Known, report: Report) -> Given:
    if record is None:
        return Given()
    names = {"pedalboard": known.pedalboards, "snapshot": known.snapshots, "bank": known.banks}
    for what, candidates in names.items():
        if record[what]:
            known.check_name(record.at(what), candidates, what, report)
    if record["page"]:
        known.check_page(record.at("page"), report)
    effects: dict[str, str] = record["effect"]
    for key, _ in record.at("effect").entries or () if effects else ():
        known.check_effect(key, key.text, report)
    return Given(
        record["pedalboard"] or "",
        record["snapshot"] or "",
        record["page"] or "",
        record["bank"] or "",
        record["tempo"],
        tuple((effect, state == "active") for effect, state in effects.items()),
        tuple(_parameters(record, known, report)),
        tuple(_variables(record, known, report)),
    )


def _parameters(record: Record, known: Known, report: Report) -> list[tuple[str, str, Level]]:
    levels: dict[str, Level] = record["parameter"]
    found: list[tuple[str, str, Level]] = []
    for key, node in record.at("parameter").entries or () if levels else ():
        effect, _, symbol = key.text.partition("/")
        if key.text in levels:
            known.check_parameter(key, effect, symbol, report)
            known.check_level(node, levels[key.text], effect, symbol, report)
            found.append((effect, symbol, levels[key.text]))
    return found


def _variables(record: Record, known: Known, report: Report) -> list[tuple[str, bool | float | str]]:
    found: list[tuple[str, bool | float | str]] = []
    for key, node in record.at("variable").entries or () if record["variable"] else ():
        value = known.value(node, known.variable(key, report), report)
        if value is not None:
            found.append((key.text, value))
    return found
