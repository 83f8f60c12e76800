"""The host `mod-host`: a running mod-host over its own TCP protocol, one connection that stays.

Shell. Commands go out as they come and their replies come back as they are. What mod-host does not tell is known from
what passed (`modhost_memory`), from JACK (`modhost_jack`) and from asking: whenever the connection is new, or a reply
came too late, every effect is asked for its bypass and its values, so that nothing is believed that is not so.
"""

import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from controld.bridge.hosts.base import HostEffect, HostEvent
from controld.bridge.hosts.catalogue import Plugin, Preset
from controld.bridge.hosts.lv2_installed import Installed, Scan
from controld.bridge.hosts.modhost_audio import Audio
from controld.bridge.hosts.modhost_guard import Guard
from controld.bridge.hosts.modhost_jack import JackView
from controld.bridge.hosts.modhost_kept import kept_path, read_kept, write_kept
from controld.bridge.hosts.modhost_levels import Levels
from controld.bridge.hosts.modhost_link import LinkState, ModHostLink
from controld.bridge.hosts.modhost_memory import BYPASS, Memory
from controld.bridge.hosts.modhost_vet import vet
from controld.bridge.hosts.virtual_numbers import atoi
from controld.bridge.modhost_protocol import (
    READ_BUFFER_BYTES,
    format_command,
    parse_feedback,
    parse_reply,
    tokenize,
    verdict,
)
from controld.errors import BridgeStartError

DEFAULT_ADDRESS: Final = ("127.0.0.1", 5555)
COMMAND_S: Final = 1.0  # below the 1.5 s a session waits; what takes longer is told as unreachable, and may be done yet
SLOW_S: Final = 4.5  # loading a plugin took up to 0.4 s on an idle desktop machine, and a session waits 5 s
PROBE_S: Final = 0.25
QUESTION_S: Final = 0.5  # for each value that is read back
READY_S: Final = 0.01  # mod-host is let go on telling at most so often in the long run,
READY_BURST: Final = 10  # and so many times at once: a pedal that begins to move is not to wait for our next turn
PATIENCE_S: Final = 0.5  # a mod-host that is there serves us within it, unless another program has it
QUIET_S: Final = 0.1  # a mod-host that tells nothing for so long is not in the middle of it
FRESH_S: Final = 1.0  # a mod-host that answered within it is well
SCANNED: Final = 1000  # instances asked for one by one where JACK does not say which there are; sessions count from 0

_SLOW: Final = frozenset({
    "add", "preload", "remove", "activate", "preset_load", "preset_save", "bundle_add", "bundle_remove", "state_load",
    "state_save", "multi_add", "multi_preload", "multi_remove", "multi_activate", "feature_enable", "quit",
})  # fmt: skip
# mod-host does them, and says nothing: whoever waited would wait in vain.
_WITHOUT_REPLY: Final = frozenset({"help", "save", "load"})
_ADDING: Final = frozenset({"add", "preload", "multi_add", "multi_preload"})
_STRUCTURE: Final = frozenset({"effect_added", "effect_removed", "preset_load"})
_NO_JACK_CLIENT: Final = -201

log = logging.getLogger("controld.bridge.mod-host")


def parse_address(written: str) -> tuple[str, int]:
    """Return "host:port" or "[ipv6]:port" in its two parts.

    Raises:
        BridgeStartError: where it is none, or the feedback port next to it would be none.
    """
    host, colon, port = written.rpartition(":")
    if not (colon and host and port.isascii() and port.isdecimal() and 0 < int(port) < 65_535):
        message = f"{written!r} is not the address of a mod-host, as in 127.0.0.1:5555"
        raise BridgeStartError(message)
    return host.strip("[]"), int(port)


