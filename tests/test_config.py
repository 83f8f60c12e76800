"""Whole rigs: what the shipped configuration loads to, and every mistake of every file at once."""

import time
from pathlib import Path

import pytest

from controld.bridge.hosts.catalogue import load_catalogue
from controld.check import catalogue_symbols
from controld.config import MidiPorts, OscConfig, RigConfig, find_config, load_rig
from controld.errors import ConfigError
from controld.mappings.profile import Kind
from controld.mappings.target import SnapshotTarget
from controld.osc_limits import Limits
from controld.values import Scale

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "config" / "controld.yaml"
PROFILE = "version: 1\ncontrols:\n  fs{1..4}: {cc: '{1..4}', kind: button}\n"
TABLET = "version: 1\ncontrols:\n  level: {osc: /level, kind: fader}\n"
BOARD = "version: 1\nname: %s\neffects: {drive: {plugin: 'urn:drive', parameters: {gain: 1}}}\nsnapshots: {Clean: {}}\n"
RULES = "version: 1\nrules:\n  - {when: floor.fs1, do: {bypass: drive}}\n"
RIG = """\
version: 1
surfaces:
  floor: {profile: board, midi: {in: "*X*", out: "/^Y.*/"}}
  tablet: {profile: tablet, osc: {listen: 9100, reply: port 9001}}
pedalboards: boards/*.yaml
mappings: [rules.yaml]
"""


