"""What the audience hears: mute and tuner.

Pure. Muted, every connection to what is no effect (the speakers) is wished away, and wished back after; the executor
makes it so like any other wish, through outages and changes of the pedalboard. The tuner mutes while it is shown, where
that is wanted. No protocol of today tells a pitch, so the tuner has no note.
"""

from controld.actions import SetMute, SetTuner
from controld.changes import MuteChanged, State, TunerChanged
from controld.session.context import Context


class Outputs:
    """Mute and tuner; `silent_tuner` says that the tuner mutes while it is shown."""

    def __init__(self, context: Context, *, silent_tuner: bool = True) -> None:
        self.silent_tuner = silent_tuner
        self._context = context
        self._muted = False  # by hand
        self._tuner = False
        self._tuner_mutes = False
        self._state = State.ASKED
        self._origin = self._tuner_origin = ""

    @property
    def muted(self) -> bool:
        """Tell whether the outputs should be parted from the speakers."""
        return self._muted or self._tuner_mutes

    def mute(self, action: SetMute, origin: str) -> None:
        """Part the outputs from the speakers or join them; joining them while the tuner mutes ends that too."""
        self.set_mute(not self.muted if action.on is None else action.on, origin)

    def set_mute(self, on: bool, origin: str) -> None:
        """Part the outputs or join them."""
        if on is not self.muted:
            self._context.history.note_mute(self.muted, on)
        self._muted = on
        self._tuner_mutes = self._tuner_mutes and on
        self._ask(origin)

    def tune(self, action: SetTuner, origin: str) -> None:
        """Show the tuner or put it away."""
        on = not self._tuner if action.on is None else action.on
        before = self.muted
        self._tuner, self._tuner_origin = on, origin
        self._tuner_mutes = on and self.silent_tuner
        self._context.tell(self.tuner_fact())
        if self.muted != before:
            self._ask(origin)

    def settle(self) -> None:
        """Take that a reconciliation ended: what is joined now is the truth."""
        rig = self._context.executor.rig
        state = State.FAILED if rig.audible is self.muted and rig.has_outputs else State.CONFIRMED
        if state is not self._state:
            self._state = state
            self._context.tell(self.mute_fact())

    def lost(self) -> None:
        """Take that the engine is gone: what was confirmed is only asked."""
        if self._state is not State.ASKED:
            self._state = State.ASKED
            self._context.tell(self.mute_fact())

    def mute_fact(self) -> MuteChanged:
        """Return the mute as a fact."""
        return MuteChanged(self.muted, self._state, self._origin)

    def tuner_fact(self) -> TunerChanged:
        """Return the tuner as a fact."""
        return TunerChanged(self._tuner, State.CONFIRMED, origin=self._tuner_origin)

    def _ask(self, origin: str) -> None:
        self._state, self._origin = State.ASKED, origin
        executor = self._context.executor
        executor.rig.mute(on=self.muted)
        self._context.tell(self.mute_fact())
        executor.reconcile()
