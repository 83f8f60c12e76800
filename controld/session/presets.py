"""Saving how an effect is played as a preset of its plugin, which is the engine's part.

Pure.
"""

from dataclasses import replace

from controld.changes import EngineState, PresetSaved, State
from controld.session.context import Context
from controld.session.edits import SavePreset
from controld.session.effect_names import check_title
from controld.session.lookup import Refusal
from controld.session.requests import Done, EngineReply, KeepPreset, ReadPresets


class Presets:
    """Asks the engine to keep presets, and tells what it made of that."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._asked: list[tuple[KeepPreset, PresetSaved]] = []

    def save(self, action: SavePreset, origin: str) -> None:
        """Keep how an effect is played as a preset."""
        context, subject = self._context, f"{action.effect} preset"
        effect = context.effect(action.effect)
        check_title(action.label, "preset")
        executor = context.executor
        if executor.state is EngineState.DOWN:
            raise Refusal(subject, "there is no engine that could keep it")
        if "presets" not in executor.rounds.capabilities:
            raise Refusal(subject, "the bridge cannot keep presets; the one of controld can")
        request = KeepPreset(effect.instance, effect.uri, action.label)
        fact = PresetSaved(effect.name, action.label, State.ASKED, origin)
        self._asked.append((request, fact))
        executor.outbox.put_other(request)
        context.tell(fact)

    def replied(self, request: KeepPreset, reply: EngineReply) -> None:
        """Take what the engine made of it; the plugin's presets are asked for anew."""
        place = next((place for place, (each, _fact) in enumerate(self._asked) if each is request), None)
        if place is None:
            return
        _request, fact = self._asked.pop(place)
        if isinstance(reply, Done):
            self._context.tell(replace(fact, state=State.CONFIRMED))
            self._context.executor.outbox.put_other(ReadPresets(request.uri))
        else:
            self._fail(fact, getattr(reply, "reason", "the engine did not answer in time"))

    def lost(self) -> None:
        """Take that the engine is gone."""
        asked, self._asked = self._asked, []
        for _request, fact in asked:
            self._fail(fact, "the engine is gone")

    def _fail(self, fact: PresetSaved, reason: str) -> None:
        self._context.refuse(f"{fact.effect} preset", reason, fact.origin)
        self._context.tell(replace(fact, state=State.FAILED))
