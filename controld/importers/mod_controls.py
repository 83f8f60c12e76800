"""What moves a MOD pedalboard: MIDI controllers become a profile and rules, MOD's own hardware becomes proposals.

Pure. In MOD a controller at 64 or above makes an effect active, below it bypassed (`UpdateValueFromMidi` in mod-host's
`src/effects.c`); a parameter follows it between the two ends of its binding.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from controld.importers.board import Board
from controld.importers.bundle import BYPASS, PITCHBEND, Addressing, Binding
from controld.importers.emit import document, entry, remark
from controld.importers.names import clean
from controld.importers.rules import Action, mapping_text, proposal, rule

Key = tuple[int, int]  # channel (1-16) and controller

SURFACE = "mod"
_MOMENTARY = {1: "active", 2: "bypassed"}  # what an effect is while a momentary switch is down
PROFILE = "mod-midi"
_NOT_DRIVEN = {
    ":bpm": "the tempo is tapped or set here, it does not follow a control",
    ":bpb": "a bar has four beats here",
}


@dataclass(frozen=True, slots=True)
class Moved:
    """Something that a controller moves: an effect's port, or (with no instance) one of the pedalboard's clock."""

    instance: str
    symbol: str
    binding: Binding


def moved_by(board: Board) -> dict[Key, list[Moved]]:
    """Return what each MIDI controller moves, in the order of the effects."""
    found: dict[Key, list[Moved]] = {}
    ports = [(instance, port) for instance in board.names if (block := board.block(instance)) for port in block.ports]
    for instance, port in [*ports, *(("", port) for port in board.bundle.clock.values())]:
        if port.binding is not None:
            key = port.binding.channel, port.binding.controller
            found.setdefault(key, []).append(Moved(instance, port.symbol, port.binding))
    return found


def parameter_action(board: Board, instance: str, symbol: str, low: float | None, high: float | None) -> Action | None:
    """Return the action that has a control drive a parameter; None (and a note) where no rule can name it."""
    what = clean(f"{board.names.get(instance, instance)}/{symbol}", "?")
    if not board.has(instance, symbol):
        board.notes.miss(f"a control of {what}", "there is no such parameter")
        return None
    action: dict[str, object] = {"parameter": f"{board.names[instance]}/{symbol}"}
    known = board.known(instance)
    if low is None or high is None:
        return action
    if known is not None:
        low, high = (min(max(end, known.ranges[symbol][0]), known.ranges[symbol][1]) for end in (low, high))
    if known is None or (low, high) != known.ranges[symbol]:
        action["range"] = [low, high]
    return action


# The profile


def control_name(key: Key, default_channel: int) -> str:
    """Return what a controller is called: `cc60`, or `ch2-cc60` on another channel than the usual one."""
    channel, controller = key
    name = "bend" if controller == PITCHBEND else f"cc{controller}"
    return name if channel == default_channel else f"ch{channel}-{name}"


def usual_channel(boards: list[Board]) -> int:
    """Return the channel that most controllers use."""
    counts = Counter(channel for board in boards for channel, _ in moved_by(board))
    return min(counts, key=lambda channel: (-counts[channel], channel), default=1)


def profile_text(boards: list[Board], origin: str) -> str:
    """Return the profile of all MIDI controllers that the pedalboards know."""
    default = usual_channel(boards)
    keys = sorted({key for board in boards for key in moved_by(board)})
    lines = remark(
        f"Made by `controld import` from {origin}: the MIDI controllers that MOD listens to.\n"
        "As in MOD, an effect is active from the value 64 on. For a footswitch write `kind: button` "
        "(it sends 127 and 0 as it goes down and up) or `kind: latch` (it toggles by itself) instead, add `led: {}` if "
        "it has a light, and leave out `to: control` in its rules: they toggle by the effect's true state then."
    )
    lines += ["version: 1", "description: MIDI controllers of MOD pedalboards", f"channel: {default}", "controls:"]
    for key in keys:
        source: dict[str, object] = {"pitchbend": "any"} if key[1] == PITCHBEND else {"cc": key[1]}
        channel = {} if key[0] == default else {"channel": key[0]}
        lines += entry(2, control_name(key, default), {**source, **channel, "kind": "pedal"})
    return document(lines)


# The rules


def board_mapping(board: Board, default_channel: int, origin: str) -> str:
    """Return the rules of one pedalboard: what its controllers move, and proposals for MOD's own hardware."""
    condition = {"pedalboard": board.name}
    lines: list[str] = []
    for key, moved in sorted(moved_by(board).items()):
        control = f"{SURFACE}.{control_name(key, default_channel)}"
        actions = [action for each in moved if (action := _action(board, each))]
        if actions:
            lines += rule(control, actions, condition=condition)
        if any(each.symbol == ":rolling" for each in moved):
            lines += rule(f"{control} toe 50 %", [{"transport": "start"}], condition=condition)
            lines += rule(f"{control} heel 50 %", [{"transport": "stop"}], condition=condition)
    proposals = [line for each in board.bundle.addressings for line in _proposal(board, each)]
    if proposals:
        told = "MOD's own knobs and switches send no MIDI. To use these rules, name controls of yours in `when`"
        told += ":" if lines else ", and write `rules:` above without its brackets:"
        lines += ["", *remark(told, 2), *proposals]
    about = f"Made by `controld import` from {origin}: what MOD had bound to MIDI on this pedalboard."
    return mapping_text(about, f"what moves {board.name}", lines)