def rig_at(folder: Path, **files: str) -> Path:
    """Write a small rig that is right, with some of its files replaced, and return its main file."""
    texts = {
        "controld": RIG, "surfaces__board": PROFILE, "surfaces__tablet": TABLET, "boards__a": BOARD % "Beta",
        "boards__b": BOARD % "Alpha", "rules": RULES,
    } | files  # fmt: skip
    for name, text in texts.items():
        path = folder / (name.replace("__", "/") + ".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "controld.yaml"


def problems_of(path: Path) -> list[str]:
    """Return everything that is said of a rig with mistakes, with paths from its folder."""
    with pytest.raises(ConfigError) as caught:
        load_rig(path)
    return [str(problem).replace(f"{path.parent}/", "") for problem in caught.value.problems]


def test_the_shipped_rig_is_right_without_a_warning() -> None:
    """What a new user starts with has no mistakes, and names only parameters its real plugins have."""
    rig = load_rig(SHIPPED, catalogue_symbols())
    assert rig.warnings == ()
    assert rig.engine.type == "virtual"
    assert [surface.name for surface in rig.surfaces] == ["floor", "tablet"]
    assert [board.name for board in rig.pedalboards] == ["Clean to Lead", "Ambient Swells"]
    assert rig.pedalboards[0].snapshot_names() == ("Clean", "Crunch", "Lead")
    assert rig.pedalboards[0].effect_names() == ("wah", "drive", "chorus", "delay", "reverb")
    assert rig.startup.pedalboard == "Clean to Lead"
    assert {effect.uri for board in rig.pedalboards for effect in board.effects} <= set(catalogue_symbols())


def test_the_shipped_rig_is_wired_through() -> None:
    """From the guitar every effect is reached, and both speakers are fed."""
    for board in load_rig(SHIPPED).pedalboards:
        reached = {"system:capture_1"}
        for _ in board.connections:
            for source, target in board.connections:
                client = target.partition(":")[0]
                if any(port == source or (port.partition(":")[0] == source.partition(":")[0]) for port in reached):
                    reached.add(target)
                    reached.add(f"{client}:")
        assert {end.partition(":")[0] for end in reached} == {"system", *board.effect_names()}
        assert {"system:playback_1", "system:playback_2"} <= reached


def test_the_shipped_rig_fits_its_real_plugins() -> None:
    """Every value lies in its parameter's range, and every connection joins ports the plugins have."""
    plugins = load_catalogue()
    for board in load_rig(SHIPPED).pedalboards:
        uris = {effect.name: effect.uri for effect in board.effects}
        recalls = [(name, each.parameters) for shot in board.snapshots for name, each in shot.effects.items()]
        for name, levels in [*((effect.name, effect.parameters) for effect in board.effects), *recalls]:
            for symbol, level in levels.items():
                control = plugins[uris[name]].control_by_symbol[symbol]
                value = Scale(unit=control.unit).resolve(level)
                assert value is not None
                assert control.minimum <= value <= control.maximum, (board.name, name, symbol)
        for source, target in board.connections:
            for end, side in ((source, "audio_outputs"), (target, "audio_inputs")):
                client, _, port = end.partition(":")
                assert client == "system" or port in getattr(plugins[uris[client]], side), end
        presets = {(effect.uri, effect.preset) for effect in board.effects if effect.preset}
        assert all(label in {preset.label for preset in plugins[uri].presets} for uri, label in presets)


def test_shipped_profiles_are_in_the_package_too() -> None:
    """The profiles of the shipped rig are the package's, so that another rig can name them."""
    package = ROOT / "controld" / "surfaces" / "profiles"
    for path in (ROOT / "config" / "surfaces").glob("*.yaml"):
        (_, own), (_, packaged) = (each.read_text().split("\n", 1) for each in (path, package / path.name))
        assert own == packaged, "but for the first line, which says where the schema lies"


def test_a_rig_loads(tmp_path: Path) -> None:
    """Everything the files say arrives in one value; boards without banks are in order of name."""
    path = rig_at(tmp_path)
    rig = load_rig(path)
    assert (rig.path, rig.reload, rig.tempo_bpm) == (path, True, 120.0)
    floor, tablet = rig.surfaces
    assert (floor.midi, floor.osc) == (MidiPorts("*X*", "/^Y.*/"), None)
    assert (tablet.midi, tablet.osc) == (None, OscConfig("127.0.0.1", 9100, 9001))
    assert [board.name for board in rig.pedalboards] == ["Alpha", "Beta"]
    assert [rule.place for rule in rig.rules] == ["rules.yaml:3"]
    assert list(rig.controls) == ["floor.fs1", "floor.fs2", "floor.fs3", "floor.fs4", "tablet.level"]
    names = ["controld", "surfaces/board", "surfaces/tablet", "boards/a", "boards/b", "rules"]
    assert rig.files == tuple(tmp_path / f"{name}.yaml" for name in names)
    assert rig.folders == (tmp_path / "boards", tmp_path)


def test_a_folder_stands_for_its_rig(tmp_path: Path) -> None:
    """`controld run --config folder` works as one would think."""
    assert load_rig(rig_at(tmp_path).parent).path == tmp_path / "controld.yaml"


@pytest.mark.parametrize(
    ("reply", "value"),
    [("sender", "sender"), ("port 9001", 9001), ("192.168.1.20:9001", ("192.168.1.20", 9001)),
     ("'[::1]:9001'", ("::1", 9001))],
)  # fmt: skip
def test_reply_modes(tmp_path: Path, reply: str, value: object) -> None:
    """All three ways to answer an OSC client."""
    osc = f"osc: {{listen: '[::]:9100', reply: {reply}}}"
    rig = load_rig(rig_at(tmp_path, controld=RIG.replace("osc: {listen: 9100, reply: port 9001}", osc)))
    assert rig.surfaces[1].osc == OscConfig("::", 9100, value)  # type: ignore[arg-type] # of several types


def test_banks_order_the_pedalboards(tmp_path: Path) -> None:
    """The first bank comes first, what is outside it after; the file may lie among the pedalboards."""
    rig = load_rig(rig_at(tmp_path, controld=RIG + "banks: boards/banks.yaml\n",
                          boards__banks="version: 1\nbanks: {Stage: [Beta], Home: [Alpha]}\n"))  # fmt: skip
    assert [board.name for board in rig.pedalboards] == ["Beta", "Alpha"]


def test_the_rig_tempo_is_for_boards_without_their_own(tmp_path: Path) -> None:
    """A pedalboard's own tempo wins."""
    rig = load_rig(rig_at(tmp_path, controld=RIG + "tempo: 95\n", boards__b=BOARD % "Alpha" + "tempo: 70\n"))
    assert {board.name: board.tempo_bpm for board in rig.pedalboards} == {"Alpha": 70.0, "Beta": 95.0}


def test_own_profiles_win_over_shipped_ones(tmp_path: Path) -> None:
    """A profile beside the rig overrides the shipped one of its name; a shipped one needs no file."""
    text = RIG.replace("profile: board", "profile: generic-6fs-2exp")
    rig = load_rig(rig_at(tmp_path, controld=text))
    assert "fs6" in rig.surfaces[0].profile.controls
    rig = load_rig(rig_at(tmp_path, controld=text, **{"surfaces__generic-6fs-2exp": PROFILE}))
    assert "fs6" not in rig.surfaces[0].profile.controls


@pytest.mark.parametrize(
    ("written", "limits"),
    [
        ("", Limits()),
        ("tcp: true", Limits(tcp=9100)),
        ("tcp: false", Limits()),
        ("tcp: 9200, rate: 50", Limits(tcp=9200, rate=50.0)),
        ("allow: 10.0.0.7", Limits(allow=("10.0.0.7",))),
        ('allow: [192.168.1.0/24, "fd00::/8"]', Limits(allow=("192.168.1.0/24", "fd00::/8"))),
    ],
)
def test_what_an_osc_port_grants_is_read(tmp_path: Path, written: str, limits: Limits) -> None:
    """TCP at the same port or another, who may come, and how much one may send."""
    osc = f"osc: {{listen: 9100{', ' if written else ''}{written}}}"
    rig = load_rig(rig_at(tmp_path, controld=RIG.replace("osc: {listen: 9100, reply: port 9001}", osc)))
    found = rig.surfaces[1].osc
    assert found is not None
    assert found.limits == limits


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("tcp: yes", "expected `true` for the same port as UDP, or a port from 1 to 65535, found the text `yes`"),
        ("tcp: 70000", "or a port from 1 to 65535, found the number 70000"),
        ("allow: tablet.local", "found `tablet.local` (hosts are told by their addresses here)"),
        ("allow: [10.0.0.0/40]", "expected an address or network as in `192.168.1.0/24`, found `10.0.0.0/40`"),
        ("rate: 1", "expected messages a second from 10 to 100000"),
        ("rates: 100", "unknown key `rates` in an OSC port (did you mean `rate`?)"),
    ],
)
def test_mistakes_in_an_osc_port_are_told(tmp_path: Path, written: str, said: str) -> None:
    """Each with its place and what was expected."""
    osc = f"osc: {{listen: 9100, {written}}}"
    path = rig_at(tmp_path, controld=RIG.replace("osc: {listen: 9100, reply: port 9001}", osc))
    (problem,) = problems_of(path)
    assert said in problem


