"""The state of effects in three columns: what was asked, what the engine confirmed, what failed.

Pure and mutable: with `rig_state` the one place where the session's truth lives. A `Cell` is one number the engine
holds (a parameter, or a bypass under the symbol ":bypass", as mod-host names it); an `EffectState` is an effect with
its cells.
"""

from dataclasses import dataclass, field

from controld.changes import BypassChanged, ParameterChanged, PresetChanged, State
from controld.session.model import EffectRecall, EffectSetup, Plugin
from controld.values import Level, Scale, same_value

BYPASS = ":bypass"
BYPASS_SCALE = Scale(0.0, 1.0, 0.0, toggled=True)
# What a parameter is worth when the engine tells nothing of its plugin: any number, never a share.
UNKNOWN_SCALE = Scale(float("-inf"), float("inf"), 0.0)


@dataclass(slots=True)
class Cell:
    """One number: asked, confirmed (None: not known) and why the last wish failed ("" where it did not)."""

    scale: Scale
    asked: float
    confirmed: float | None = None
    believed: float | None = None  # what was confirmed before the engine went away
    sent: float | None = None  # on its way: neither confirmed nor refused yet
    failure: str = ""
    reverted: bool = False  # the wish was taken back, and none has been asked since
    origin: str = ""
    told: tuple[float, float | None, bool] | None = None  # asked, confirmed and failed, as it was said last

    @property
    def state(self) -> State:
        """Where the last wish stands."""
        if self.failure:
            return State.FAILED
        if self.confirmed is None or not same_value(self.asked, self.confirmed):
            return State.ASKED
        return State.CONFIRMED

    @property
    def differs(self) -> bool:
        """Tell whether something has to be sent that is not on its way."""
        held = self.confirmed if self.sent is None else self.sent
        # Most are the same to the last bit, and a recall looks at every one.
        return held is None or (held != self.asked and not same_value(self.asked, held))

    def ask(self, value: float, origin: str) -> None:
        """Ask for a value that is in range."""
        self.asked, self.failure, self.reverted, self.origin = value, "", False, origin

    def wish(self, level: Level, origin: str) -> None:
        """Ask for a written level, clamped and stepped as the scale is; a unit that does not fit changes nothing."""
        value = self.scale.resolve(level)
        if value is not None:
            self.ask(self.scale.snap(value), origin)

    def confirm(self, value: float) -> None:
        """Take what the engine did. After a wish was taken back the engine's word is the wish, whatever it is."""
        self.confirmed, self.failure = value, ""
        if self.reverted:
            self.asked = value

    def revert(self, reason: str) -> None:
        """Take the wish back to what the engine holds."""
        self.failure, self.reverted = reason, True
        if self.confirmed is not None:
            self.asked = self.confirmed

    def forget(self) -> None:
        """Forget what the engine was known to hold; the wish stands."""
        if self.confirmed is not None:
            self.believed = self.confirmed
        self.confirmed = self.sent = None
        self.failure, self.reverted = "", False


