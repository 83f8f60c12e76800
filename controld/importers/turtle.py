"""Turtle to a bundle: the graph that mod-ui wrote, read with rdflib.

Pure: texts in, values out; rdflib is asked only to parse. It is an optional part of the installation, and imported
where it is first needed.
"""

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from controld.errors import ConfigError, ControldError, Problem, to_install
from controld.importers.bundle import BYPASS, PITCHBEND, Binding, Block, Port

if TYPE_CHECKING:
    from rdflib.term import Node

MISSING = f"a pedalboard bundle is read with rdflib, which is not installed; get it with: {to_install('import')}"

# The bundle is parsed as if it lay here, so that no result depends on where it really is.
BASE = "file:///bundle/"
_LV2 = "http://lv2plug.in/ns/lv2core#"
_ATOM = "http://lv2plug.in/ns/ext/atom#"
_MIDI = "http://lv2plug.in/ns/ext/midi#"
_STATE = "http://lv2plug.in/ns/ext/state#"
_INGEN = "http://drobilla.net/ns/ingen#"
_PEDAL = "http://moddevices.com/ns/modpedal#"
_DOAP = "http://usefulinc.com/ns/doap#"
_RDFS = "http://www.w3.org/2000/01/rdf-schema#"
_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_KINDS = {f"{_LV2}AudioPort": "audio", f"{_LV2}CVPort": "cv", "http://moddevices.com/ns/mod#CVPort": "cv",
          f"{_ATOM}AtomPort": "midi", f"{_LV2}ControlPort": "control"}  # fmt: skip
# What rdflib's parser is known to raise on texts that are no Turtle, beside its own BadSyntax (a SyntaxError).
_BROKEN = (SyntaxError, ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError, OSError)


