"""`controld run`: loads the configuration, runs the daemon, and tells the player what it waits for and what to try.

Shell. What is printed on standard output is for the player; the log goes to standard error.
"""

import asyncio
import logging
import os
import shutil
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from controld import __version__
from controld.changes import PedalboardChanged, State, StateChange
from controld.check import catalogue_symbols
from controld.config import find_config, load_rig
from controld.config_settings import overrides_of
from controld.config_values import LogConfig, Overrides, RigConfig
from controld.daemon import Daemon, serve
from controld.errors import ConfigError
from controld.generations import Generations, said_time
from controld.log_setup import set_up_logging
from controld.mappings.profile import Kind
from controld.reload_files import load_last_good
from controld.surfaces.midi_system import ADMIN

# When nothing answered for this long, the player is told that the rig waits for its engine.
ENGINE_PATIENCE_S = 3.0
# Devices that are there join within this time, so that they are not said to be waited for.
DEVICES_JOIN_S = 0.3


def run(
    config_path: Path | None,
    socket: Path | None,
    chosen: Sequence[str] = (),
    *,
    last_good: bool = False,
    safe: bool = False,
) -> int:
    """Run the rig until Ctrl-C or SIGTERM; returns the exit code. Raises ControldError where it cannot start.

    `chosen` are settings as `KEY=VALUE`, over environment and files. `last_good` takes the newest files that were kept
    instead of those on the disk. `safe` begins on an empty pedalboard.
    """
    log = LogConfig()
    set_up_logging(log.level, log.format)  # for what is said before the files are read
    config = _load(find_config(str(config_path or "")), overrides_of(os.environ, chosen), last_good=last_good)
    set_up_logging(config.log.level, config.log.format)
    for warning in config.warnings:
        logging.getLogger("controld.config").warning("%s", warning)
    greeter = _Greeter(config)
    asyncio.run(serve(config, socket, greeter.started, greeter.changed, safe=safe))
    print("controld: stopped", flush=True)
    if any(thread.name.startswith(ADMIN) for thread in threading.enumerate()):
        logging.shutdown()
        os._exit(0)  # a thread hangs in a library, and an orderly exit would wait for it
    return 0


def _load(path: Path, over: Overrides, *, last_good: bool) -> RigConfig:
    if last_good:
        config, kept = load_last_good(path, catalogue_symbols(), over)
        log = logging.getLogger("controld.config")
        log.warning("playing the files of %s; the next save that checks is taken", said_time(kept.at_s))
        return config
    try:
        return load_rig(path, catalogue_symbols(), over=over)
    except ConfigError as error:
        kept_sets = Generations(path).sets
        if kept_sets:
            at = said_time(kept_sets[-1].at_s)
            error.advice = f"The files of {at}, which were good, are kept: `controld run --last-good` plays them."
        raise


class _Greeter:
    """Prints where things stand, once the pedalboard is loaded or it is clear that the engine is not there."""

    def __init__(self, config: RigConfig) -> None:
        self._config = config
        self._daemon: Daemon | None = None
        self._told = False

    def started(self, daemon: Daemon) -> None:
        self._daemon = daemon
        asyncio.get_running_loop().call_later(ENGINE_PATIENCE_S, self._tell)
        if daemon.rig.mapper.view.pedalboard.state is not State.ASKED:
            asyncio.get_running_loop().call_later(DEVICES_JOIN_S, self._tell)

    def changed(self, change: StateChange) -> None:
        if isinstance(change, PedalboardChanged) and change.state is not State.ASKED:
            asyncio.get_running_loop().call_later(DEVICES_JOIN_S, self._tell)

    def _tell(self) -> None:
        if self._told or self._daemon is None:
            return
        self._told = True
        print(summary(self._config, self._daemon), flush=True)


def summary(config: RigConfig, daemon: Daemon) -> str:
    """Return what a player sees at the start."""
    board = daemon.rig.session.pedalboard
    view = daemon.rig.mapper.view
    loaded = {State.CONFIRMED: "", State.ASKED: " (waits for the engine)", State.FAILED: " (NOT complete, see above)"}
    lines = [f"controld {__version__}   {config.path}", f"  engine      {_engine_words(config)}"]
    for index, (name, words) in enumerate(daemon.surface_words().items()):
        lines.append(f"  {'surfaces' if index == 0 else '':<11} {name}: {words}")
    if daemon.safe and not board.name:
        lines.append(
            "  pedalboard  none: this is a safe start, and what was left is kept until you load or edit something"
        )
    else:
        lines.append(f"  pedalboard  {board.name}{loaded[view.pedalboard.state]}: {', '.join(board.effect_names())}")
    if board.snapshots:
        names = ", ".join(f"[{n}]" if n == daemon.rig.session.snapshot else n for n in board.snapshot_names())
        lines.append(f"  snapshots   {names}")
    lines += ["", f"Try this in another terminal:  {_command()} simulate {_first_switch(config)}"]
    lines.append(f"and watch what happens with:   {_command()} monitor      (Ctrl-C here stops the rig)")
    return "\n".join(lines)


def _engine_words(config: RigConfig) -> str:
    engine = config.engine
    if engine.type == "virtual":
        return f"virtual host, simulated: it makes no sound (bridge on {engine.endpoint})"
    if engine.type == "mod-host":
        return f"mod-host at {engine.address} (bridge on {engine.endpoint})"
    return f"bridge at {engine.endpoint}"


def _first_switch(config: RigConfig) -> str:
    """Return a switch that some rule uses, so that the first try does something."""
    kinds = {
        f"{surface.name}.{name}": control.kind
        for surface in config.surfaces
        for name, control in surface.profile.controls.items()
    }
    used = [trigger.control for rule in config.rules for trigger in rule.triggers]
    return next((name for name in used if kinds.get(name) is Kind.BUTTON), used[0] if used else "SURFACE.CONTROL")


def _command() -> str:
    """Return how this program is called from here."""
    if shutil.which("controld"):
        return "controld"
    path = Path(sys.argv[0])
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
