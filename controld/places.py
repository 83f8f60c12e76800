"""Where things are kept on this machine.

Shell: it reads the environment.
"""

import os
from pathlib import Path


def library_folder(configured: str, config: Path) -> Path:
    """Return the library's folder: `SESSION_MANAGER_DATA_DIR`, else as the rig's file says, from where that lies.

    Else it is `controld/library` in `XDG_DATA_HOME` (~/.local/share), for all rigs.
    """
    chosen = os.environ.get("SESSION_MANAGER_DATA_DIR")
    if chosen:
        return Path(chosen).expanduser()
    if configured:
        return config.parent / Path(configured).expanduser()
    return Path(os.environ.get("XDG_DATA_HOME") or "~/.local/share").expanduser() / "controld" / "library"


def data_folder() -> Path:
    """Return where state is kept: `SESSION_MANAGER_DATA_DIR`, else `controld` in `XDG_STATE_HOME` (~/.local/state)."""
    chosen = os.environ.get("SESSION_MANAGER_DATA_DIR")
    if chosen:
        return Path(chosen).expanduser()
    return Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state").expanduser() / "controld"