def test_two_surfaces_cannot_share_a_tcp_port(tmp_path: Path) -> None:
    """Whichever way it was given; the same number for UDP is another port."""
    both = """osc: {listen: 9100, tcp: true}}
  other: {profile: tablet, osc: {listen: 9200, tcp: 9100}"""
    path = rig_at(tmp_path, controld=RIG.replace("osc: {listen: 9100, reply: port 9001}", both))
    (problem,) = problems_of(path)
    assert "the surface `tablet` listens on TCP port 9100 already (give each its own port)" in problem


def test_raw_osc_addresses_become_controls(tmp_path: Path) -> None:
    """A raw address in a rule is a control of every OSC surface and of no other."""
    rig = load_rig(rig_at(tmp_path, rules=RULES + "  - {when: 'osc:/go', do: {snapshot: Clean}}\n"))
    assert rig.controls["tablet.osc:/go"].kind is Kind.BUTTON
    assert "floor.osc:/go" not in rig.controls
    assert rig.rules[1].targets == (SnapshotTarget("Clean"),)


BROKEN_RIG = """\
version: 1
engine: {type: mod-host, address: x, endpoint: "127.0.0.1:1"}
surfaces:
  floor: {profile: bord, midi: {in: "/[/", out: "*"}}
  tablet: {profile: tablet, osc: {listen: 0.0.0.0:9100, reply: 9001}}
  desk: {profile: tablet, osc: {listen: 127.0.0.1:9100}}
  lamp: {profile: tablet, midi: {}}
  wall: {profile: tablet}
pedalboards: [boards/*.yaml, none/*.yaml]
mappings: rulez.yaml
banks: banks.yaml
startup: {restore: first, pedalboard: Alfa}
temp: 3
includes: []
"""
SAID = """\
banks.yaml:2:13: there is no pedalboard `Bta` (did you mean `Beta`?)
controld.yaml:2:35: expected an address and a port as in `127.0.0.1:5555`, found `x`
controld.yaml:2:48: expected a ZeroMQ address as in `tcp://127.0.0.1:6000`, found the text `127.0.0.1:1`
controld.yaml:4:20: there is no profile `bord` (did you mean `board`?)
controld.yaml:4:37: not a regular expression: unterminated character set at position 0
controld.yaml:5:64: expected `sender`, `port 9001` or `192.168.1.20:9001`, found the number 9001 (`port 9001`)
controld.yaml:6:41: the surface `tablet` listens on port 9100 already (give each its own port)
controld.yaml:7:19: the profile `tablet` has OSC controls, but `lamp` has no `osc`
controld.yaml:7:33: `midi` needs `in` or `out` (as in `{in: "*FCB1010*"}`)
controld.yaml:8:9: the surface `wall` needs `midi` or `osc` (else nothing reaches it)
controld.yaml:8:19: the profile `tablet` has OSC controls, but `wall` has no `osc`
controld.yaml:9:30: `none/*.yaml` is no file in FOLDER
controld.yaml:10:11: `rulez.yaml` is no file in FOLDER
controld.yaml:12:20: expected what to restore (last or none), found the text `first`
controld.yaml:12:39: there is no pedalboard `Alfa` (did you mean `Alpha`?)
controld.yaml:13:1: unknown key `temp` in the rig (did you mean `tempo`?)
controld.yaml:14:1: `includes` is part of the language but not built yet
"""


