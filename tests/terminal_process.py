"""A `controld` command in a terminal of its own (a pseudo-terminal), for commands that talk with a person."""

import os
import pty
import signal
import subprocess
import sys
import threading
from pathlib import Path

from rig_process import PATIENCE_S, wait_for


class TerminalProcess:
    """Runs a command as if a person sat before it; `text` is what the screen showed so far."""

    def __init__(self, *words: str, folder: Path, **environment: str) -> None:
        self._terminal, end = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "controld.cli", *words],
            stdin=end, stdout=end, stderr=end, cwd=folder, start_new_session=True,
            env={**os.environ, "NO_COLOR": "1", **environment},
        )  # fmt: skip
        os.close(end)
        self.text = ""
        self._seen = 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._terminal, 65536)
            except OSError:  # the other end is closed
                return
            if not data:
                return
            self.text += data.decode(errors="replace").replace("\r\n", "\n")

    def shows(self, words: str) -> None:
        """Wait until the screen shows words after those that were waited for before."""
        wait_for(lambda: words in self.text[self._seen :] or not self._reader.is_alive(), f"{words!r} in {self.text}")
        place = self.text.find(words, self._seen)
        assert place >= 0, self.text
        self._seen = place + len(words)

    def type(self, line: str) -> None:
        """Type a line and Enter."""
        os.write(self._terminal, f"{line}\n".encode())

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self._process.send_signal(signal.SIGINT)

    def ends(self) -> int:
        """Wait for the end; return the exit code."""
        try:
            code = self._process.wait(PATIENCE_S)
            self._reader.join(PATIENCE_S)
            return code
        finally:
            self._process.kill()
            self._process.wait()
            os.close(self._terminal)
