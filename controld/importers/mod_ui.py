"""`controld import mod-ui`: pedalboard bundles of MOD as a rig.

Pure: texts of a bundle's files in, texts of a rig's files out.
"""

import re
from collections.abc import Mapping

from controld.errors import ConfigError, Problem
from controld.importers.board import Board, board_of
from controld.importers.board_text import board_text
from controld.importers.bundle import Bundle, Facts
from controld.importers.mod_controls import PROFILE, SURFACE, board_mapping, moved_by, profile_text, usual_channel
from controld.importers.names import unique
from controld.importers.outcome import Made, Outcome
from controld.importers.rules import rig_text
from controld.importers.saved_state import read_addressings, read_snapshots
from controld.importers.turtle import Turtle, bundle_parts

MANIFEST = "manifest.ttl"
SNAPSHOTS = ("snapshots.json", "presets.json")  # the newer name first, as mod-ui looks for them
ADDRESSINGS = "addressings.json"
_STATE = re.compile(r"effect-([0-9]+)/effect\.ttl")


def read_bundle(folder: str, texts: Mapping[str, str]) -> Bundle:
    """Return the bundle that a folder's files describe; `texts` are those of its files by name.

    Raises:
        ConfigError: a file is missing, broken, or not what mod-ui writes.
        ControldError: rdflib is not installed.
    """
    if MANIFEST not in texts:
        hint = "a bundle is a folder NAME.pedalboard that mod-ui saved"
        raise ConfigError([Problem(folder, 0, 0, f"there is no {MANIFEST} in it", hint)])
    turtle = Turtle()
    turtle.add(texts[MANIFEST], MANIFEST, f"{folder}/{MANIFEST}")
    for name in [name for board in turtle.pedalboards() for name in turtle.more_files(board)]:
        if name not in texts:
            raise ConfigError([Problem(f"{folder}/{MANIFEST}", 0, 0, f"names the file {name}, which is not there")])
        turtle.add(texts[name], name, f"{folder}/{name}")
    parts = bundle_parts(turtle, f"{folder}/{MANIFEST}")
    saved = next((name for name in SNAPSHOTS if name in texts), "")
    snapshots, current = read_snapshots(texts[saved], f"{folder}/{saved}") if saved else ((), 0)
    addressings = read_addressings(texts[ADDRESSINGS], f"{folder}/{ADDRESSINGS}") if ADDRESSINGS in texts else ()
    return Bundle(
        folder.rstrip("/").rpartition("/")[2],
        **parts,
        snapshots=snapshots,
        current=current,
        addressings=addressings,
        states=_states(folder, texts),
    )


def _states(folder: str, texts: Mapping[str, str]) -> dict[int, Mapping[str, str]]:
    """Return what plugins saved beside their ports, by the number of the effect."""
    found: dict[int, Mapping[str, str]] = {}
    for name, text in texts.items():
        match = _STATE.fullmatch(name)
        if match is not None:
            state = Turtle()
            state.add(text, name, f"{folder}/{name}")
            found[int(match[1])] = state.properties()
    return found


def import_bundles(bundles: list[tuple[str, Bundle]], facts: Facts) -> Outcome:
    """Return the rig of one or several pedalboards; each bundle comes with its path as the person wrote it."""
    boards = [(path, board_of(bundle, facts)) for path, bundle in bundles]
    _tell_apart([board for _, board in boards])
    outcome = Outcome(", ".join(board.name for _, board in boards))
    everything = [board for _, board in boards]
    channel = usual_channel(everything)
    moved = any(moved_by(board) for board in everything)
    slugs: dict[str, str] = {}
    for path, board in boards:
        file = slugs[board.name] = unique(board.slug, slugs.values()).replace(" (", "-").rstrip(")")
        mapping = board_mapping(board, channel, path) if moved_by(board) or board.bundle.addressings else ""
        text = board_text(board, path)
        outcome.files.append(Made(f"pedalboards/{file}.yaml", _summary(board), text))
        if mapping:
            outcome.files.append(Made(f"mappings/{file}.yaml", f"what moves {board.name}", mapping))
        outcome.notes.add(board.notes, board.name if len(boards) > 1 else "")
    if moved:
        origin = ", ".join(path for path, _ in boards)
        outcome.files.append(Made(f"surfaces/{PROFILE}.yaml", "the MIDI controllers", profile_text(everything, origin)))
        outcome.to_do.append("name your MIDI device in controld.yaml: `controld ports` lists what there is")
    _tell_unknown(everything, facts, outcome)
    outcome.files.append(Made("controld.yaml", "the rig", _rig(everything, outcome, has_surface=moved)))
    return outcome


def _rig(boards: list[Board], outcome: Outcome, *, has_surface: bool) -> str:
    line = f'  {SURFACE}: {{profile: {PROFILE}, midi: {{in: "*YOUR DEVICE*"}}}}   # a part of its port\'s name'
    globs = {"pedalboards": "pedalboards/*.yaml"}
    if any(made.path.startswith("mappings/") for made in outcome.files):
        globs["mappings"] = "mappings/*.yaml"
    about = "Made by `controld import mod-ui`. Check it with `controld check`, play it with `controld run --config`."
    return rig_text(about, [line] if has_surface else [], globs, boards[0].name)


def _tell_apart(boards: list[Board]) -> None:
    """Give pedalboards of one name different ones."""
    taken: list[str] = []
    for board in boards:
        name = unique(board.name, taken)
        if name != board.name:
            board.notes.change(f"the second pedalboard `{board.name}` is called `{name}` here")
            board.name = name
        taken.append(name)


def _summary(board: Board) -> str:
    counts = {"effect": len(board.names), "snapshot": len(board.snapshots)}
    return f"{board.name}: " + ", ".join(f"{count} {what}{'' if count == 1 else 's'}" for what, count in counts.items())


def _tell_unknown(boards: list[Board], facts: Facts, outcome: Outcome) -> None:
    uris = {block.uri for board in boards for name in board.names if (block := board.block(name))} - facts.keys()
    if uris:
        many = f"{len(uris)} plugin{' is' if len(uris) == 1 else 's are'} not known to the virtual engine"
        hint = "play with an engine that has them (`engine: {type: bridge}`)"
        outcome.to_do.append(f"{many}; {hint}: {', '.join(sorted(uris))}")
