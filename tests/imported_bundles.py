"""MOD bundles as they are imported, checked and played in tests."""

from collections.abc import Mapping
from pathlib import Path

from controld.check import catalogue_symbols, check_paths
from controld.config import load_rig
from controld.importers.bundle import Facts
from controld.importers.command import facts
from controld.importers.mod_ui import import_bundles, read_bundle
from controld.importers.outcome import Outcome
from controld.offline import OfflineRig
from controld.rehearse import rehearse
from controld.session.model import EffectRecall, Pedalboard
from controld.session.schema import compile_pedalboard
from controld.shape import Report
from controld.yaml_reader import compose

FACTS = facts()
# Controls of the names that proposals have.
OWN_CONTROLS = """\
version: 1
controls:
  knob{1..2}: {cc: "{1..2}", kind: knob}
  fs{1..2}: {cc: "{11..12}", kind: button}
  urn-cc-device-0: {cc: 3, kind: pedal}
"""


def imported(*boards: Mapping[str, str], known: Facts = FACTS) -> Outcome:
    """Return what becomes of bundles, given as the texts of their files."""
    folders = [f"B{index}.pedalboard" for index in range(len(boards))]
    return import_bundles(
        [(folder, read_bundle(folder, texts)) for folder, texts in zip(folders, boards, strict=True)], known
    )


def text_of(outcome: Outcome, start: str) -> str:
    """Return the text of the first file whose path starts so."""
    return next(made.text for made in outcome.files if made.path.startswith(start))


def board_of(outcome: Outcome) -> Pedalboard:
    """Return the first pedalboard as the loader reads it; there must be nothing wrong with it."""
    report = Report()
    node, problems = compose(text_of(outcome, "pedalboards/"), "f")
    board = compile_pedalboard(node, report, catalogue_symbols())
    assert not problems
    assert not report.problems
    assert board is not None
    return board


def written(outcome: Outcome, folder: Path) -> Path:
    """Write a rig and return its folder, after `controld check` found nothing wrong with it."""
    for made in outcome.files:
        path = folder / made.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made.text, encoding="utf-8")
    checked = check_paths([folder], catalogue_symbols())
    assert not checked.report.problems
    assert len(checked.files) == len(outcome.files)
    return folder


def played(outcome: Outcome, folder: Path) -> OfflineRig:
    """Return the imported rig, ready to be played."""
    return rehearse(load_rig(written(outcome, folder), catalogue_symbols()))


def missed(outcome: Outcome) -> str:
    """Return what has no equivalent, as one text."""
    return "\n".join(outcome.notes.missing)


def levels(recall: EffectRecall) -> dict[str, float]:
    """Return a recall's parameters as numbers."""
    return {symbol: level.value for symbol, level in recall.parameters.items()}
