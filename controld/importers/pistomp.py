"""`controld import pi-stomp`: a pi-Stomp's configuration as a rig.

Pure: values in, texts of files out.
"""

from controld.importers.board import Board
from controld.importers.board_text import board_text
from controld.importers.emit import scalar
from controld.importers.outcome import Made, Outcome
from controld.importers.pistomp_blends import blend_rules
from controld.importers.pistomp_controls import PORT, PROFILE, SURFACE, panel_of, profile_text
from controld.importers.pistomp_rules import Rules
from controld.importers.pistomp_values import PiStomp
from controld.importers.rules import mapping_text, rig_text


def import_pistomp(config: PiStomp, board: Board | None, switches: str, origin: str) -> Outcome:
    """Return the rig of a configuration; `board` is a pedalboard's, where one was named, `origin` the files read."""
    panel = panel_of(config, switches)
    rules = Rules(config, panel, switches, board)
    lines, pages = rules.lines(), rules.pages()
    blends, variables = blend_rules(config, panel, board)
    outcome = Outcome("pi-stomp" if board is None else board.name)
    about = f"Made by `controld import pi-stomp` from {origin}: what the controls do."
    if board is not None:
        file = Made(f"pedalboards/{board.slug}.yaml", f"{board.name}, with its roles", board_text(board, origin))
        outcome.files.append(file)
        outcome.notes.add(board.notes)
    outcome.notes.add(config.notes)
    after = [*pages, *outcome.notes.as_comment()]
    mapping = mapping_text(about, "pi-Stomp", [*lines, *blends], before=variables, after=after)
    outcome.files.append(Made("mappings/pi-stomp.yaml", "the rules", mapping))
    profile = profile_text(config, panel, switches, origin)
    outcome.files.append(Made(f"surfaces/{PROFILE}.yaml", f"{len(panel.kinds)} controls", profile))
    outcome.files.append(Made("controld.yaml", "the rig", _rig(board)))
    if panel.spare:
        what = f"pi-Stomp sends no MIDI for {', '.join(sorted(panel.spare))}"
        outcome.to_do.append(f"{what}: have your switches send the controllers chosen in surfaces/{PROFILE}.yaml")
    if rules.open:
        why = "the pedalboard binds nothing to them" if board else "MOD keeps in each pedalboard what they move"
        names = ", ".join(rules.open)
        outcome.to_do.append(f"complete the rules of {names} in mappings/pi-stomp.yaml, which wait as comments: {why}")
    return outcome


def _rig(board: Board | None) -> str:
    line = f"  {SURFACE}: {{profile: {PROFILE}, midi: {{in: {scalar(PORT)}}}}}   # where pi-Stomp's program sends"
    globs = {"mappings": "mappings/*.yaml"}
    if board is not None:
        globs = {"pedalboards": "pedalboards/*.yaml", **globs}
    about = "Made by `controld import pi-stomp`. Check it with `controld check`, play it with `controld run --config`."
    return rig_text(about, [line], globs, board.name if board is not None else "")