def test_every_mistake_of_the_rig_is_told_at_once(tmp_path: Path) -> None:
    """The rig's own file, and what it names wrongly, in one go."""
    path = rig_at(tmp_path, controld=BROKEN_RIG, banks="version: 1\nbanks: {A: [Bta, Alpha]}\n")
    assert [line.replace(str(tmp_path), "FOLDER") for line in problems_of(path)] == SAID.splitlines()


def test_every_file_is_read_whatever_another_holds(tmp_path: Path) -> None:
    """A mistake in each file: all are told, and none is told because of another."""
    path = rig_at(
        tmp_path,
        surfaces__board=PROFILE + "  x: {cc: 400, kind: button}\n",
        surfaces__tablet="version: 1\ncontrols: [",
        boards__a=BOARD % "Beta" + "tempos: 3\n",
        boards__b=BOARD % "Beta",
        rules=RULES.replace("fs1, do: {bypass: drive", "x, do: {bypass: drvie")
        + "  - {when: tablet.y, do: {bypass: drive}}\n",
    )
    assert problems_of(path) == [
        "boards/a.yaml:5:1: unknown key `tempos` in a pedalboard (did you mean `tempo`?)",
        "boards/b.yaml:2:7: another pedalboard is called `Beta` too (in boards/a.yaml)",
        "rules.yaml:3:34: no pedalboard has an effect `drvie` (did you mean `drive`?)",
        "surfaces/board.yaml:4:11: expected a controller number from 0 to 127 or `any`, found the number 400",
        "surfaces/tablet.yaml:2:12: not YAML: expected a value here",
    ]


def test_an_unreadable_pedalboard_is_not_held_against_rules(tmp_path: Path) -> None:
    """Names that might be in a file that could not be read are not called unknown."""
    path = rig_at(tmp_path, boards__a="version: 1\n\tname: x\n", rules=RULES.replace("drive", "fuzz"))
    assert problems_of(path) == ["boards/a.yaml:2:1: not YAML: a tab cannot indent (use spaces)"]


def test_duplicate_keys_are_told_with_the_rest(tmp_path: Path) -> None:
    """A key that stands twice does not hide other mistakes."""
    path = rig_at(tmp_path, controld=RIG + "reload: true\nreload: maybe\ntempo: fast\n")
    assert problems_of(path) == [
        "controld.yaml:8:1: the key `reload` stands here twice (first in line 7)",
        "controld.yaml:9:8: expected beats a minute from 20 to 300, found the text `fast`",
    ]