class Turtle:
    """The statements of one or several files of a bundle."""

    def __init__(self) -> None:
        try:
            from rdflib import Graph
        except ImportError as error:
            raise ControldError(MISSING) from error
        self.graph = Graph(bind_namespaces="none")

    def add(self, text: str, name: str, path: str) -> None:
        """Take the statements of a file; `name` is its name in the bundle, `path` stands in messages.

        Raises:
            ConfigError: the text is no Turtle.
        """
        try:
            self.graph.parse(data=text, format="turtle", publicID=BASE + name)
        except _BROKEN as error:
            raise ConfigError([_problem(error, path)]) from error

    # Asking

    def value(self, subject: "Node", predicate: str) -> "Node | None":
        """Return the object of a statement; the first in order where there are several."""
        return min(self.values(subject, predicate), key=str, default=None)

    def values(self, subject: "Node", predicate: str) -> "list[Node]":
        """Return the objects of statements."""
        from rdflib import URIRef

        return list(self.graph.objects(subject, URIRef(predicate)))

    def text(self, subject: "Node", predicate: str) -> str:
        """Return the object as text, "" where there is none."""
        found = self.value(subject, predicate)
        return "" if found is None else str(found)

    def number(self, subject: "Node", predicate: str) -> float | None:
        """Return the object as a finite number; None where it is none."""
        words = self.text(subject, predicate)
        try:
            value = float({"true": "1", "false": "0"}.get(words, words))
        except ValueError:
            return None
        return value if math.isfinite(value) else None

    def whole(self, subject: "Node", predicate: str) -> int | None:
        """Return the object as a whole number; None where it is none."""
        found = self.number(subject, predicate)
        return None if found is None else int(found)

    def pedalboards(self) -> "list[Node]":
        """Return the pedalboards that the files describe."""
        from rdflib import URIRef

        return sorted(self.graph.subjects(URIRef(_TYPE), URIRef(f"{_PEDAL}Pedalboard"), unique=True), key=str)

    def more_files(self, board: "Node") -> list[str]:
        """Return the files of the bundle that say more about a pedalboard, by name."""
        names = (local(node) for node in self.values(board, f"{_RDFS}seeAlso"))
        return sorted(name for name in names if name and "/" not in name and name.endswith(".ttl"))

    # The parts of a pedalboard

    def title(self, board: "Node") -> str:
        """Return the pedalboard's name, "" where it has none."""
        return self.text(board, f"{_DOAP}name")

    def blocks(self, board: "Node") -> Iterator[Block]:
        """Yield the effects, in order of their names in MOD; one without a plugin has "" for its URI."""
        for block in sorted(self.values(board, f"{_INGEN}block"), key=str):
            x, y = (self.number(block, f"{_INGEN}{key}") for key in ("canvasX", "canvasY"))
            number = self.whole(block, f"{_PEDAL}instanceNumber")
            plugin, preset = self.text(block, f"{_LV2}prototype"), self.text(block, f"{_PEDAL}preset")
            yield Block(
                local(block),
                "" if plugin.startswith(BASE) else plugin,  # `<>`, the file itself, stands for none
                -1 if number is None else number,
                self.text(block, f"{_INGEN}enabled") != "false",
                (x or 0.0, y or 0.0),
                "" if preset.startswith(BASE) else preset,
                tuple(sorted(self._ports(block), key=lambda port: port.symbol)),
            )

    def _ports(self, block: "Node") -> Iterator[Port]:
        for port in self.values(block, f"{_LV2}port"):
            yield self._port(port, local(port).rpartition("/")[2])

    def _port(self, port: "Node", symbol: str) -> Port:
        kinds = {_KINDS.get(str(each), "") for each in self.values(port, _TYPE)} - {""}
        kind = min(kinds, default="")
        return Port(symbol, kind, self.number(port, f"{_INGEN}value"), self._binding(port, symbol))

    def _binding(self, port: "Node", symbol: str) -> Binding | None:
        node = self.value(port, f"{_MIDI}binding")
        if node is None:
            return None
        channel, controller = (self.whole(node, f"{_MIDI}{key}") for key in ("channel", "controllerNumber"))
        if channel is None or controller is None or not 0 <= channel <= 15:
            return None
        if not (0 <= controller <= 127 or controller == PITCHBEND):
            return None
        low, high = (self.number(node, f"{_LV2}{key}") for key in ("minimum", "maximum"))
        if symbol == BYPASS or low is None or high is None or high <= low:  # mod-ui takes the whole range then
            return Binding(channel + 1, controller)
        return Binding(channel + 1, controller, low, high)

    def arcs(self, board: "Node") -> Iterator[tuple[str, str]]:
        """Yield the connections from output to input, in order."""
        found = []
        for arc in self.values(board, f"{_INGEN}arc"):
            tail, head = self.value(arc, f"{_INGEN}tail"), self.value(arc, f"{_INGEN}head")
            if tail is not None and head is not None:
                found.append((local(tail), local(head)))
        yield from sorted(set(found))

    def hardware(self, board: "Node") -> tuple[dict[str, Port], dict[str, str], bool]:
        """Return the ports of the clock, the kinds of the hardware's ports, and whether MIDI loops back."""
        clock: dict[str, Port] = {}
        system: dict[str, str] = {}
        loopback = False
        for node in self.values(board, f"{_LV2}port"):
            symbol = local(node)
            port = self._port(node, symbol)
            if symbol == "midi_loopback":
                loopback = bool(port.value)
            elif symbol.startswith(":"):
                clock[symbol] = port
            else:
                system[symbol] = port.kind
        return clock, system, loopback

    def properties(self) -> dict[str, str]:
        """Return what a plugin saved beside its ports, by the property's URI: the path of a model, a text."""
        from rdflib import URIRef

        found: dict[str, str] = {}
        for state in self.graph.objects(None, URIRef(f"{_STATE}state")):
            for predicate, value in sorted(self.graph.predicate_objects(state), key=str):
                found[str(predicate)] = unquote(str(value)) if isinstance(value, URIRef) else str(value)
        return found


def local(node: Any) -> str:
    """Return a node's path in the bundle (`drive/gain`); "" where it lies elsewhere.

    The parser leaves `<:bpm>` as it stands, for what is before a colon could be a scheme.
    """
    text = str(node)
    if text.startswith(":"):
        return text
    return unquote(text.removeprefix(BASE)) if text.startswith(BASE) else ""


def _problem(error: BaseException, path: str) -> Problem:
    lines, why = getattr(error, "lines", None), getattr(error, "_why", "")
    line = lines + 1 if isinstance(lines, int) else 0
    reason = f"not Turtle: {why}" if why else "not Turtle: it cannot be read to its end"
    return Problem(path, line, 1 if line else 0, " ".join(reason.split()))


def bundle_parts(turtle: Turtle, path: str) -> Mapping[str, Any]:
    """Return what the graph says of its one pedalboard, as the fields of a `Bundle`.

    Raises:
        ConfigError: it describes no pedalboard, or several.
    """
    boards = turtle.pedalboards()
    if len(boards) != 1:
        hint = "a bundle is a folder NAME.pedalboard that mod-ui saved"
        raise ConfigError([Problem(path, 0, 0, f"describes {len(boards) or 'no'} pedalboards, expected one", hint)])
    clock, system, loopback = turtle.hardware(boards[0])
    return {
        "title": turtle.title(boards[0]), "blocks": tuple(turtle.blocks(boards[0])),
        "arcs": tuple(turtle.arcs(boards[0])), "clock": clock, "system": system, "loopback": loopback,
    }  # fmt: skip
