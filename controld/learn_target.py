"""What is learned, and which file it becomes: the surface in the configuration, its ports, and its profile so far.

Shell: it reads the configuration, and writes the profile when everything is decided. A text is compiled before it is
written: every control that was there has to be what it was, and every new one what it was guessed to be.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from controld.config import find_config
from controld.config_addresses import parse_address
from controld.config_profiles import ProfileShelf, profile_folders
from controld.config_schema import RIG, midi_of, osc_of
from controld.config_values import MidiPorts, OscConfig
from controld.document import Node
from controld.errors import ConfigError, ControldError, hinted
from controld.learn_profile import Entry, NotCompleted, completed, new_profile
from controld.mappings.profile import Control, Profile
from controld.shape import BAD, Record, Report
from controld.store_files import replace_file
from controld.yaml_reader import compose, read_document


class LearnError(ControldError):
    """Something cannot be learned, or what was learned cannot be written; the text says why."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line says."""

    surface: str
    port: str = ""
    listen: str = ""
    profile: str = ""
    output: Path | None = None
    config: Path | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """A surface that is to be learned. `text` is the profile so far, "" for none; `is_copy` tells that it is shipped.

    `on_disk` is what `path` held when it was read, None where there was no such file.
    """

    surface: str
    path: Path
    config: Path | None
    midi: MidiPorts | None
    osc: OscConfig | None
    known: Profile
    text: str = ""
    is_copy: bool = False
    on_disk: bytes | None = None
    is_configured: bool = False

    @property
    def listens(self) -> str:
        """What the surface is written with in `controld.yaml`."""
        if self.osc is not None:
            return f'osc: {{listen: "{self.osc.host}:{self.osc.port}", reply: sender}}'
        port = self.midi.input if self.midi else ""
        return f'midi: {{in: "{port}", out: "{port}"}}'


def find_target(wanted: Wanted) -> Target:
    """Return what is to be learned.

    Raises:
        LearnError: neither the configuration nor the command line says where the surface is heard.
        ConfigError: the profile there is has mistakes.
    """
    config = _config(wanted)
    surfaces = {} if config is None else _surfaces(config)
    record = surfaces.get(wanted.surface)
    midi = MidiPorts(wanted.port) if wanted.port else midi_of(record) if record else None
    osc = _osc(wanted.listen) if wanted.listen else osc_of(record) if record else None
    if wanted.port or (midi is not None and not midi.input):
        osc = None
    if osc is None and (midi is None or not midi.input):
        text = f"there is no surface `{wanted.surface}` with a port to hear"
        where = '; say where it is: --port "*NAME*" (`controld ports` lists them), or --listen 127.0.0.1:9000 for OSC'
        raise LearnError(hinted(text, wanted.surface, surfaces) + where)
    name = wanted.profile or (str(record["profile"]) if record and record["profile"] else wanted.surface)
    folder = config.parent if config else Path("config")
    path = wanted.output or folder / "surfaces" / f"{name}.yaml"
    ports = None if osc else midi
    target = Target(wanted.surface, path, config, ports, osc, Profile(name, "", {}), is_configured=record is not None)
    return _with_profile(target)


def write(target: Target, text: str) -> None:
    """Put a text in the place of the profile. Raises LearnError where the file is not what it was, or cannot be."""
    path = target.path.resolve()
    try:
        present = path.read_bytes() if path.exists() else None
        if present != target.on_disk:
            raise LearnError(f"{target.path} was changed meanwhile, and is left alone; learn once more")
        replace_file(path, text.encode())
    except OSError as error:
        raise LearnError(f"{target.path} cannot be written: {error}") from error


def planned(target: Target, entries: Sequence[Entry]) -> str:
    """Return the text that the profile would have.

    Raises:
        LearnError: it would not mean what was learned, or nothing can be added to it.
    """
    heading = f"Learned on {time.strftime('%Y-%m-%d')} by `controld learn {target.surface}`; above each, what it sent."
    if not target.text:
        text = new_profile(entries, f"{target.surface}, as it was learned", heading)
    else:
        _, node = _compiled(target.text, target.path)
        keys = {key.text: (key, value) for key, value in node.entries or ()}
        channel = keys["channel"][1].value if "channel" in keys else 1
        number = channel if isinstance(channel, int) else 0
        try:
            text = completed(target.text, keys["controls"][0].line, entries, number, heading)
        except NotCompleted as error:
            raise LearnError(f"{target.path} cannot be completed: {error}") from error
    try:
        compiled, _ = _compiled(text, target.path)
    except ConfigError as error:
        raise LearnError(f"what was learned cannot be written as a profile: {error}") from error
    _compare(target.known.controls, compiled.controls, entries)
    return text


def unfit(entry: Entry) -> str:
    """Return why a control cannot be what it is said to be; "" where it can."""
    try:
        _compiled(new_profile([entry], "one control", "One control."), Path("learned.yaml"))
    except ConfigError as error:
        first = error.problems[0]
        return f"{first.message}; {first.hint}".removesuffix("; ")
    return ""


def _config(wanted: Wanted) -> Path | None:
    try:
        return find_config(str(wanted.config or ""))
    except ConfigError:
        if wanted.config:
            raise
        return None


def _surfaces(config: Path) -> dict[str, Record]:
    """Return the surfaces as far as they can be read: their profiles may be what is to be learned."""
    node, _ = read_document(config)
    record = RIG.read(node, Report())
    return {} if record is BAD else dict(record["surfaces"] or {})


def _osc(listen: str) -> OscConfig:
    address = parse_address(listen)
    if address is None:
        raise LearnError(f"expected an address and a port as in 127.0.0.1:9000, found `{listen}`")
    return OscConfig(*address)


def _with_profile(target: Target) -> Target:
    """Return a target with the profile there is: its own file, or a copy of the shipped one of its name."""
    _, shipped = profile_folders(target.path.parent)
    own = target.path if target.path.is_file() else None
    found = own or (shipped / target.path.name if (shipped / target.path.name).is_file() else None)
    if found is None:
        return target
    data = found.read_bytes()
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise LearnError(f"{found} is no UTF-8 text, and cannot be completed") from error
    profile, _ = _compiled(text, found)
    return replace(target, known=profile, text=text, is_copy=own is None, on_disk=data if own else None)


def _compiled(text: str, path: Path) -> tuple[Profile, Node]:
    """Return the profile that a text would be at a path, and its node. Raises ConfigError with all its mistakes."""
    report = Report()
    node, problems = compose(text, str(path))
    report.problems.update(dict.fromkeys(problems))
    shelf = ProfileShelf(profile_folders(path.parent), lambda each: read_document(each)[0], Path.is_file, report)
    profile = shelf.compiled(node, path)
    if profile is None or report.problems:
        raise ConfigError(report.problems)
    return profile, node


def _compare(before: Mapping[str, Control], after: Mapping[str, Control], entries: Sequence[Entry]) -> None:
    """Raise LearnError unless every control that was there is as it was, and every new one as it was learned."""
    wanted = dict(before) | {entry.name: entry.guess.control(entry.name) for entry in entries}
    changed = [name for name in wanted if after.get(name) is None or not _same(after[name], wanted[name])]
    if changed:
        raise LearnError(f"the file would not mean what was learned: {', '.join(changed)}; nothing was written")


def _same(control: Control, wanted: Control) -> bool:
    """Compare what a control sends; what it shows by itself (a fader's motor) is not learned."""
    return replace(control, light=None, display=None) == replace(wanted, light=None, display=None)
