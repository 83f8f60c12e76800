"""What outlives a running rig: its journal and the library, joined to the core.

Shell. Made before the rig, for it knows what the rig begins with; told everything that the core puts out.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import get_args

from controld.changes import EditChange, PedalboardChanged, Refused, StateChange
from controld.config_values import RigConfig
from controld.librarian import Librarian
from controld.library import Library
from controld.places import library_folder
from controld.rig import Output, Rig
from controld.session.live import Live
from controld.session.shelf import Filing
from controld.store import Journal, Standing, lay_over, state_path

log = logging.getLogger("controld.store")

# What somebody meant, where it has an origin: it ends the holding back of a safe start.
_MEANT = (PedalboardChanged, *get_args(EditChange))


class Memory:
    """Journal and library of a rig. `answered` is told what became of each filing, `say` what a person should know.

    `safe` begins on an empty pedalboard, and nothing is journalled until somebody loads or edits one.
    """

    def __init__(
        self,
        config: RigConfig,
        answered: Callable[[Filing, str], None],
        say: Callable[[str], None],
        *,
        safe: bool = False,
    ) -> None:
        self.journal = Journal(state_path(config.path), self._standing, say, held=safe)
        self._config = config
        self._safe = safe
        self._library = Library(library_folder(config.library, config.path))
        self._librarian = Librarian(self._library, answered, say)
        self._saved = self.journal.saved
        self._rig: Rig | None = None

    def rig(self, config: RigConfig) -> Rig:
        """Return the rig of a configuration, where it was left."""
        contents = self._library.open()
        boards = lay_over(config.pedalboards, self._saved)
        rig = Rig(
            config.rules, config.controls, boards, config.startup.pedalboard, stage=config.stage, banks=config.banks
        )
        rig.session.saved.update(self._saved)
        rig.session.silence_tuner(wanted=config.tuner_mutes)
        rig.session.tell_date(lambda: datetime.now(UTC).isoformat(timespec="seconds"))
        rig.open_library(contents.boards, contents.banks, contents.favourites)
        live = self.journal.kept.live if config.startup.restore == "last" else Live()
        if self._safe:
            rig.begin("")
        else:
            first = next(iter(rig.session.shelf.names), "")
            rig.begin(config.startup.pedalboard or rig.session.pedalboard.name or first)
            self._say_refused(rig.resume(live).changes if live.pedalboard else [])
        self._rig = rig
        return rig

    def _say_refused(self, changes: list[StateChange]) -> None:
        for change in changes:
            if isinstance(change, Refused):
                log.warning("%s: %s", change.subject, change.reason)

    def start(self) -> None:
        """Begin to keep."""
        self.journal.start()
        self._librarian.start()
        self._file()

    async def stop(self) -> None:
        """Keep what is not kept yet."""
        self._file()
        await self._librarian.stop()
        await self.journal.stop()

    def saw(self, output: Output) -> None:
        """Take note of what the core put out."""
        if not output.changes:
            return
        if self.journal.held and any(isinstance(change, _MEANT) and change.origin for change in output.changes):
            self.journal.held = False
        self.journal.mark()
        self._file()

    def _file(self) -> None:
        if self._rig is not None and self._rig.session.filing_waits:
            self._librarian.take(self._rig.session.take_filing())

    def _standing(self) -> Standing:
        if self._rig is None:
            return self.journal.kept
        restores = self._config.startup.restore == "last"
        return Standing(self._rig.live() if restores else Live(), tuple(self._rig.session.saved.values()))
