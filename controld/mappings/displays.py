"""Displays: what text each shows now, of the texts that rules show, of notices, and of what it shows by itself.

Pure; time is an argument. A text without a time is a display's standing text; one with a time covers it until then, and
a notice covers both. Texts are live: they are made anew when a fact they name changes, and only real changes are told.
A widget of an OSC surface has a label, and a desk has strips, on which a rule may show a text as well; no notice covers
them, and by themselves they are empty.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from controld.mappings.profile import Control
from controld.mappings.target import Key
from controld.mappings.texts import Template, loading_words
from controld.mappings.view import LOADING, PEDALBOARD, SNAPSHOT, View

NOTICE_S = 5.0
# A display with fewer columns is the label of a channel, as a scribble strip: neither names nor notices belong there.
NARROW = 10


@dataclass(slots=True)
class Screen:
    """One display, or a label (no `rows`): its texts, until when a passing one stands, and what it was told last."""

    name: str
    rows: int
    standing: Template | None = None
    passing: Template | None = None
    until_s: float = 0.0
    told: str | None = None

    @property
    def template(self) -> Template | None:
        """The text of the rules; None where no rule shows one."""
        return self.passing or self.standing

    def text(self, view: View) -> str:
        """Return what stands there when there is no notice."""
        template = self.template
        if template is not None:
            return template.render(view)
        if not self.rows:
            return ""
        board = f"{view.pedalboard.pedalboard} {loading_words(view)}".rstrip()
        names = [name for name in (board, view.snapshot.snapshot) if name]
        return "\n".join(names) if self.rows > 1 else " / ".join(names)


@dataclass(slots=True)
class Displays:
    """The displays of all surfaces, by the full names of their controls."""

    screens: dict[str, Screen] = field(default_factory=dict)
    ends_s: float | None = None  # when a text has had its time
    _notice: str = ""
    _notice_until_s: float = 0.0
    _readers: dict[Key, list[Screen]] | None = None

    def add(self, name: str, control: Control) -> None:
        """Add a control that shows text."""
        display = control.display
        is_strip = display is not None and display.columns < NARROW
        self.screens[name] = Screen(name, 0 if is_strip else display.rows if display is not None else 1)

    def show(self, name: str, text: str, until_s: float | None) -> None:
        """Show a text on a display or label until then; None: as its standing text, at once."""
        screen = self.screens.setdefault(name, Screen(name, 0))
        if until_s is None:
            screen.standing, screen.passing = Template(text), None
        else:
            screen.passing, screen.until_s = Template(text), until_s
        self._look_again()

    def notice(self, text: str, now: float) -> None:
        """Cover every display with a text for a while; "" uncovers them."""
        self._notice, self._notice_until_s = text, now + NOTICE_S
        self._look_again()

    def expire(self, now: float) -> None:
        """End what has had its time."""
        if self._notice and self._notice_until_s <= now:
            self._notice = ""
        for screen in self.screens.values():
            if screen.passing is not None and screen.until_s <= now:
                screen.passing = None
        self._look_again()

    def readers_of(self, key: Key) -> Iterable[Screen]:
        """Return the displays whose text names a fact."""
        if not self.screens:
            return ()
        if self._readers is None:
            self._readers = {}
            for screen in self.screens.values():
                template = screen.template
                for each in (PEDALBOARD, SNAPSHOT, LOADING) if template is None else template.keys:
                    self._readers.setdefault(each, []).append(screen)
        return self._readers.get(key, ())

    def text_of(self, name: str, view: View) -> str:
        """Return what a display shows now."""
        screen = self.screens[name]
        return (screen.rows and self._notice) or screen.text(view)

    def changed(self, view: View, screens: Iterable[Screen] | None = None) -> list[str]:
        """Return the names of those displays (None: of all) that show another text than they were told."""
        looked_at = self.screens.values() if screens is None else screens
        return [screen.name for screen in looked_at if self.text_of(screen.name, view) != screen.told]

    def tell(self, name: str, view: View) -> str:
        """Return what a display shows now, which is told with that."""
        text = self.text_of(name, view)
        self.screens[name].told = text
        return text

    def take_over(self, old: "Displays") -> None:
        """Go on showing what another's displays showed, where they are still."""
        self._notice, self._notice_until_s = old._notice, old._notice_until_s  # noqa: SLF001 - its own kind
        for name, screen in old.screens.items():
            heir = self.screens.get(name)
            if heir is None and not screen.rows:
                self.screens[name] = screen
            elif heir is not None:
                heir.standing, heir.passing, heir.until_s = screen.standing, screen.passing, screen.until_s
        self._look_again()

    def _look_again(self) -> None:
        """Find out anew which facts are read, and when the next text ends."""
        self._readers = None
        ends = [screen.until_s for screen in self.screens.values() if screen.passing is not None]
        self.ends_s = min([*ends, self._notice_until_s] if self._notice else ends, default=None)
