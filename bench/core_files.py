"""Writes the rig that the pure core is measured with: a few rules that are played, among as many others as wanted.

Pure but for writing the files. The rules that are played are always the same, on controls and effects of their own
(`own0` ...). The others come in groups of ten, as a large rig has them: faders with and without shaping, an encoder,
switches with holds, chords, conditions, pages and events; half of them as templates, half written out.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

OWN_EFFECTS = 10
PAGES = 20
GROUP = 10  # rules
GROUPS_PER_EFFECT = 10
SURFACE = "t"

_OWN_CONTROLS = {
    "press": "button", "held": "button", "left": "button", "right": "button", "plain": "pedal", "shaped": "pedal",
    "wheel": "encoder", "asked": "button", "paged": "button", "role1": "button", "role2": "button", "slow": "button",
    "fast": "button", "turn": "button", "quiet": "button", "return": "button", "board1": "button", "board2": "button",
}  # fmt: skip
_OWN_RULES = (
    "{when: t.press, do: {bypass: own0}}",
    "{when: t.held, do: {bypass: own1}}",
    "{when: t.held hold, do: {bypass: own2}, feedback: none}",
    "{when: t.left + t.right, do: {bypass: own3}}",
    "{when: t.left, do: {bypass: own4}}",
    "{when: t.plain, do: {parameter: own0/p0}}",
    (
        "{when: t.shaped, do: {parameter: own0/p1, range: [10 %, 90 %], curve: exponential, deadzone: 2 %, "
        "takeover: pickup, smooth: 20 ms}}"
    ),
    "{when: t.wheel, do: {parameter: own0/p2, by: 0.1 %, acceleration: 1..8}}",
    (
        "{when: t.asked, if: {page: main, variable: {seen: 0}, parameter: {own0/p9: 0 .. 0.9}, "
        "not: {effect: {own9: bypassed}}}, do: {bypass: own5}}"
    ),
    "{when: t.paged, do: {bypass: own6}}",
    '{for: {n: 1..2}, when: "t.role{n}", do: {bypass: "role:dirt{n}"}}',
    "{when: t.slow, do: {tempo: 120}}",
    "{when: t.fast, do: {tempo: 121}}",
    "{when: {event: tempo-changed}, do: {set: seen, to: 0}}",
    "{when: t.turn, do: {page: page1}}",
    "{when: t.quiet, do: {page: quiet}}",
    "{when: t.return, do: {page: main}}",
    "{when: t.board1, do: {pedalboard: Bench}}",
    "{when: t.board2, do: {pedalboard: Other}}",
)
_OWN_PAGED = "{when: t.paged, do: {bypass: own7}}"
OWN = len(_OWN_RULES) + 2  # the template makes two, one is on a page

# The rules of a group, of effect {e} and place {j}; the one on a page stands apart.
_GROUP_CONTROLS = {
    "m": "fader", "s": "pedal", "e": "encoder", "b": "button", "c": "button", "d": "button", "k": "button",
}  # fmt: skip
_GROUP_RULES = (
    'when: "t.m{e}-{j}", do: {parameter: "fx{e}/p{j}"}',
    'when: "t.s{e}-{j}", do: {parameter: "fx{e}/p1{j}", range: [20 %, 80 %], curve: s-curve, smooth: 20 ms}',
    'when: "t.e{e}-{j}", do: {parameter: "fx{e}/p2{j}", by: 1 %, acceleration: 1..8}',
    'when: "t.b{e}-{j}", name: "stomp {e} {j}", do: {bypass: "fx{e}"}, feedback: {color: green, idle: dim}',
    (
        'when: "t.b{e}-{j} hold", feedback: none, '
        'do: [{snapshot: Lead}, {wait: 50 ms}, {parameter: "fx{e}/p3{j}", to: 40 %}]'
    ),
    'when: "t.c{e}-{j} + t.d{e}-{j}", do: {parameter: "fx{e}/p4{j}", toggle: [20 %, 80 %]}',
    'when: "t.k{e}-{j}", if: {effect: {"fx{e}": active}, snapshot: [Clean, Lead]}, do: {bypass: "fx{e}"}',
    (
        'when: "t.k{e}-{j}", if: {variable: {seen: 1}, not: {snapshot: Lead}}, '
        'do: {parameter: "fx{e}/p5{j}", to: 0.5, over: 1 s}'
    ),
    'when: {event: page-entered, page: "page{j}"}, do: {set: seen, to: 0}',
)
_PAGED_RULE = 'when: "t.b{e}-{j}", do: {parameter: "fx{e}/p6{j}", to: 1}, feedback: {color: red}'


@dataclass(frozen=True, slots=True)
class CoreFiles:
    """How large the rig is: `rules` at least, of which 100 belong to each effect; and how much stands beside them.

    Half of the rules are made by templates, unless all are to be `written_out`.
    """

    rules: int
    boards: int = 2
    tests: int = 0
    written_out: bool = False

    @property
    def effects(self) -> int:
        """How many effects the other rules need."""
        others = max(self.rules - OWN, 0)
        return -(-others // (GROUP * GROUPS_PER_EFFECT))

    @property
    def count(self) -> int:
        """How many rules there are."""
        return OWN + self.effects * GROUP * GROUPS_PER_EFFECT

    @property
    def written(self) -> int:
        """How many rules stand in the file."""
        return self._mapping().count("when: ")

    @property
    def size(self) -> int:
        """How long the file of the rules is, in bytes."""
        return len(self._mapping())

    def write(self, folder: Path) -> Path:
        """Write all files into a folder and return the path of the main one."""
        texts = {"controld.yaml": _MAIN, "surfaces/core.yaml": self._profile(), "mappings/core.yaml": self._mapping()}
        texts |= {f"pedalboards/{number:03}.yaml": self._board(number) for number in range(self.boards)}
        for name, text in texts.items():
            path = folder / name
            path.parent.mkdir(exist_ok=True, parents=True)
            path.write_text(f"version: 1\n{text}")
        return folder / "controld.yaml"

    def _profile(self) -> str:
        kinds = dict(_OWN_CONTROLS)
        for effect, place in self._places():
            kinds |= {f"{name}{effect}-{place}": kind for name, kind in _GROUP_CONTROLS.items()}
        return "controls:\n" + "".join(f"  {name}: {{osc: /{name}, kind: {kind}}}\n" for name, kind in kinds.items())

    def _places(self, first: int = 0) -> Iterator[tuple[int, int]]:
        yield from product(range(first, self.effects), range(GROUPS_PER_EFFECT))

    def _mapping(self) -> str:
        rules = [*_OWN_RULES, *(f"{{{rule}}}" for rule in self._others())]
        text = f"variables: {{seen: 0}}\n{self._pages()}rules:\n" + _listed(rules)
        return text + ("tests:\n" + _listed(map(_test, range(self.tests))) if self.tests else "")

    def _others(self) -> Iterator[str]:
        """Yield the rules of the groups: those of the first half as templates, the others written out."""
        half = 0 if self.written_out else self.effects // 2
        for rule in _GROUP_RULES:
            if half:
                yield f"for: {{e: 0..{half - 1}, j: 0..{GROUPS_PER_EFFECT - 1}}}, {rule}"
            yield from (_filled(rule, effect, place) for effect, place in self._places(half))

    def _pages(self) -> str:
        pages: list[list[str]] = [[] for _ in range(PAGES)]
        for index, (effect, place) in enumerate(self._places()):
            pages[index % PAGES].append(f"{{{_filled(_PAGED_RULE, effect, place)}}}")
        text = f"pages:\n  main: {{start: true, rules: [{_OWN_PAGED}]}}\n  quiet: {{}}\n"
        return text + "".join(f"  page{number}: {{rules: [{', '.join(page)}]}}\n" for number, page in enumerate(pages))

    def _board(self, number: int) -> str:
        name = ("Bench", "Other", f"Board {number}")[min(number, 2)]
        effects = [f"own{index}" for index in range(OWN_EFFECTS)]
        effects += [f"fx{index}" for index in range(self.effects)] if number < 2 else []
        lines = [f"  {effect}: {{plugin: urn:bench:{effect}, parameters: {{p1: 0.5}}}}" for effect in effects]
        snapshots = [f"  {name}: {{own1: active, own2: {{active: true}}}}" for name in ("Clean", "Lead")]
        return (
            f"name: {name}\neffects:\n" + "\n".join(lines) + "\nconnections: [system:capture_1 -> own0:in]\n"
            "snapshots:\n" + "\n".join(snapshots) + "\nroles: {dirt1: [own8], dirt2: [own8, own9]}\n"
        )  # fmt: skip


def _filled(rule: str, effect: int, place: int) -> str:
    return rule.replace("{e}", str(effect)).replace("{j}", str(place))


def _listed(lines: Iterable[str]) -> str:
    return "".join(f"  - {line}\n" for line in lines)


def _test(number: int) -> str:
    return (
        f"{{name: test {number}, given: {{pedalboard: Bench, effect: {{own0: active}}}}, "
        "play: [t.press, wait 600 ms, t.plain to 50 %], expect: [own0 bypassed, own0/p0 0.5], not: [own1 bypassed]}"
    )


_MAIN = """\
engine: {type: virtual}
surfaces: {t: {profile: core, osc: {listen: 127.0.0.1:9000, reply: sender}}}
pedalboards: [pedalboards/*.yaml]
mappings: [mappings/core.yaml]
startup: {restore: none, pedalboard: Bench}
"""
