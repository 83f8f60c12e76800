"""One call under way: its parameters, the rig it is about, and the ways to answer it.

Pure. Handlers of methods take a `Call` and return an `Outcome`; what they cannot do they raise as `CallFailed`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from controld.actions import Action
from controld.changes import (
    EffectRemoved,
    EngineState,
    PedalboardChanged,
    Refused,
    StateChange,
)
from controld.errors import hinted
from controld.rpc.answers import CallFailed, Code, Outcome, Question, Result, Wait
from controld.service import Desk
from controld.session.edits import Edit
from controld.session.look import Look
from controld.session.lookup import Refusal
from controld.session.model import Pedalboard
from controld.session.state import EffectState

Members = Mapping[str, object]
Judge = Callable[[StateChange, str], Result | None]


class Machine(Protocol):
    """What only the machine knows, and files; everything may raise CallFailed."""

    def figures(self, what: str) -> Result:
        """Return figures by a word for them: "process", "system", "info", "cpu", "memory" or "disk"."""

    def settings(self) -> Mapping[str, object]:
        """Return the settings in force by key."""

    def read_json(self, filename: str) -> object:
        """Return what is in a JSON file."""

    def write_json(self, filename: str, data: Result) -> str:
        """Write a JSON file whole or not at all, and return its path."""


@dataclass(slots=True)
class Catalogue:
    """What the engine told of its plugins, kept until it is another engine: lists, controls and presets by URI."""

    plugins: Mapping[str, Members] | None = None
    essentials: dict[str, Members] = field(default_factory=dict)
    presets: dict[str, list[Members]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)  # of which the engine tells nothing, and why

    def clear(self) -> None:
        """Forget everything."""
        self.plugins = None
        self.refused.clear()
        self.essentials.clear()
        self.presets.clear()


@dataclass(slots=True)
class Call:
    """A call of a method; `args` are its parameters as the registry read them."""

    args: Mapping[str, object]
    origin: str
    desk: Desk
    catalogue: Catalogue
    machine: Machine

    @property
    def look(self) -> Look:
        """The session."""
        return self.desk.rig.session.look

    # Parameters

    def text(self, name: str, default: str = "") -> str:
        """Return a parameter that is a text, or a number meant as one."""
        value = self.args.get(name)
        return default if value is None else str(value)

    def number(self, name: str, default: float = 0.0) -> float:
        """Return a parameter that is a number."""
        value = self.args.get(name)
        return float(value) if isinstance(value, int | float) else default

    def given(self, name: str) -> bool:
        """Tell whether a parameter was given."""
        return self.args.get(name) is not None

    def effect(self, name: str = "instance_id") -> EffectState:
        """Return the effect that a parameter names: by its name, or its number in the engine. Raises CallFailed."""
        wanted, effects = self.text(name), self.look.effects
        found = effects.get(wanted)
        if found is None:
            number = wanted.removeprefix("effect_")
            found = next((effect for effect in effects.values() if str(effect.instance) == number), None)
        if found is None:
            text = hinted(f"`{self.look.pedalboard.name}` has no effect `{wanted}`", wanted, effects)
            raise CallFailed(Code.INSTANCE_NOT_FOUND, text, instance_id=self.args.get(name))
        return found

    def board(self, *names: str) -> Pedalboard:
        """Return the pedalboard that one of these parameters names: by name or file. Raises CallFailed."""
        wanted = next((self.text(name) for name in names if self.given(name)), "")
        try:
            found = self.look.board(self.board_name(wanted))
        except Refusal as refusal:
            raise CallFailed(Code.BRIDGE_ERROR, refusal.reason, pedalboard=wanted) from refusal
        if found is None:
            text = hinted(f"Pedalboard '{wanted}' not found", wanted, self.look.names)
            raise CallFailed(Code.INVALID_PARAMETERS, text, pedalboard=wanted)
        return found

    def board_name(self, wanted: str) -> str:
        """Return the name of the pedalboard that is meant: by its name, or by its file; "" for none."""
        look = self.look
        if wanted in look.names:
            return wanted
        boards = (board for name in look.names if (board := look.peek(name)) is not None)
        return next((board.name for board in boards if wanted and wanted == board.path), "")

    # Ways to answer

    def act(self, action: Action | Edit) -> Sequence[StateChange]:
        """Do an action and return the facts that followed at once. Raises CallFailed where it is refused."""
        changes = self.desk.act(action, self.origin)
        for change in changes:
            if isinstance(change, Refused) and change.origin == self.origin:
                raise CallFailed(Code.INVALID_PARAMETERS, change.reason, subject=change.subject)
        return changes

    def follow(
        self, action: Action | Edit, kinds: Sequence[type], judge: Judge, pending: Result, *, engine: bool = True
    ) -> Outcome:
        """Do an action, and answer as `judge` finds in the facts of `kinds`; `pending` is what was asked."""
        return self.until(self.act(action), kinds, judge, pending, engine=engine)

    def until(
        self,
        changes: Sequence[StateChange],
        kinds: Sequence[type],
        judge: Judge,
        pending: Result,
        *,
        engine: bool = True,
        subject: str = "",
    ) -> Outcome:
        """Answer as `judge` finds in these facts already, else in those to come."""
        for change in changes:
            if type(change) in kinds:
                result = judge(change, "")
                if result is not None:
                    return result
        return Wait(frozenset(kinds), judge, pending, engine, subject)

    def ask(self, action: str, method: str, then: Callable[[Members], Outcome], **fields: object) -> Question:
        """Return the question to the bridge's API for plugins or audio. Raises CallFailed, later, where it refuses."""

        def answered(reply: Members) -> Outcome:
            error = reply.get("error")
            if isinstance(error, str):
                code = Code.PLUGIN_NOT_FOUND if "Plugin not found" in error else Code.BRIDGE_ERROR
                raise CallFailed(code, f"the engine refused it: {error}", asked=method)
            return then(reply)

        return Question({"action": action, "method": method, **fields}, answered)

    def with_plugins(self, then: Callable[[Mapping[str, Members]], Outcome]) -> Outcome:
        """Answer with the list of all plugins by URI, which is asked for once."""
        if self.catalogue.plugins is not None:
            return then(self.catalogue.plugins)

        def take(reply: Members) -> Outcome:
            found = objects(reply.get("plugins"))
            self.catalogue.plugins = found
            return then(found)

        return self.ask("plugin", "get_available_plugins", take)


def objects(value: object) -> dict[str, Members]:
    """Return the members of a JSON object that are objects themselves."""
    return {str(key): each for key, each in value.items() if isinstance(each, dict)} if isinstance(value, dict) else {}


def gone(call: Call, effect: EffectState, change: StateChange) -> None:
    """Raise CallFailed where an effect a call waits for is no longer what the pedalboard has under its name."""
    removed = isinstance(change, EffectRemoved) and change.effect == effect.name
    if removed or (isinstance(change, PedalboardChanged) and call.look.effects.get(effect.name) is not effect):
        text = f"{effect.name} is not on the pedalboard any more"
        raise CallFailed(Code.INSTANCE_NOT_FOUND, text, instance_id=effect.name)


def engine_away(call: Call) -> bool:
    """Tell whether nothing reaches the engine now."""
    return call.look.engine[0] is EngineState.DOWN