@dataclass(slots=True)
class EffectState:
    """An effect of the current pedalboard; `present` once the engine confirmed it under its instance number."""

    name: str
    uri: str
    instance: int
    plugin: Plugin | None = None
    present: bool = False
    planned: bool = False  # a plan that adds it is on its way
    alien: bool = False  # the engine has another plugin under this number
    missing: str = ""  # why it could not be loaded
    cells: dict[str, Cell] = field(default_factory=dict)
    preset: str = ""  # asked, by label
    preset_confirmed: str | None = None
    preset_loaded: str = ""  # the last one that was loaded
    preset_doubtful: bool = False  # what is loaded is not known
    preset_failure: str = ""
    preset_origin: str = ""
    preset_told: PresetChanged | None = None
    wishes: dict[str, Level] = field(default_factory=dict)  # asked before the plugin's scales were known
    pinned: set[str] = field(default_factory=set)  # symbols asked for by themselves since the preset was asked
    follow: set[str] = field(default_factory=set)  # symbols that take the value the next read finds

    def __post_init__(self) -> None:
        self.cells.setdefault(BYPASS, Cell(BYPASS_SCALE, 0.0))

    @property
    def wish(self) -> tuple[str, dict[str, float]]:
        """What is asked of it: the preset, and the values by symbol."""
        return self.preset, {symbol: cell.asked for symbol, cell in self.cells.items()}

    def learn(self, plugin: Plugin) -> None:
        """Take the plugin's parameters; cells that are there already stay."""
        self.plugin = plugin
        for symbol, scale in plugin.parameters.items():
            if symbol not in self.cells:
                self.cells[symbol] = Cell(scale, scale.default)
        for symbol, level in self.wishes.items():
            cell = self.cells.get(symbol)
            if cell is None and not plugin.parameters:
                cell = self.cells[symbol] = Cell(UNKNOWN_SCALE, level.value)
            if cell is not None:
                cell.wish(level, "")
        self.wishes.clear()

    def set_up(self, setup: EffectSetup) -> None:
        """Ask for the state a pedalboard has at its start: plugin defaults but for what is written."""
        for symbol, cell in self.cells.items():
            cell.ask(float(setup.bypassed) if symbol == BYPASS else cell.scale.default, "")
        self.missing = ""
        self.ask_preset(setup.preset, "")
        self._ask(setup.parameters, "")

    def recall(self, recall: EffectRecall, origin: str, kept: frozenset[str] = frozenset()) -> bool:
        """Ask for what a snapshot says of this effect, but for the symbols that are `kept` as they are.

        Return whether a preset is to be loaded: another one, or the same where a value of it was changed that the
        snapshot does not say.
        """
        if recall.bypassed is not None:
            self.cells[BYPASS].ask(float(recall.bypassed), origin)
        loads = recall.preset is not None and (
            recall.preset != self.preset or bool(self.pinned - recall.parameters.keys() - kept)
        )
        if recall.preset is not None and loads:
            self.ask_preset(recall.preset, origin)
            self.pinned.update(kept & self.cells.keys())
        self._ask({symbol: level for symbol, level in recall.parameters.items() if symbol not in kept}, origin)
        return loads

    def ask_preset(self, label: str, origin: str) -> None:
        """Ask for a preset; every parameter that is not asked for after it follows what the preset sets.

        The one that is loaded is loaded again where a parameter was asked for since.
        """
        if label != self.preset_confirmed or self.pinned:
            self.preset_confirmed = None
        self.preset, self.preset_failure, self.preset_origin = label, "", origin
        self.pinned.clear()

    def preset_done(self) -> None:
        """Take it that the wished preset is loaded; what the others set is to be read."""
        self.preset_loaded = self.preset_confirmed = self.preset
        self.preset_doubtful = False

    def preset_refused(self, reason: str) -> None:
        """Take the wish for a preset back to the one that was loaded."""
        self.preset = self.preset_confirmed = self.preset_loaded
        self.preset_failure = reason

    def awaits(self, symbol: str) -> bool:
        """Tell whether a parameter will take a value of a preset that is not known yet."""
        pending = bool(self.preset) and self.preset != self.preset_confirmed
        return symbol in self.follow or (pending and symbol not in self.pinned)

    def recalled(self, recall: EffectRecall) -> bool:
        """Tell whether nothing of what a snapshot says was refused."""
        cells = [self.cells[symbol] for symbol in recall.parameters if symbol in self.cells]
        if recall.bypassed is not None:
            cells.append(self.cells[BYPASS])
        return not any(cell.failure for cell in cells) and not (recall.preset and self.preset_failure)

    def forget_values(self) -> None:
        """Forget the parameters' values, because a preset changed them; what nobody asked for since follows it."""
        self.follow = {symbol for symbol in self.cells if symbol != BYPASS} - self.pinned
        for symbol, cell in self.cells.items():
            if symbol != BYPASS:
                cell.confirmed = cell.sent = None

    def added(self) -> None:
        """Take that the engine has added it just now: with its plugin's defaults, active, and with no preset."""
        self.present, self.alien, self.planned = True, False, False
        self.disbelieve()
        self.preset_loaded, self.preset_doubtful = "", False
        known = self.plugin is not None and self.plugin.parameters
        for symbol, cell in self.cells.items():
            cell.confirmed = cell.scale.default if known or symbol == BYPASS else None

    def trust(self) -> None:
        """Believe that an effect which outlived an outage is as it was, but for what was on its way then.

        One parameter is left to be read: another plugin under this number gives itself away by not having it.
        """
        parameters = [cell for symbol, cell in self.cells.items() if symbol != BYPASS]
        for cell in parameters[1:]:
            if cell.confirmed is None:
                cell.confirmed = cell.believed
        if self.preset_confirmed is None and not self.preset_doubtful:
            self.preset_confirmed = self.preset_loaded

    def disbelieve(self) -> None:
        """Forget what was believed: the effect is not what it was."""
        for cell in self.cells.values():
            cell.believed = None
        self.preset_doubtful = True

    def forget(self) -> None:
        """Forget what the engine was known to hold."""
        self.present = self.planned = self.alien = False
        self.missing = ""
        self.preset_confirmed = None
        self.follow.clear()
        for cell in self.cells.values():
            cell.forget()

    def fact(self, symbol: str) -> BypassChanged | ParameterChanged:
        """Return a cell as a fact; KeyError where there is none."""
        cell = self.cells[symbol]
        if symbol == BYPASS:
            confirmed = None if cell.confirmed is None else cell.confirmed != 0
            return BypassChanged(self.name, cell.asked != 0, confirmed, cell.state, cell.origin)
        return ParameterChanged(self.name, symbol, cell.asked, cell.confirmed, cell.state, cell.scale, cell.origin)

    def change(self, symbol: str) -> BypassChanged | ParameterChanged:
        """Return a cell as a fact that is told now."""
        cell = self.cells[symbol]
        cell.told = (cell.asked, cell.confirmed, bool(cell.failure))
        return self.fact(symbol)

    def restore(self, preset: str, values: dict[str, float]) -> None:
        """Ask for a state as it was played."""
        if preset != self.preset:
            self.ask_preset(preset, "")
        for symbol, value in values.items():
            if symbol in self.cells:
                self.cells[symbol].ask(value, "")
                self.follow.discard(symbol)
                self.pinned.add(symbol)

    def subject(self, symbol: str) -> str:
        """Return what a refusal calls one of the cells."""
        return self.name if symbol == BYPASS else f"{self.name}/{symbol}"

    def untell(self) -> None:
        """Have everything told again, because who listens starts anew."""
        self.preset_told = None
        for cell in self.cells.values():
            cell.told = None

    def all_told(self) -> None:
        """Take it that everything was told as it is."""
        self.preset_change()
        for symbol in self.cells:
            self.change(symbol)

    def untold(self) -> list[BypassChanged | ParameterChanged | PresetChanged]:
        """Return the facts that are not what was told last, as told now."""
        news: list[BypassChanged | ParameterChanged | PresetChanged] = [
            self.change(symbol)
            for symbol, cell in self.cells.items()
            if cell.told != (cell.asked, cell.confirmed, bool(cell.failure))
        ]
        if self.preset_fact() != self.preset_told:
            news.append(self.preset_change())
        return news

    def preset_change(self) -> PresetChanged:
        """Return the preset as a fact that is told now."""
        self.preset_told = self.preset_fact()
        return self.preset_told

    def preset_fact(self) -> PresetChanged:
        """Return the preset as a fact."""
        settled = State.CONFIRMED if self.preset == (self.preset_confirmed or "") else State.ASKED
        return PresetChanged(
            self.name, self.preset, State.FAILED if self.preset_failure else settled, self.preset_origin
        )

    def _ask(self, levels: dict[str, Level], origin: str) -> None:
        self.pinned.update(levels)
        for symbol, level in levels.items():
            if self.plugin is None:
                self.wishes[symbol] = level
            elif symbol in self.cells:
                self.cells[symbol].wish(level, origin)
