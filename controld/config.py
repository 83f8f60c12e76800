"""Reading a rig: from `controld.yaml` and the files it names to one frozen `RigConfig`, or to all their mistakes.

Shell: it reads files. The order is that of knowledge: the rig's own file, the profiles of its surfaces, its
pedalboards, and at last the rules, which are checked against all of them. What could not be read is not held against
the rest: a rule is not refused because the profile it needs has a mistake.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from controld.config_files import DiskFiles, Files
from controld.config_profiles import ProfileShelf, profile_folders
from controld.config_schema import RIG, engine_of, midi_of, osc_of
from controld.config_values import EngineConfig, MidiPorts, OscConfig, RigConfig, Startup, SurfaceConfig
from controld.document import Node
from controld.errors import ConfigError, Problem, nearest
from controld.mappings.profile import Profile, SourceType
from controld.mappings.rule import Rule
from controld.mappings.schema import RuleCompiler
from controld.mappings.schema_known import Known
from controld.session.model import Pedalboard
from controld.session.schema import compile_banks, compile_pedalboard
from controld.shape import BAD, Record, Report
from controld.shape_parameters import Symbols
from controld.shape_parameters import known as known_names
from controld.yaml_reader import read_document

__all__ = [
    "CONFIG_NAME", "EngineConfig", "MidiPorts", "OscConfig", "RigConfig", "RigLoader", "Startup", "SurfaceConfig",
    "find_config", "load_rig",
]  # fmt: skip

CONFIG_NAME = "controld.yaml"


def find_config(chosen: str = "") -> Path:
    """Return the rig's file: the command line's choice, `CONTROLD_CONFIG`, `config/` here, or the user's XDG folder.

    A folder stands for its `controld.yaml`.

    Raises:
        ConfigError: there is none; says where it was looked for.
    """
    named = chosen or os.environ.get("CONTROLD_CONFIG", "")
    if named:
        path = Path(named).expanduser()
        return path / CONFIG_NAME if path.is_dir() else path
    base = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    places = [Path("config") / CONFIG_NAME, Path(base).expanduser() / "controld" / CONFIG_NAME]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        looked = " and ".join(map(str, places))
        problem = Problem(CONFIG_NAME, 0, 0, f"no configuration found; looked for {looked}", "name one with --config")
        raise ConfigError([problem])
    return found


def load_rig(path: Path, symbols: Symbols | None = None, disk: Files | None = None) -> RigConfig:
    """Return the rig that a file describes, everything it names included; a folder stands for its `controld.yaml`.

    `symbols` is what is known of plugins (URI -> parameter -> unit), to check parameters before any engine runs.
    `disk` is another place to read from than the disk.

    Raises:
        ConfigError: with every mistake of every file.
    """
    loader = RigLoader(path / CONFIG_NAME if path.is_dir() else path, symbols or {}, disk=disk or DiskFiles())
    rig = loader.load()
    if loader.report.problems or rig is None:
        raise ConfigError(loader.report.problems)
    return rig


@dataclass(slots=True)
class RigLoader:
    """Loads one rig; `report` and `files` hold what was found, also where nothing could be returned."""

    path: Path
    symbols: Symbols
    report: Report = field(default_factory=Report)
    files: dict[Path, None] = field(default_factory=dict)
    folders: dict[Path, None] = field(default_factory=dict)
    disk: Files = field(default_factory=DiskFiles)
    _shelf: ProfileShelf = field(init=False)

    def __post_init__(self) -> None:
        folders = profile_folders(self.path.parent / "surfaces")
        self._shelf = ProfileShelf(folders, self._read, self.disk.is_file, self.report)

    def load(self) -> RigConfig | None:
        """Return the rig as far as it can be read; what is wrong is in `report`."""
        node = self._read(self.path)
        record = BAD if node is None else RIG.read(node, self.report)
        if not isinstance(record, Record):
            return None
        surfaces = self._surfaces(record)
        boards, nodes = self._pedalboards(record)
        boards = self._ordered(record, boards, complete=nodes is not None)
        compiler = RuleCompiler(self._known(record, surfaces, boards, nodes), self.report)
        rules = self._rules(record, compiler)
        return RigConfig(
            self.path,
            engine_of(record),
            _with_implicit(surfaces.values(), compiler),
            boards,
            tuple(rules),
            startup=self._startup(record, boards, complete=nodes is not None),
            tempo_bpm=record["tempo"],
            reload=record["reload"],
            files=tuple(self.files),
            folders=tuple(self.folders),
            warnings=tuple(sorted(self.report.warnings)),
            found=self.disk.found,
        )

    def _read(self, path: Path) -> Node | None:
        self.files[path] = None
        try:
            node, problems = read_document(path, read=self.disk.read)
        except ConfigError as error:
            self.report.problems.update(dict.fromkeys(error.problems))
            return None
        self.report.problems.update(dict.fromkeys(problems))
        return node

    # Surfaces

    def _surfaces(self, record: Record) -> dict[str, SurfaceConfig]:
        found: dict[str, SurfaceConfig] = {}
        surfaces: Mapping[str, Record] = record["surfaces"]
        for name, each in surfaces.items():
            midi, osc = midi_of(each), osc_of(each)
            if "midi" not in each and "osc" not in each:
                self.report.error(each.node, f"the surface `{name}` needs `midi` or `osc`", "else nothing reaches it")
            if midi is not None and not (midi.input or midi.output):
                self.report.error(each.at("midi"), "`midi` needs `in` or `out`", 'as in `{in: "*FCB1010*"}`')
            if midi is not None and osc is not None:
                self.report.error(each.at("osc"), f"`{name}` speaks MIDI already", "make OSC a surface of its own")
            self._check_port(each, found.values())
            profile = self._shelf.profile(each.at("profile"), each["profile"]) if each["profile"] else None
            if profile is not None:
                self._check_media(each, name, profile)
                found[name] = SurfaceConfig(name, profile, midi, osc)
        return found

    def _check_port(self, record: Record, others: Iterable[SurfaceConfig]) -> None:
        osc = osc_of(record)
        for other in others:
            if osc is None or other.osc is None or osc.port != other.osc.port:
                continue
            if osc.host == other.osc.host or {osc.host, other.osc.host} & {"0.0.0.0", "::"}:  # noqa: S104 - compared
                where, hint = record.at("osc").get("listen") or record.node, "give each its own port"
                self.report.error(where, f"the surface `{other.name}` listens on port {osc.port} already", hint)

    def _check_media(self, record: Record, name: str, profile: Profile) -> None:
        types = {control.source.type for control in profile.controls.values() if control.source}
        has = {"osc": SourceType.OSC in types, "midi": bool(types - {SourceType.OSC})}
        for medium, used in has.items():
            if used and medium not in record:
                what = f"the profile `{profile.name}` has {medium.upper()} controls, but `{name}` has no `{medium}`"
                self.report.error(record.at("profile"), what)

    # Pedalboards

    def _pedalboards(self, record: Record) -> tuple[tuple[Pedalboard, ...], list[Node] | None]:
        """Return the pedalboards by name and their nodes; None for the nodes where a file could not be read at all."""
        boards: dict[str, Pedalboard] = {}
        nodes: list[Node] = []
        complete = True
        banks = self.path.parent / (record["banks"] or "")
        for path in self._matching(record, "pedalboards"):
            if path == banks:  # it may lie among the pedalboards
                continue
            node = self._read(path)
            if node is None:
                complete = False
                continue
            nodes.append(node)
            board = compile_pedalboard(node, self.report, self.symbols, record["tempo"])
            if board is not None and board.name in boards:
                place, other = node.get("name") or node, boards[board.name].path
                self.report.error(place, f"another pedalboard is called `{board.name}` too", f"in {other}")
            elif board is not None:
                boards[board.name] = board
        ordered = tuple(boards[name] for name in sorted(boards))
        return ordered, nodes if complete else None

    def _ordered(self, record: Record, boards: tuple[Pedalboard, ...], *, complete: bool) -> tuple[Pedalboard, ...]:
        """Return the pedalboards in the order of the first bank; those outside it after, by name."""
        node = self._read(self.path.parent / record["banks"]) if record["banks"] else None
        if node is None:
            return boards
        by_name = {board.name: board for board in boards}
        banks = compile_banks(node, self.report)
        for each in (each for bank in banks.values() for each in bank):
            if complete and each.text not in by_name:
                hint = nearest(each.text, by_name) or known_names(by_name)
                self.report.error(each, f"there is no pedalboard `{each.text}`", hint)
        first = [each.text for each in next(iter(banks.values()), ())]
        order = [name for name in dict.fromkeys(first) if name in by_name]
        return tuple(by_name[name] for name in dict.fromkeys([*order, *by_name]))

    def _startup(self, record: Record, boards: tuple[Pedalboard, ...], *, complete: bool) -> Startup:
        startup: Record | None = record["startup"]
        if startup is None:
            return Startup()
        name: str = startup["pedalboard"]
        names = [board.name for board in boards]
        if name and complete and name not in names:
            hint = nearest(name, names) or known_names(names)
            self.report.error(startup.at("pedalboard"), f"there is no pedalboard `{name}`", hint)
        return Startup(startup["restore"], name)

    # Rules

    def _rules(self, record: Record, compiler: RuleCompiler) -> list[Rule]:
        rules: list[Rule] = []
        for path in self._matching(record, "mappings"):
            node = self._read(path)
            if node is not None:
                rules += compiler.compile(node, self._shown(path))
        return rules

    def _shown(self, path: Path) -> str:
        """Return a file's path in the places of its rules: from the rig's folder where it lies in it."""
        base = self.path.parent
        return str(path.relative_to(base)) if path.is_relative_to(base) else str(path)

    def _known(
        self,
        record: Record,
        surfaces: Mapping[str, SurfaceConfig],
        boards: tuple[Pedalboard, ...],
        nodes: list[Node] | None,
    ) -> Known:
        """Return the names rules may use, taken from what is written, rightly or not: one mistake, one message."""
        pairs = record.at("surfaces").entries or () if "surfaces" in record else ()
        names = {key.text: surfaces[key.text].profile if key.text in surfaces else None for key, _ in pairs}
        effects: dict[str, frozenset[str]] = {}
        snapshots: list[list[str]] = [[]]
        for node in nodes or ():
            for key, value in effect_nodes.entries or () if (effect_nodes := node.get("effects")) else ():
                plugin = value.get("plugin")
                effects[key.text] = effects.get(key.text, frozenset()) | {plugin.text if plugin else ""}
            written = node.get("snapshots")
            snapshots.append([name for each in written.each() for name in each.names()] if written else [])
        return Known(
            names,
            frozenset(key.text for key, value in pairs if value.get("midi")),
            frozenset(key.text for key, value in pairs if value.get("osc")),
            None if nodes is None else effects,
            frozenset(name for each in snapshots for name in each),
            max(len(each) for each in snapshots),
            tuple(board.name for board in boards),
            self.symbols,
        )

    def _matching(self, record: Record, key: str) -> list[Path]:
        """Return the files a list of globs names, each once, in order; a glob that names none is a mistake."""
        found: dict[Path, None] = {}
        for node in record.at(key).each() if record[key] else ():
            try:
                paths = sorted(path for path in self._glob(node.text) if self.disk.is_file(path))
            except (ValueError, NotImplementedError, OSError) as error:
                self.report.error(node, f"`{node.text}` cannot be a path: {error}")
                continue
            if not paths:
                self.report.error(node, f"`{node.text}` is no file in {self.path.parent}")
            found.update(dict.fromkeys(paths))
        return list(found)

    def _glob(self, written: str) -> Iterable[Path]:
        wanted = Path(written).expanduser()
        if not wanted.is_absolute():
            self.folders[(self.path.parent / written).parent] = None
            return self.disk.glob(self.path.parent, written)
        self.folders[wanted.parent] = None
        return self.disk.glob(Path(wanted.anchor), str(wanted.relative_to(wanted.anchor)))


def _with_implicit(surfaces: Iterable[SurfaceConfig], compiler: RuleCompiler) -> tuple[SurfaceConfig, ...]:
    """Return the surfaces with the controls that rules name without a profile."""
    return tuple(
        replace(each, profile=replace(each.profile, controls=each.profile.controls | implicit)) if implicit else each
        for each in surfaces
        for implicit in (dict(compiler.implicit.get(each.name, {})),)
    )