class ModHost:
    """The mod-host at `address` and its feedback port, the next one; a `Host`. One that is not there is waited for."""

    name = "mod-host"

    def __init__(self, address: tuple[str, int] = DEFAULT_ADDRESS, kept: Path | None = None) -> None:
        self._where = f"{address[0]}:{address[1]}"
        self._kept = kept or kept_path(address)
        self._installed = Installed()
        self._saved: dict[str, list[tuple[str, Preset]]] = {}  # by directory: presets whose bundle is still to be added
        self._jack = JackView()
        self._memory = Memory(self.plugins)
        self._link = ModHostLink(address, self._on_up, self._on_line, Guard())
        self._levels = Levels(self._jack, lambda line: self._link.ask(line, COMMAND_S))
        self._audio = Audio(self._jack, self.execute, self._memory, self._levels)
        self._said = "nothing yet"  # what was logged last of why it is away, "" for its answering
        self._jack_died = False
        self._believes = False  # in what is remembered
        self._ready_due = self._rescans = False
        self._ready_credit, self._ready_at = float(READY_BURST), 0.0
        self._answered_at = 0.0
        self._generation = 0
        self._known = read_kept(self._kept)
        self._pump()

    def execute(self, line: str) -> str | None:
        """Do one command and return mod-host's reply; None where there is none in time, or no mod-host."""
        name, *words = tokenize(line)
        if name in _WITHOUT_REPLY or not line.rstrip() or self._jack_died:
            return None
        refused = vet(name, words)
        if refused is not None:
            return refused
        reply = self._link.ask(_padded(line), SLOW_S if name in _SLOW else COMMAND_S)
        if reply is None:
            self._tell_state()
            return None
        self._answered_at = time.monotonic()
        self._memory.observe(name, words, reply)
        self._look_after(name, words, reply)
        return reply

    def take_events(self) -> list[HostEvent]:
        """Go on with whatever waits, and return what happened since the last call, oldest first."""
        self._pump()
        events = self._memory.take_events()
        if self._believes and any(event["type"] in _STRUCTURE for event in events):
            write_kept(self._kept, self.effects())
        return events

    def filenos(self) -> list[int]:
        """Return the descriptors that are readable when mod-host has something to say."""
        return self._link.filenos()

    def plugins(self) -> Mapping[str, Plugin]:
        """Return the plugins that are installed here; mod-host may know more."""
        return self._installed.plugins

    def rescan(self) -> None:
        """Have the bundles looked at."""
        self._rescans = True
        self._installed.refresh()
        if not self._installed.looking:  # there are no bundles
            self._tell_scan(Scan(len(self.plugins())))

    def effects(self) -> Mapping[int, HostEffect]:
        """Return what is loaded as far as it is known; without a URI where another program, or time past, loaded it."""
        return self._memory.effects()

    def connections(self) -> list[tuple[str, str]]:
        """Return JACK's connections, or those that were asked for where JACK cannot be seen."""
        return self._jack.connections() if self._jack.connected else self._memory.pairs()

    def audio(self, method: str, fields: Mapping[str, object]) -> dict[str, object]:
        """Answer an audio request.

        Raises:
            AudioError: for an unknown method, a missing field or one of the wrong kind.
        """
        return self._audio.answer(method, fields)

    def healthy(self) -> bool:
        """Return whether mod-host answers, which it is asked where it did not lately, and JACK runs."""
        self._pump()
        if self._jack_died or self._link.state is not LinkState.UP:
            return False
        if time.monotonic() - self._answered_at > FRESH_S and self._link.ask("cpu_load", PROBE_S) is not None:
            self._answered_at = time.monotonic()
        return self._link.state is LinkState.UP

    def close(self) -> None:
        """Leave mod-host as it is, with all it plays; what it is telling is heard to the end."""
        deadline = time.monotonic() + QUIET_S
        while self._link.hears and not self._ready_due and time.monotonic() < deadline:
            self._link.listen(deadline - time.monotonic())
        if self._link.state is LinkState.UP:
            self._levels.give_up()
        self._link.close()
        self._jack.close()
        self._installed.close()

    def _pump(self) -> None:
        scan = self._installed.pump()
        if scan is not None:
            self._tell_scan(scan)
        if not self._installed.settled:
            return  # an effect is not taken over before it is known what it could be
        self._link.pump()
        if self._link.state is LinkState.AWAY:
            self._lose_effects()
        self._tell_state()
        if self._jack.look() and self._link.state is not LinkState.AWAY:
            self._lose_jack()
        if self._link.state is LinkState.UP:
            self._levels.rest(time.monotonic())
            if self._ready_due:
                self._let_go_on(time.monotonic())

    def _let_go_on(self, now: float) -> None:
        self._ready_credit = min(READY_BURST, self._ready_credit + (now - self._ready_at) / READY_S)
        self._ready_at = now
        if self._ready_credit >= 1.0:
            self._ready_credit -= 1.0
            self._ready_due = False
            self._link.ask("output_data_ready", QUESTION_S)

    def _on_line(self, line: str) -> None:
        event = parse_feedback(line)
        if event["type"] == "data_finish":  # mod-host waits: between the two of us only
            self._ready_due = True
            return
        if event["type"] == "audio_monitor" and self._levels.hear(event, time.monotonic()):
            return
        self._audio.hear(event)
        self._memory.hear(event)

    def _on_up(self) -> None:
        """Find out what is there; what was known may be of a mod-host that is no more."""
        first, self._generation = self._link.generation != self._generation, self._link.generation
        if first:
            self._jack_died = False
            self._jack.look()
            self._levels.forget()
            self._installed.refresh()
            if self._link.hears:  # nothing else tells of xruns; twice a second
                self._link.ask("feature_enable cpu-load 1", QUESTION_S)
        self._believes = True
        for number in sorted(self._candidates(first=first)):
            self._examine(number)
        self._known = {}
        self._ready_due = True  # whoever was here before may have left it silent
        self._answered_at = time.monotonic()

    def _candidates(self, *, first: bool) -> set[int]:
        known = {*self._memory.loaded, *self._known}
        if not first:
            return known
        return known | (self._jack.instances() if self._jack.connected else set(range(SCANNED)))

    def _examine(self, number: int) -> None:
        """Ask for an instance: gone, as it was known, with other values, or another plugin than was thought."""
        bypass = self._read(number, BYPASS)
        loaded = self._memory.loaded.get(number)
        if bypass is None:
            if loaded and self._link.state is LinkState.UP:
                self._memory.forget(number)
            return
        uri, preset = (loaded.uri, loaded.preset) if loaded else self._known.get(number, ("", ""))
        values = self._read_all(number, uri)
        if None in values.values() and self._link.state is LinkState.UP:
            log.warning("effect %d in mod-host is not %s, which it was; it is not known what it is", number, uri)
            self._memory.forget(number)
            uri, preset, values = "", "", {}
        if number not in self._memory.loaded:
            self._memory.restore(number, uri, preset)
        self._memory.found(number, {BYPASS: bypass, **{key: each for key, each in values.items() if each is not None}})

    def _read_all(self, number: int, uri: str) -> dict[str, float | None]:
        plugin = self.plugins().get(uri)
        return {symbol: self._read(number, symbol) for symbol in plugin.control_by_symbol} if plugin else {}

    def _lose_effects(self) -> None:
        """Tell that everything is gone, so that nobody believes in it meanwhile; what it was is tried again later."""
        if self._believes:
            self._believes = False
            self._known = {number: (each.uri, each.preset) for number, each in self.effects().items() if each.uri}
            for number in list(self._memory.loaded):
                self._memory.forget(number)

    def _read(self, number: int, symbol: str) -> float | None:
        reply = parse_reply(self._link.ask(f"param_get {number} {symbol}", QUESTION_S) or "")
        try:
            return float(reply.text) if reply.code == 0 else None
        except ValueError:
            return None

    def _look_after(self, name: str, words: list[str], reply: str) -> None:
        """Read what a command changed beyond what its words say, and understand what a refusal gives away."""
        if name == "preset_load" and verdict(name, reply).ok:
            number = atoi(words[0])
            loaded = self._memory.loaded.get(number)
            if loaded is not None:
                read = self._read_all(number, loaded.uri)
                self._memory.set_preset(number, words[1], {key: each for key, each in read.items() if each is not None})
        elif name in _ADDING and verdict(name, reply).ok:
            # A plugin may begin with other values than it describes, and which of many were refused is not said.
            for word in words[2::2] if name.startswith("multi_") else words[1:]:
                self._examine(atoi(word))
        elif parse_reply(reply).code == _NO_JACK_CLIENT:
            self._lose_jack()
        elif name in {"preset_save", "bundle_add", "bundle_remove"} and verdict(name, reply).ok:
            self._keep_preset(name, words)

    def _keep_preset(self, name: str, words: list[str]) -> None:
        """Know a preset that was saved once its bundle was added, as mod-host does; the rest is read from the disk."""
        if name == "preset_save":
            effect = self._memory.effects().get(atoi(words[0]))
            label, directory, file = words[1], words[2].rstrip("/"), words[3]
            if effect is not None:
                preset = Preset(f"file://{directory}/{file}", label, effect.values)
                self._saved.setdefault(directory, []).append((effect.uri, preset))
            return
        for uri, preset in self._saved.pop(words[0].rstrip("/"), []) if name == "bundle_add" else []:
            self._installed.add_preset(uri, preset)
        self._installed.refresh()

    def _lose_jack(self) -> None:
        if not self._jack_died:
            self._jack_died = True
            self._lose_effects()
            log.error("the JACK server died under mod-host, which plays nothing any more: restart JACK, then mod-host")

    def _tell_scan(self, scan: Scan) -> None:
        """Have mod-host know the bundles that are new here, and tell what came and went, or that nothing did."""
        for bundle in scan.new_bundles:
            if self._link.ask(format_command("bundle_add", bundle), SLOW_S) is None:
                break
        # One who asked for a look is answered by the one that began after that.
        answers = self._rescans and not self._installed.looking
        if answers or scan.added or scan.removed:
            self._rescans = self._rescans and not answers
            self._memory.tell_scan(scan.plugins, scan.added, scan.removed)

    def _tell_state(self) -> None:
        """Log once that mod-host is there, or why it is not."""
        state = self._link.state
        reason = self._link.reason if self._installed.settled else "the installed plugins are read first"
        if state is LinkState.UP:
            if self._said:
                log.info("mod-host at %s answers%s", self._where, "" if self._link.hears else _MUTE)
            self._said = ""
        elif self._said != reason and (state is not LinkState.OPENING or self._link.opening_s > PATIENCE_S):
            self._said = reason
            log.warning("waiting for mod-host at %s: %s", self._where, reason)


_MUTE: Final = "; it runs without a feedback port (-f), so that what MIDI changes in it is not seen"


def _padded(line: str) -> str:
    """Return the line with blanks behind it that mod-host drops, so that it never fills its read buffer exactly."""
    while len(line.encode()) % READ_BUFFER_BYTES in {0, READ_BUFFER_BYTES - 1}:
        line += " "
    return line
