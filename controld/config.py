"""Reading a rig: from `controld.yaml` and the files it names to one frozen `RigConfig`, or to all their mistakes.

Shell: it reads files. The order is that of knowledge: the rig's own file, the profiles of its surfaces, its
pedalboards, and at last the rules, which are checked against all of them. What could not be read is not held against
the rest: a rule is not refused because the profile it needs has a mistake.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from controld.config_boards import Boards, in_banks, read_boards, with_default
from controld.config_files import DiskFiles, Files
from controld.config_mappings import MappingFile, MappingFiles
from controld.config_names import names_of
from controld.config_profiles import ProfileShelf, profile_folders
from controld.config_running import discovery_of, log_of, metrics_of, service_of, web_of
from controld.config_schema import RIG, engine_of, midi_of, osc_of, shares_host
from controld.config_settings import laid_over
from controld.config_values import (
    AS_WRITTEN,
    EngineConfig,
    MidiPorts,
    OscConfig,
    Overrides,
    RigConfig,
    Startup,
    SurfaceConfig,
    WebConfig,
)
from controld.config_wires import check_thru, clock_of, thru_of
from controld.document import Node
from controld.errors import ConfigError, Problem, nearest
from controld.library_names import names_in
from controld.mappings.defaults import Defaults, defaults_of
from controld.mappings.profile import Profile, SourceType
from controld.mappings.rule import Rule
from controld.mappings.schema import RuleCompiler
from controld.places import library_folder
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


def load_rig(
    path: Path, symbols: Symbols | None = None, disk: Files | None = None, over: Overrides = AS_WRITTEN
) -> RigConfig:
    """Return the rig that a file describes, everything it names included; a folder stands for its `controld.yaml`.

    `symbols` is what is known of plugins (URI -> parameter -> unit), to check parameters before any engine runs.
    `disk` is another place to read from than the disk; `over` is what is said over the rig's own file.

    Raises:
        ConfigError: with every mistake of every file.
    """
    path = path / CONFIG_NAME if path.is_dir() else path
    loader = RigLoader(path, symbols or {}, disk=disk or DiskFiles(), over=over)
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
    over: Overrides = AS_WRITTEN
    _shelf: ProfileShelf = field(init=False)

    def __post_init__(self) -> None:
        folders = profile_folders(self.path.parent / "surfaces")
        self._shelf = ProfileShelf(folders, self._read, self.disk.is_file, self.report)

    def load(self) -> RigConfig | None:
        """Return the rig as far as it can be read; what is wrong is in `report`."""
        node = self._read(self.path)
        record = BAD if node is None else RIG.read(laid_over(node, self.over), self.report)
        if not isinstance(record, Record):
            return None
        surfaces = self._surfaces(record)
        boards = self._pedalboards(record)
        files = self._mappings(record, boards)
        known = names_of(record, surfaces, boards, [each.node for each in files], self.symbols)
        compiler = RuleCompiler(known, self.report, defaults_of(record["defaults"], Defaults()))
        compiler.take_rig(record)
        rules = [rule for file in files for rule in self._rules(file, compiler)]
        tuner: Record | None = record["tuner"]
        return RigConfig(
            self.path,
            engine_of(record),
            _with_implicit(surfaces.values(), compiler),
            boards.pedalboards,
            tuple(rules),
            compiler.stage,
            boards.banks,
            self._startup(record, boards),
            tempo_bpm=record["tempo"],
            clock=clock_of(record, _midi_ports(record), self.report),
            reload=record["reload"],
            tests=tuple(compiler.tests()),
            tuner_mutes=tuner is None or tuner["mute"],
            preload=record["preload"],
            library=record["library"] or "",
            log=log_of(record),
            service=service_of(record),
            web=self._web(record, surfaces),
            metrics=metrics_of(record),
            discovery=discovery_of(record),
            over=self.over,
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

    def _is_file(self, path: Path) -> bool:
        """Tell whether a file is there; one that is not is looked for again whenever the rig's files are."""
        there = self.disk.is_file(path)
        if not there:
            self.files.setdefault(path)
        return there

    # Surfaces

    def _surfaces(self, record: Record) -> dict[str, SurfaceConfig]:
        found: dict[str, SurfaceConfig] = {}
        surfaces: Mapping[str, Record] = record["surfaces"]
        ports = _midi_ports(record)
        for name, each in surfaces.items():
            midi, osc = midi_of(each), osc_of(each)
            if "midi" not in each and "osc" not in each:
                self.report.error(each.node, f"the surface `{name}` needs `midi` or `osc`", "else nothing reaches it")
            if midi is not None and not (midi.input or midi.output):
                self.report.error(each.at("midi"), "`midi` needs `in` or `out`", 'as in `{in: "*FCB1010*"}`')
            if midi is not None and osc is not None:
                self.report.error(each.at("osc"), f"`{name}` speaks MIDI already", "make OSC a surface of its own")
            self._check_port(each, found.values())
            check_thru(each, name, ports, self.report)
            profile = self._shelf.profile(each.at("profile"), each["profile"]) if each["profile"] else None
            if profile is not None:
                self._check_media(each, name, profile)
                found[name] = SurfaceConfig(name, profile, midi, osc, thru_of(each))
        return found

    def _check_port(self, record: Record, others: Iterable[SurfaceConfig]) -> None:
        osc = osc_of(record)
        for other in others:
            if osc is None or other.osc is None or not shares_host(osc, other.osc):
                continue
            ports = ("listen", osc.port, other.osc.port), ("tcp", osc.limits.tcp, other.osc.limits.tcp)
            for key, port, taken in ports:
                if port == taken != 0:
                    where = record.at("osc").get(key) or record.node
                    what = f"the surface `{other.name}` listens on {'TCP ' * (key == 'tcp')}port {port} already"
                    self.report.error(where, what, "give each its own port")

    def _check_media(self, record: Record, name: str, profile: Profile) -> None:
        types = {control.source.type for control in profile.controls.values() if control.source}
        has = {"osc": SourceType.OSC in types, "midi": bool(types - {SourceType.OSC})}
        for medium, used in has.items():
            if used and medium not in record:
                what = f"the profile `{profile.name}` has {medium.upper()} controls, but `{name}` has no `{medium}`"
                self.report.error(record.at("profile"), what)

    def _web(self, record: Record, surfaces: Mapping[str, SurfaceConfig]) -> WebConfig | None:
        web = web_of(record)
        if web is not None and web.surface:
            named = [name for name, each in surfaces.items() if each.osc is not None]
            if web.surface not in named and len(surfaces) == len(record["surfaces"]):
                hint = nearest(web.surface, named) or known_names(named)
                self.report.error(record["web"].at("surface"), f"there is no OSC surface `{web.surface}`", hint)
        return web

    # Pedalboards

    def _pedalboards(self, record: Record) -> Boards:
        banks = self.path.parent / (record["banks"] or "")
        written = record.at("pedalboards").each() if record["pedalboards"] else ()
        # The file of the banks may lie among the pedalboards.
        paths = [path for path in self._matching(written, self.path.parent) if path != banks]
        boards = read_boards(paths, self._read, self.report, self.symbols, record["tempo"])
        boards = replace(boards, others=names_in(library_folder(record["library"] or "", self.path)))
        startup: Record | None = record["startup"]
        if startup is not None and startup["create_default"]:
            boards = with_default(boards, record["tempo"])
        return in_banks(boards, self._read(banks) if record["banks"] else None, self.report)

    def _startup(self, record: Record, boards: Boards) -> Startup:
        startup: Record | None = record["startup"]
        if startup is None:
            return Startup()
        name: str = startup["pedalboard"]
        if name and boards.complete and name not in boards.names:
            hint = nearest(name, boards.names) or known_names(boards.names)
            self.report.error(startup.at("pedalboard"), f"there is no pedalboard `{name}`", hint)
        return Startup(startup["restore"], name, startup["create_default"])

    # Rules

    def _mappings(self, record: Record, boards: Boards) -> list[MappingFile]:
        """Return the files of rules: those of the rig, then those of its pedalboards."""
        found = MappingFiles(self._read, self._is_file, self.report)
        written = record.at("mappings").each() if record["mappings"] else ()
        for path in self._matching(written, self.path.parent):
            found.add(path)
        for board, node in boards.nodes.items():
            name, named = node.get("name"), node.get("mappings")
            for each in named.each() if name is not None and named is not None else ():
                for path in self._matching((each,), board.parent):
                    if found.counts_everywhere(path):
                        self.report.warn(each, f"the rules of `{each.text}` count on every pedalboard already")
                    found.add(path, name.text if name is not None else "")
        return found.files

    def _rules(self, file: MappingFile, compiler: RuleCompiler) -> list[Rule]:
        return compiler.compile(file.node, self._shown(file.path), file.pedalboards)

    def _shown(self, path: Path) -> str:
        """Return a file's path in the places of its rules: from the rig's folder where it lies in it."""
        base = self.path.parent
        return str(path.relative_to(base)) if path.is_relative_to(base) else str(path)

    def _matching(self, written: Iterable[Node], base: Path) -> list[Path]:
        """Return the files that globs name from a folder, each once, in order; one that names none is a mistake."""
        found: dict[Path, None] = {}
        for node in written:
            if not node.text.strip() or node.value is None:
                continue  # its shape is told by the table
            try:
                paths = sorted(path for path in self._glob(node.text, base) if self.disk.is_file(path))
            except (ValueError, NotImplementedError, OSError) as error:
                self.report.error(node, f"`{node.text}` cannot be a path: {error}")
                continue
            if not paths:
                self.report.error(node, f"`{node.text}` is no file in {base}")
            found.update(dict.fromkeys(paths))
        return list(found)

    def _glob(self, written: str, base: Path) -> Iterable[Path]:
        wanted = Path(written).expanduser()
        if not wanted.is_absolute():
            self.folders[(base / written).parent] = None
            return self.disk.glob(base, written)
        self.folders[wanted.parent] = None
        return self.disk.glob(Path(wanted.anchor), str(wanted.relative_to(wanted.anchor)))


def _midi_ports(record: Record) -> dict[str, MidiPorts | None]:
    surfaces: Mapping[str, Record] = record["surfaces"]
    return {name: midi_of(each) for name, each in surfaces.items()}


def _with_implicit(surfaces: Iterable[SurfaceConfig], compiler: RuleCompiler) -> tuple[SurfaceConfig, ...]:
    """Return the surfaces with the controls that rules name without a profile."""
    return tuple(
        replace(each, profile=replace(each.profile, controls=each.profile.controls | implicit)) if implicit else each
        for each in surfaces
        for implicit in (dict(compiler.implicit.get(each.name, {})),)
    )
