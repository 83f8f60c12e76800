"""`controld service-unit`: a unit for systemd that runs this very controld, with notification and watchdog.

Shell: it writes to standard output. Printed and not shipped, for it holds the paths of this installation.
"""

import argparse
import sys
from pathlib import Path

from controld.config import find_config

# The loop gives three signs of life in this time; a rig that hangs so long is better started anew.
WATCHDOG_S = 10
UNIT = """\
# {place}
[Unit]
Description=controld: control surfaces for a live LV2 rig
After=sound.target{after}

[Service]
Type=notify
NotifyAccess=main
ExecStart={command}
WatchdogSec={watchdog}
Restart=on-failure
RestartSec=1
# Footswitches before everything else, without taking the audio's place.
Nice=-10
LimitRTPRIO=70
LimitMEMLOCK=infinity
{more}
[Install]
WantedBy={target}
"""
_SYSTEM = """\
# The user whose JACK server it is: a daemon of root finds none.
User={user}
NoNewPrivileges=true
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `controld service-unit`."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="the rig's controld.yaml")
    parser.add_argument("--system", metavar="USER", default="", help="a unit of the whole system, run as this user")


def run(args: argparse.Namespace) -> int:
    """Print the unit; returns 0.

    Raises:
        ConfigError: nothing was named, and there is no configuration in the usual places.
    """
    sys.stdout.write(unit(find_config(str(args.config or "")).absolute(), args.system))
    return 0


def unit(config: Path, user: str = "") -> str:
    """Return the text of a unit that runs the rig of `config`; with `user` one of the system, else of the user."""
    command = " ".join(_quoted(word) for word in (sys.executable, "-m", "controld.cli", "run", "--config", str(config)))
    folder = "/etc/systemd/system" if user else "~/.config/systemd/user"
    return UNIT.format(
        place=f"{folder}/controld.service",
        after=" network-online.target" if user else "",
        command=command,
        watchdog=WATCHDOG_S,
        more=_SYSTEM.format(user=user) if user else "",
        target="multi-user.target" if user else "default.target",
    )


def _quoted(word: str) -> str:
    """Return a word as a unit's command line has it: `%` and `$` are special there."""
    plain = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{plain}"' if any(char.isspace() or char in "\"'\\;" for char in word) else plain
