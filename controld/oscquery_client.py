"""One OSCQuery client on its websocket: what it listens to, what it said, and what is to be told to it.

Pure; time is an argument, nothing is sent here. What a client shows, and whose hand is on what, is kept as for every
other OSC client (`osc_clients.Client`); in addition it hears only of addresses it asked for (LISTEN), each in the type
its description has. Everything that waits is bounded: values by the addresses that are listened to, notes by number.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from controld.osc_clients import Client
from controld.osc_codec import OscArg, OscEncodeError, OscMessage, encode
from controld.osc_facts import Echo, Fact, Topic, Value, same, write
from controld.osc_limits import DEFAULT_RATE
from controld.osc_pace import Allowance
from controld.osc_requests import ERROR
from controld.oscquery_tree import READ, Node

MAX_LISTENED: Final = 4096  # addresses of one client
MAX_NOTES: Final = 256  # what waits to be told beside values; a client that does not read so much is let go
MAX_ECHOED: Final = 256  # characters of what was wrong that go back

Note = str | bytes  # a text frame (JSON) or a binary one (OSC)


class Overrun(Exception):
    """A client does not read what it is told."""


@dataclass(slots=True, eq=False)
class QueryClient:
    """A client by its name; `notes` and the state's queue are what is to be sent, whoever sends empties them."""

    name: str
    state: Client = field(init=False)
    tags: dict[str, str] = field(default_factory=dict)  # what is listened to: address -> type tags
    notes: list[Note] = field(default_factory=list)
    allowance: Allowance = field(default_factory=lambda: Allowance(DEFAULT_RATE, int(DEFAULT_RATE / 10)))

    def __post_init__(self) -> None:
        self.state = Client((self.name, 0), 0.0, topics=set(Topic), name=self.name)

    # What it asks for

    def read_command(self, text: str) -> tuple[str, str] | str:
        """Return the command of a text frame and the address it is about, or why it is none."""
        try:
            message = json.loads(text)
        except ValueError:
            return "this is no JSON"
        except RecursionError:
            return "this is nested too deeply"
        if not isinstance(message, dict) or not isinstance(message.get("COMMAND"), str):
            return 'expected an object with "COMMAND" and "DATA"'
        command, data = message["COMMAND"], message.get("DATA")
        if command not in {"LISTEN", "IGNORE"}:
            return f"`{command:.40}` is no command: LISTEN and IGNORE are"
        if not isinstance(data, str) or not data.startswith("/"):
            return f"{command} takes an address as its DATA"
        return command, data

    def listen(self, node: Node | None, address: str, fact: Fact | None, now: float) -> str:
        """Tell what happens at a node from now on, and what is so; returns why that cannot be, "" where it can."""
        if node is None or (fact is None and not node.access & READ):
            return "no such address" if node is None else "has no value to listen to"
        if len(self.tags) >= MAX_LISTENED and address not in self.tags:
            return f"nobody listens to more than {MAX_LISTENED} addresses"
        self.tags[address] = "T" if node.tags == "N" else node.tags  # the light of a button
        if fact is not None:
            self.state.forget([address])
            self.state.offer([fact], now)
        return ""

    def ignore(self, address: str) -> None:
        """Tell nothing more of an address."""
        self.tags.pop(address, None)
        self.state.forget([address])

    # What it is told

    def offer(self, facts: Iterable[Fact], now: float, *, mine: bool, settled: bool) -> None:
        """Take what is true now; only what is listened to is kept."""
        heard = [fact for fact in facts if fact.address in self.tags]
        if heard:
            self.state.offer(heard, now, mine=mine, settled=settled)

    def note(self, command: str, path: str) -> None:
        """Tell of a change of the address space: PATH_ADDED, PATH_REMOVED or PATH_CHANGED."""
        self._add(json.dumps({"COMMAND": command, "DATA": path}))

    def refuse(self, subject: str, reason: str) -> None:
        """Tell why what it asked for cannot be, as every other OSC client is told."""
        self._add(encode(ERROR, (subject[:MAX_ECHOED], reason[:MAX_ECHOED])))

    def say(self, address: str, args: tuple[OscArg, ...], tags: str) -> None:
        """Tell a message."""
        self._add(encode(address, args, tags))

    def _add(self, note: Note) -> None:
        if len(self.notes) >= MAX_NOTES:
            raise Overrun
        self.notes.append(note)

    def take(self) -> list[Note]:
        """Return what is to be sent now: notes first, then the newest value of each address."""
        notes, self.notes = self.notes, []
        facts, self.state.queue = self.state.queue, {}
        return [*notes, *filter(None, (self._written(fact) for fact in facts.values()))]

    def _written(self, fact: Fact) -> bytes:
        try:
            return write(fact, self.tags.get(fact.address, "")[:1])
        except OscEncodeError:  # a name with a NUL, say: there is no way to tell it
            return b""


def changes_nothing(message: OscMessage, fact: Fact | None) -> bool:
    """Tell whether a message says only what is true already.

    Clients of OSCQuery send back what they are told, and all they show when they are opened: a snapshot that is
    current would be recalled, and what the player changed since would be lost.
    """
    if fact is None or len(message.args) != len(fact.args):
        return False
    first, *rest = message.args
    said = [fact.value, *([] if fact.other is None else [fact.other])]
    return any(_alike(first, each) for each in said) and all(map(_alike, rest, fact.rest))


def _alike(said: OscArg, value: Value | None) -> bool:
    if isinstance(value, str) or isinstance(said, str):
        return said == value
    return isinstance(said, int | float) and value is not None and same(float(value), float(said))


def is_release(message: OscMessage, fact: Fact | None) -> bool:
    """Tell whether a message is a button coming up, which shows wrongly what it sent last."""
    return fact is not None and fact.echo is Echo.TRIGGER and not (message.args and message.args[0])


def differences(before: dict[str, object], after: dict[str, object]) -> list[tuple[str, str]]:
    """Return what became of containers, by path and what is in them: commands with their paths."""
    removed = [("PATH_REMOVED", path) for path in before if path not in after]
    added = [("PATH_ADDED", path) for path in after if path not in before]
    changed = [("PATH_CHANGED", path) for path in after if path in before and before[path] != after[path]]
    return [*removed, *added, *changed]
