"""Where things are kept on this machine.

Shell: it reads the environment.
"""

import os
from pathlib import Path


def data_folder() -> Path:
    """Return where state is kept: `SESSION_MANAGER_DATA_DIR`, else `controld` in `XDG_STATE_HOME` (~/.local/state)."""
    chosen = os.environ.get("SESSION_MANAGER_DATA_DIR")
    if chosen:
        return Path(chosen).expanduser()
    return Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state").expanduser() / "controld"
