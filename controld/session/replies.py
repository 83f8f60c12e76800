"""What the engine's replies mean for the rig's state.

Pure. One short handler per kind of request; `Ledger` is the state they and the executor share.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from controld.changes import Refused, StateChange
from controld.session.model import Pedalboard, Plugin, Preset
from controld.session.reconcile import digest, preset_label, preset_uri, take_value
from controld.session.requests import (
    CODE_INSTANCE_EXISTS,
    CODE_NO_INSTANCE,
    CODE_NO_SYMBOL,
    AddEffect,
    ConnectPorts,
    Denied,
    DisconnectPorts,
    Done,
    EngineRequest,
    Found,
    ReadBypass,
    ReadEffects,
    ReadParameter,
    ReadPlugin,
    ReadPresets,
    RemoveEffect,
    SetProcessing,
    WriteBypass,
    WriteParameters,
    WritePreset,
    WriteTransport,
)
from controld.session.rig_state import RigState
from controld.session.state import BYPASS, EffectState

# An engine that refuses to list what it has is asked again so often, before it counts as empty.
MAX_UNLISTED = 3


@dataclass(slots=True)
class Ledger:
    """What is wished and known: the rig, the plugins by URI, and what went wrong in the running reconciliation."""

    rig: RigState = field(default_factory=lambda: RigState(Pedalboard("")))
    plugins: dict[str, Plugin] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)  # effects that could not be loaded, and why
    unlisted: int = 0  # how often in a row the engine would not list what it has
    known_presets: Callable[[str], tuple[Preset, ...]] = lambda _uri: ()  # of a plugin whose engine lists none

    def found(self, effect: EffectState) -> None:
        """Take that an effect is there, though it may have been refused."""
        if effect.missing:
            self.failures = [failure for failure in self.failures if not failure.startswith(f"{effect.name}: ")]
            effect.missing = ""

    def learn(self, plugin: Plugin) -> None:
        """Take what the engine told of a plugin."""
        if not plugin.presets:
            plugin = replace(plugin, presets=self.known_presets(plugin.uri))
        self.plugins[plugin.uri] = plugin
        for effect in self.rig.effects.values():
            if effect.uri == plugin.uri:
                effect.learn(plugin)


class Replies:
    """Takes replies into the ledger.

    `inspect` is called when the engine turns out to have lost its effects, `replan` when a plan rests on a wrong
    picture, `reread` when values changed that only the engine knows.
    """

    def __init__(
        self,
        ledger: Ledger,
        emit: Callable[[StateChange], None],
        inspect: Callable[[], None],
        replan: Callable[[], None],
        reread: Callable[[], None],
    ) -> None:
        self._ledger = ledger
        self._emit = emit
        self._inspect = inspect
        self._replan = replan
        self._reread = reread
        self._handlers: dict[type, Callable[..., None]] = {
            WriteBypass: self._bypass_replied,
            WriteParameters: self._parameters_replied,
            WritePreset: self._preset_replied,
            AddEffect: self._add_replied,
            RemoveEffect: self._remove_replied,
            ConnectPorts: self._connect_replied,
            DisconnectPorts: self._disconnect_replied,
            SetProcessing: self._processing_replied,
            WriteTransport: self._transport_replied,
            ReadBypass: self._read_bypass_replied,
            ReadParameter: self._read_parameter_replied,
            ReadEffects: self._read_effects_replied,
            ReadPlugin: self._read_plugin_replied,
            ReadPresets: self._read_presets_replied,
        }

    def receive(self, request: EngineRequest, reply: Done | Denied) -> None:
        """Take the reply to a request; one nobody waits for means nothing."""
        handler = self._handlers.get(type(request))
        if handler is not None:
            handler(request, reply)

    def _bypass_replied(self, request: WriteBypass, reply: Done | Denied) -> None:
        effect = self._ledger.rig.by_instance(request.instance)
        if effect is not None:
            self._settle(effect, BYPASS, float(request.bypassed), reply)

    def _parameters_replied(self, request: WriteParameters, reply: Done | Denied) -> None:
        effect = self._ledger.rig.by_instance(request.instance)
        if effect is not None:
            for symbol, value in request.values.items():
                if symbol in effect.cells:
                    self._settle(effect, symbol, value, reply)

    def _settle(self, effect: EffectState, symbol: str, value: float, reply: Done | Denied) -> None:
        cell = effect.cells[symbol]
        if cell.sent == value:
            cell.sent = None
        if isinstance(reply, Done):
            cell.confirm(value)
        elif reply.code == CODE_NO_INSTANCE:
            if effect.present:
                self._inspect()  # the engine lost its effects without a word
        else:
            self._refuse(effect.subject(symbol), reply.reason, cell.origin)
            if cell.sent is None:
                cell.revert(reply.reason)
        self._emit(effect.change(symbol))

    def _refuse(self, subject: str, reason: str, origin: str) -> None:
        self._emit(Refused(subject, f"the engine refused it: {reason}", origin))

    def _preset_replied(self, request: WritePreset, reply: Done | Denied) -> None:
        effect = self._ledger.rig.by_instance(request.instance)
        if effect is None:
            return
        wanted = preset_uri(effect) == request.uri
        if isinstance(reply, Done):
            effect.preset_loaded = preset_label(effect, request.uri)
            if wanted:
                effect.preset_done()
            effect.forget_values()
            self._reread()
        elif wanted:
            self._refuse(f"{effect.name} preset", reply.reason, effect.preset_origin)
            effect.preset_refused(reply.reason)
        self._emit(effect.preset_change())

    def _add_replied(self, request: AddEffect, reply: Done | Denied) -> None:
        effect = self._ledger.rig.by_instance(request.instance)
        if effect is None:
            return
        effect.planned = False
        if isinstance(reply, Done):
            effect.added()
        elif reply.code == CODE_INSTANCE_EXISTS and not effect.alien:
            effect.alien = True
            self._replan()  # what was planned for this number would reach the wrong plugin
        else:
            effect.missing = f"{reply.reason} ({effect.uri})"
            self._ledger.failures.append(f"{effect.name}: {effect.missing}")

    def _remove_replied(self, request: RemoveEffect, reply: Done | Denied) -> None:
        rig = self._ledger.rig
        if isinstance(reply, Done):
            rig.leftovers = [effect for effect in rig.leftovers if effect.instance != request.instance]
            rig.forget_connections(f"effect_{request.instance}:")
            again = rig.by_instance(request.instance)  # it went and came back meanwhile
            if again is not None:
                again.present = False
                again.disbelieve()

    def _connect_replied(self, request: ConnectPorts, reply: Done | Denied) -> None:
        pair = (request.source, request.target)
        if isinstance(reply, Done):
            self._ledger.rig.joined.add(pair)
            self._ledger.rig.touched.add(pair)
            self._ledger.rig.stuck.discard(pair)
        else:
            self._ledger.rig.refused[pair] = reply.reason
            self._refuse(f"connection {request.source} -> {request.target}", reply.reason, "")

    def _disconnect_replied(self, request: DisconnectPorts, reply: Done | Denied) -> None:
        """Take them for parted; the same refusal says that they were not joined, or that they still are."""
        rig, pair = self._ledger.rig, (request.source, request.target)
        rig.joined.discard(pair)
        rig.touched.discard(pair)
        if isinstance(reply, Denied) and rig.muted and pair in rig.connections:
            rig.stuck.add(pair)
            self._refuse("mute", reply.reason, "")

    def _processing_replied(self, request: SetProcessing, _reply: Done | Denied) -> None:
        self._ledger.rig.processing = request.on

    def _transport_replied(self, _request: WriteTransport, reply: Done | Denied) -> None:
        if isinstance(reply, Denied):
            self._refuse("tempo", reply.reason, "")

    def _read_bypass_replied(self, request: ReadBypass, reply: Done | Denied) -> None:
        effect = self._ledger.rig.by_instance(request.instance)
        if effect is None:
            return
        if isinstance(reply, Done) and isinstance(reply.answer, bool):
            effect.present = True
            take_value(effect, BYPASS, float(reply.answer))
            effect.trust()
            self._ledger.found(effect)
        elif not (effect.present and isinstance(reply, Denied) and reply.code != CODE_NO_INSTANCE):
            effect.present = False
            effect.disbelieve()

    def _read_parameter_replied(self, request: ReadParameter, reply: Done | Denied) -> None:
        effect = self._ledger.rig.by_instance(request.instance)
        if effect is None:
            return
        if isinstance(reply, Done) and isinstance(reply.answer, int | float):
            take_value(effect, request.symbol, reply.answer)
            self._emit(effect.change(request.symbol))
        elif isinstance(reply, Denied) and reply.code == CODE_NO_SYMBOL:
            effect.present, effect.alien = False, True
            effect.disbelieve()

    def _read_effects_replied(self, _request: ReadEffects, reply: Done | Denied) -> None:
        ledger = self._ledger
        if isinstance(reply, Done) and isinstance(reply.answer, Found):
            digest(ledger.rig, reply.answer)
            for effect in ledger.rig.effects.values():
                if effect.present:
                    ledger.found(effect)
        elif ledger.unlisted < MAX_UNLISTED:
            ledger.unlisted += 1
            self._reread()

    def _read_plugin_replied(self, request: ReadPlugin, reply: Done | Denied) -> None:
        answer = reply.answer if isinstance(reply, Done) else None
        self._ledger.learn(answer if isinstance(answer, Plugin) else Plugin(request.uri))

    def _read_presets_replied(self, request: ReadPresets, reply: Done | Denied) -> None:
        known = self._ledger.plugins.get(request.uri)
        if known is None or not isinstance(reply, Done) or not isinstance(reply.answer, tuple):
            return
        presets = tuple(preset for preset in reply.answer if isinstance(preset, Preset))
        self._ledger.learn(Plugin(known.uri, known.name, known.parameters, presets))
