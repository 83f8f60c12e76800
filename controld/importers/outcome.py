"""What an import makes: files, and what a person has to know of them.

Pure values; the command writes the files and prints the rest.
"""

from dataclasses import dataclass, field

from controld.importers.emit import printable, remark


@dataclass(slots=True)
class Notes:
    """What was changed on the way, and what has no equivalent; each once, in the order it was met."""

    changed: dict[str, None] = field(default_factory=dict)
    missing: dict[str, None] = field(default_factory=dict)

    def change(self, text: str) -> None:
        """Tell that something stands in another form than it had."""
        self.changed[printable(text)] = None

    def miss(self, what: str, why: str) -> None:
        """Tell that something was left out, and why."""
        self.missing[printable(f"{what}: {why}")] = None

    def add(self, other: "Notes", of: str = "") -> None:
        """Take over what another part of the import has to tell; `of` stands before each."""
        head = f"{of}: " if of else ""
        self.changed |= {head + text: None for text in other.changed}
        self.missing |= {head + text: None for text in other.missing}

    def as_comment(self) -> list[str]:
        """Return what has no equivalent as comment lines, for the end of a file."""
        if not self.missing:
            return []
        lines = ["", *remark("What has no equivalent here, and was left out:")]
        for text in self.missing:
            lines += remark(text, bullet="-")
        return lines


@dataclass(frozen=True, slots=True)
class Made:
    """A file that was made: where it goes (from the import's folder, with `/`), what it is, and its text."""

    path: str
    what: str
    text: str


# Which JSON Schema each file of a rig follows, by the folder it lies in; "" is the rig's own.
_SCHEMAS = {"": "rig", "surfaces": "profile", "mappings": "mapping", "pedalboards": "pedalboard"}


def declared(made: Made) -> Made:
    """Return a file that names its JSON Schema in its first line, which is how editors find it."""
    folder = made.path.rpartition("/")[0]
    way = "../" if folder else ""
    line = f"# yaml-language-server: $schema={way}schema/{_SCHEMAS[folder]}.json\n"
    return Made(made.path, made.what, line + made.text)


@dataclass(slots=True)
class Outcome:
    """What an import comes to. `to_do` is what a person has to complete before it plays."""

    title: str
    files: list[Made] = field(default_factory=list)
    notes: Notes = field(default_factory=Notes)
    to_do: list[str] = field(default_factory=list)