def test_parameters_are_checked_where_the_plugin_is_known(tmp_path: Path) -> None:
    """With a catalogue, symbols and units of pedalboards and rules are judged; without, nothing is said."""
    rules = RULES + "  - {when: tablet.level, do: {parameter: drive/gian, range: [0, 3 Hz]}}\n"
    path = rig_at(tmp_path, rules=rules)
    assert isinstance(load_rig(path), RigConfig)
    with pytest.raises(ConfigError) as caught:
        load_rig(path, {"urn:drive": {"Gain": Scale(unit="dB")}})
    assert [(Path(each.path).name, each.message, each.hint) for each in caught.value.problems] == [
        ("a.yaml", "`drive` has no parameter `gain`", "did you mean `Gain`?"),
        ("b.yaml", "`drive` has no parameter `gain`", "did you mean `Gain`?"),
        ("rules.yaml", "`drive` has no parameter `gian`", "did you mean `Gain`?"),
    ]


def test_a_level_outside_the_range_is_a_warning(tmp_path: Path) -> None:
    """In a pedalboard it is clamped, from a rule it is refused; a step and a share are measured otherwise."""
    rules = RULES + "".join(
        f"  - {{when: floor.fs1, do: {{parameter: drive/gain, {written}}}}}\n"
        for written in ("to: 70", "toggle: [0.1, -3]", "by: 70", "to: 100 %")
    )
    path = rig_at(tmp_path, rules=rules)
    warnings = load_rig(path, {"urn:drive": {"gain": Scale(0, 1)}}).warnings
    assert [(each.message, each.hint) for each in warnings if "outside" in each.message] == [
        ("`70` is outside the range of `drive/gain`", "it goes from 0 to 1"),
        ("`-3` is outside the range of `drive/gain`", "it goes from 0 to 1"),
    ]
    assert not [each for each in load_rig(path, {"urn:drive": {"gain": Scale(-3, 70)}}).warnings if each.hint]


def test_missing_and_impossible_paths_are_sentences(tmp_path: Path) -> None:
    """A rig that is not there, and globs that cannot be."""
    with pytest.raises(ConfigError, match=r"none\.yaml: cannot be read: No such file or directory"):
        load_rig(tmp_path / "none.yaml")
    path = rig_at(tmp_path, controld=RIG.replace("rules.yaml", '"a**"'))
    assert problems_of(path) == [
        "controld.yaml:6:12: `a**` cannot be a path: Invalid pattern: '**' can only be an entire path component"
    ]


def test_absolute_globs_are_followed(tmp_path: Path) -> None:
    """Files may lie anywhere; each is read once, whatever globs name it."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "more.yaml").write_text(RULES.replace("fs1", "fs2"))
    path = rig_at(tmp_path / "rig", controld=RIG.replace("[rules.yaml]", f"[rules.yaml, '{other}/*.yaml', rules.yaml]"))
    assert [rule.place for rule in load_rig(path).rules] == ["rules.yaml:3", f"{other}/more.yaml:3"]


def test_find_config_looks_where_the_manual_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Command line, environment, `config/` here, the XDG folder; else a sentence that names them."""
    monkeypatch.delenv("CONTROLD_CONFIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"looked for config/controld\.yaml and .*/xdg/controld/controld\.yaml"):
        find_config()
    xdg = rig_at(tmp_path / "xdg" / "controld")
    assert find_config() == xdg
    rig_at(tmp_path / "config")
    assert find_config() == Path("config/controld.yaml")
    monkeypatch.setenv("CONTROLD_CONFIG", str(xdg.parent))
    assert find_config() == xdg
    assert find_config("x.yaml") == Path("x.yaml")


def test_two_thousand_rules_load_within_a_second(tmp_path: Path) -> None:
    """A large rig starts fast; what counts is the processor's time, for others may use the machine too."""
    rules = "".join(
        f"  - when: floor.fs{n % 4 + 1}\n    do: {{parameter: drive/gain, to: {n % 100} %}}\n    name: rule {n}\n"
        for n in range(2000)
    )
    path = rig_at(tmp_path, rules=f"version: 1\nrules:\n{rules}")
    begin = time.process_time()
    assert len(load_rig(path).rules) == 2000
    assert time.process_time() - begin < 1