def _action(board: Board, moved: Moved) -> Action | None:
    if moved.symbol in _NOT_DRIVEN:
        what = "pitch bend" if moved.binding.controller == PITCHBEND else f"CC {moved.binding.controller}"
        board.notes.miss(f"{what} on `{moved.symbol}`", _NOT_DRIVEN[moved.symbol])
        return None
    if not moved.instance:
        return None
    if moved.symbol == BYPASS:
        return {"bypass": board.names[moved.instance], "to": "control"}
    return parameter_action(board, moved.instance, moved.symbol, moved.binding.low, moved.binding.high)


# MOD's own hardware


def _proposal(board: Board, addressing: Addressing) -> Iterator[str]:
    """Yield a rule for a knob or switch of MOD's own, as a comment; tell what has no equivalent at all."""
    actuator, where = addressing.actuator, _where(board, addressing)
    if actuator.startswith("/cv"):
        board.notes.miss(f"the control voltage {actuator} on {where}", "controld takes MIDI and OSC")
        return
    if actuator == "/bpm" or addressing.tempo:
        board.notes.miss(f"{where} following the tempo", "a parameter here is set in its own unit, not in beats")
        return
    page = "" if addressing.page is None else f", page {addressing.page + 1}"
    name = f"{_actuator_name(actuator)}{page}"
    action = _proposed(board, addressing, is_switch="footswitch" in actuator)
    why = "no rule does that" if action is None else "a rule for a control of yours waits as a comment"
    board.notes.miss(f"{name} on {where}", f"MOD's own hardware sends no MIDI; {why}")
    if action is not None:
        label = f' "{clean(addressing.label, "")}"' if addressing.label else ""
        lines = rule(f"floor.{_control(actuator)}", [action], condition={"pedalboard": board.name})
        yield from proposal([*remark(f"{name}{label}:", 2), *lines])


def _proposed(board: Board, addressing: Addressing, *, is_switch: bool) -> Action | None:
    symbol = addressing.port
    if addressing.instance not in board.names:
        taps = symbol == ":bpm" and is_switch
        return {"tempo": "tap"} if taps else {"snapshot": "next"} if symbol == ":presets" else None
    name = board.names[addressing.instance]
    if symbol == ":presets":
        return {"preset": name, "to": "next"}
    if symbol == BYPASS:
        if addressing.momentary:
            return {"bypass": name, "to": _MOMENTARY.get(addressing.momentary, "active"), "release": "return"}
        return {"bypass": name} if is_switch else {"bypass": name, "to": "control"}
    action = parameter_action(board, addressing.instance, symbol, addressing.low, addressing.high)
    return _switched(action, addressing) if action is not None and is_switch else action


def _switched(action: Action, addressing: Addressing) -> Action:
    """Return what a switch does to a parameter: to and fro, or away and back while it is down."""
    low, high = addressing.low, addressing.high
    ends: list[object] = ["0 %", "100 %"] if low is None or high is None else [low, high]
    if addressing.momentary:
        return {"parameter": action["parameter"], "to": ends[addressing.momentary != 2], "release": "return"}
    return {"parameter": action["parameter"], "toggle": ends}


def _where(board: Board, addressing: Addressing) -> str:
    name = board.names.get(addressing.instance, addressing.instance)
    return f"`{clean(f'{name}/{addressing.port}', '?')}`"


def _actuator_name(actuator: str) -> str:
    found = re.fullmatch(r"/hmi/([a-z]+)([0-9]*)", actuator)
    return f"MOD's {found[1]} {found[2]}".strip() if found else f"`{clean(actuator, '?')}`"


def _control(actuator: str) -> str:
    word = re.sub(r"[^A-Za-z0-9]+", "-", actuator.rstrip("/").rpartition("/")[2].replace("footswitch", "fs")).strip("-")
    return word if word[:1].isalpha() else f"control{word}"
