"""Takes saved files while the rig is played, keeps what was good, and returns to it.

Shell. Files that were saved are read in a thread, so that no press waits for it. If all of them check, they replace the
old ones in one step between two events; if not, the old ones stay. A file may be found half written: mistakes are told
only when they are still there after a moment.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path

from controld.config_files import FileSet
from controld.config_values import RigConfig
from controld.errors import ConfigError, Problem
from controld.file_watch import FileWatch
from controld.generations import Generation, Generations, said_time
from controld.reload_files import (
    Loaded,
    RollbackError,
    differences_of,
    is_on_disk,
    load_again,
    load_kept,
    sight_of,
)
from controld.shape_parameters import Symbols

# A save is several steps for an editor; it is read when nothing happened for the first, or after the second.
REST_S, AT_MOST_S = 0.05, 1.0
# Mistakes are told when they are still there after this: a file may be saved in two goes, or two files one by one.
PATIENCE_S = 0.5
AFTER_FAILURE_S = 1.0  # of ours; never so often that the log is full of it
MOST_LINES = 20  # of differences in the log

# The names of its tasks.
_WATCH, _KEEP, _RETURN = "configuration files", "last good files", "rollback"

log = logging.getLogger("controld.config")


class Reloading:
    """Keeps a running rig true to its files, from `start` to `stop`.

    `take` is called with each configuration that is to replace the one before, `note` with every line that a monitor
    should see, `show` with a short text for the displays on stage.
    """

    def __init__(
        self,
        config: RigConfig,
        symbols: Symbols,
        take: Callable[[RigConfig], None],
        note: Callable[[str], None],
        show: Callable[[str], None],
    ) -> None:
        self.generations = Generations(config.path)
        self._running = config
        self._heading = config.found  # what runs, or what a rollback that is under way returns to
        self._symbols = symbols
        self._take, self._note, self._show = take, note, show
        self._watch = FileWatch()
        self._sight = sight_of(config.files, config.found, config.path)
        self._seen: object = None
        self._problems: tuple[Problem, ...] = ()
        self._returned = config.from_kept
        self._said = {(each.path, each.message) for each in config.warnings}
        self._complained = False
        self._one_by_one = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Keep what was loaded as good, and begin to watch."""
        if is_on_disk(self._running.found):
            self._seen = self._sight.look()  # else something was saved since it was read
        self._begin(self._keep(self._running.found, "as it was at the start"), _KEEP)
        if self._running.reload:
            self._begin(self._run(), _WATCH)

    async def stop(self) -> None:
        """Watch no more; what is being written is written."""
        for task in list(self._tasks):
            if task.get_name() != _KEEP:
                task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        self._watch.close()

    def rollback(self, number: int = 1) -> Generation:
        """Return to the good set `number` before the one that runs (negative: after it), soon; no file is touched.

        Raises:
            RollbackError: so many were not kept.
        """
        kept = self.generations.before(self._heading, number)
        if kept is None:
            raise RollbackError(self.generations.shortage(self._heading, number))
        self._heading = kept.files
        self._begin(self._return_to(kept), _RETURN)
        return kept

    @property
    def busy(self) -> bool:
        """Tell whether a set is just being kept, or returned to."""
        return any(task.get_name() != _WATCH for task in self._tasks)

    @property
    def problem(self) -> str:
        """The first mistake of files that wait to be mended; "" where there is none."""
        return str(self._problems[0]) if self._problems else ""

    def status(self) -> dict[str, object]:
        """Return what runs, for the terminal and the monitor; `words` is "" where it is simply what the files say."""
        return {
            "path": str(self._running.path.absolute()),
            "kept": str(self.generations.path),
            "set": self.generations.digest(self._running.found),
            "busy": self.busy,
            "returned": self._returned,
            "problem": self.problem,
            "words": self._words(),
        }

    def _words(self) -> str:
        words = []
        if self._returned:
            at = self.generations.time_of(self._running.found)
            words.append(f"rolled back to the files of {at}; the next save that checks is taken")
        if self._problems:
            words.append(f"the files have mistakes and wait to be mended: {self._problems[0]}")
        return "; ".join(words)

    # Saved files

    async def _run(self) -> None:
        if self._returned:
            self._problems = (await self._read()).problems  # the last good ones were asked for: others are not taken
        while True:
            try:
                await self._look_once()
            except Exception:  # the one guard of this loop: the next save is to be seen, whatever was in this one
                log.exception("saved files could not be taken; what was loaded before stays")
                await asyncio.sleep(AFTER_FAILURE_S)

    async def _look_once(self) -> None:
        self._watch.aim(self._sight.places())
        if self._sight.look() == self._seen:
            await self._watch.notice()
            return
        await self._watch.quiet(REST_S, AT_MOST_S)
        self._judge(await self._read_in_time())

    async def _read_in_time(self) -> Loaded:
        """Return what the files come to, with patience for those that have mistakes only for a moment."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE_S
        while True:
            loaded = await self._read()
            while loaded.config is None and self._sight.look() == self._seen and loop.time() < deadline:
                await self._watch.quiet(REST_S, REST_S)
            if loaded.config is not None or self._sight.look() == self._seen:
                return loaded
            await self._watch.quiet(REST_S, AT_MOST_S)

    async def _read(self) -> Loaded:
        """Read all files; once more where others belong to them now, so that none is saved unseen meanwhile."""
        while True:
            self._seen = self._sight.look()
            loaded = await asyncio.to_thread(load_again, self._running.path, self._symbols, self._running.over)
            if loaded.sight == self._sight:
                return loaded
            self._sight = loaded.sight
            self._watch.aim(self._sight.places())

    def _judge(self, loaded: Loaded) -> None:
        """Take what was read, or say why not."""
        config = loaded.config
        if config is None:
            if loaded.problems != self._problems:
                self._refuse(loaded.problems)
            return
        were_broken, self._problems = bool(self._problems), ()
        if config.found.digest == self._running.found.digest:
            if were_broken or self._returned:
                self._tell("the files are what runs")
            self._returned = False
            return
        self._warn(config)
        self._heading = config.found
        self._replace(config, "saved files are taken", is_new=True)
        if were_broken:
            self._show("files taken")

    def _refuse(self, problems: tuple[Problem, ...]) -> None:
        self._problems = problems
        first, text = problems[0], "\n".join(map(str, problems))
        log.error("the files were changed but have mistakes; what was loaded before stays:\n%s", text)
        self._note(f"not reloaded: {first}")
        line = f":{first.line}" if first.line else ""
        self._show(f"{Path(first.path).name}{line} {first.message}")

    def _replace(self, config: RigConfig, headline: str, *, is_new: bool) -> None:
        """Take a configuration; then, for that may need a moment, tell what is different in it, and keep it if new."""
        before, self._running, self._returned = self._running, config, config.from_kept
        self._take(config)
        self._tell(headline)
        self._begin(self._account_for(before, config, is_new=is_new), _KEEP)

    async def _account_for(self, before: RigConfig, config: RigConfig, *, is_new: bool) -> None:
        lines = await asyncio.to_thread(differences_of, before, config)
        for line in lines[:MOST_LINES] or ["only comments are new"]:
            self._tell(f"  {line}")
        if len(lines) > MOST_LINES:
            self._tell(f"  ... and {len(lines) - MOST_LINES} more")
        if is_new:
            more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
            await self._keep(config.found, f"{next(iter(lines), 'comments')}{more}")

    def _tell(self, text: str) -> None:
        log.info("%s", text)
        self._note(text)

    def _warn(self, config: RigConfig) -> None:
        """Say what is doubtful, each thing once however often its file is saved."""
        for warning in config.warnings:
            if (warning.path, warning.message) not in self._said:
                self._said.add((warning.path, warning.message))
                log.warning("%s", warning)

    # What was good

    async def _return_to(self, kept: Generation) -> None:
        async with self._one_by_one:
            await self._return(kept)

    async def _return(self, kept: Generation) -> None:
        at = said_time(kept.at_s)
        try:
            config = await asyncio.to_thread(load_kept, self._running.path, self._symbols, kept, self._running.over)
        except ConfigError as error:  # this controld is another than the one that kept them
            log.error("the files of %s cannot be returned to:\n%s", at, error)  # noqa: TRY400 - mistakes, no fault
            self._show(f"no rollback: {error.problems[0].message}")
            self._heading = self._running.found
            return
        if await asyncio.to_thread(is_on_disk, config.found):
            config = replace(config, from_kept=False)
        self._replace(config, f"rolled back to the files of {at}; the disk stays as it is", is_new=False)
        self._show(f"rolled back to {at}")

    async def _keep(self, files: FileSet, change: str) -> None:
        self.generations.keep(files, change)
        try:
            async with self._one_by_one:
                await asyncio.to_thread(self.generations.save)
        except OSError as error:
            if not self._complained:
                self._complained = True
                log.warning("good files cannot be kept for a rollback after the next start: %s", error)

    def _begin(self, job: Coroutine[object, object, None], name: str) -> None:
        task = asyncio.create_task(job, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
