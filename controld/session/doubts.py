"""What is not known of requests that timed out or were refused: were they done, not done, or will they yet be?

Pure. A request that got no answer may have been executed or not: once the engine was read, what it holds decides. And
the stock bridge may execute it even later, so that those values are read once more after a while. A refusal counts at
once, and the value is read soon after: where it was done all the same, it is set back to what is shown.
"""

from collections import Counter
from collections.abc import Callable

from controld.changes import Refused
from controld.session.requests import EngineRequest, ReadBypass, ReadParameter
from controld.session.rig_state import RigState
from controld.session.state import BYPASS, EffectState

# A refusal is believed, and looked into after so long: a bridge that mixes up its replies refuses what was done.
REFUSED_S = 0.25
# A question that is refused is asked again so often: the effect is there, so that it has an answer.
MAX_ASKED = 4
# How long a command that timed out may still be executed later: the stock bridge's own backlog was seen to take 2 s.
LATE_S = 2.5
NO_ANSWER = "the engine did not answer in time"


class Doubts:
    """Cells whose requests timed out, by effect and symbol; `due_s` is when `questions` has some."""

    def __init__(self) -> None:
        self.due_s: float | None = None
        self._doubtful: set[tuple[str, str]] = set()
        self._late: set[tuple[str, str]] = set()
        self._asked: Counter[tuple[str, str]] = Counter()  # how often since the last write

    def note(self, effect: EffectState, symbols: list[str], now: float) -> None:
        """Take that a write of these got no answer."""
        for symbol in symbols:
            cell = effect.cells[symbol]
            cell.sent = cell.confirmed = cell.believed = None
            self._doubtful.add((effect.name, symbol))
        self._late.update(self._doubtful)
        self.due_s = now + LATE_S

    def note_refused(self, effect: EffectState, symbols: list[str], now: float) -> None:
        """Take that a write of these was refused: what the engine holds then is read, and is as the wish is again."""
        for symbol in symbols:
            self._asked.pop((effect.name, symbol), None)
        self._note_late(effect, symbols, now)

    def note_unread(self, effect: EffectState, symbol: str, now: float) -> None:
        """Take that a question after this was refused."""
        self._asked[effect.name, symbol] += 1
        if self._asked[effect.name, symbol] < MAX_ASKED:
            self._note_late(effect, [symbol], now)

    def _note_late(self, effect: EffectState, symbols: list[str], now: float) -> None:
        self._late.update((effect.name, symbol) for symbol in symbols)
        self.due_s = now + REFUSED_S if self.due_s is None else self.due_s

    def forget(self) -> None:
        """Judge nothing: what is gone for long is repaired to the wish, not judged by a read-back."""
        self._doubtful.clear()

    def judge(self, rig: RigState, tell: Callable[[Refused], None]) -> None:
        """Decide, now that the engine was read: what timed out was done, or it failed and the wish is taken back."""
        for name, symbol in self._doubtful:
            effect = rig.effects.get(name)
            cell = effect.cells.get(symbol) if effect else None
            if effect is not None and cell is not None and cell.differs and cell.confirmed is not None:
                cell.revert(NO_ANSWER)
                tell(Refused(effect.subject(symbol), NO_ANSWER, cell.origin))
        self._doubtful.clear()

    def questions(self, rig: RigState, now: float) -> list[EngineRequest]:
        """Return how what timed out a while ago is read again; none before its time."""
        if self.due_s is None or now < self.due_s:
            return []
        self.due_s = None
        late, self._late = sorted(self._late), set()
        questions: list[EngineRequest] = []
        for name, symbol in late:
            effect = rig.effects.get(name)
            if effect is not None and effect.present:
                read = ReadBypass(effect.instance) if symbol == BYPASS else ReadParameter(effect.instance, symbol)
                questions.append(read)
        return questions
