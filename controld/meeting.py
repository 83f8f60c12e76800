"""How a tablet meets the rig: where it is reached, what has to be changed for it, and what the apps are told.

Pure, but for the files' own places, which the caller reads.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from controld.config_addresses import is_loopback
from controld.config_values import OscConfig, RigConfig
from controld.document import Node

LANDING: Final = "/controld/"
WEB_PORT: Final = 9080
STAGE_PORT: Final = 8080  # Open Stage Control's own page
REPLY_PORT: Final = 9001
_EVERYWHERE: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared


@dataclass(frozen=True, slots=True)
class Change:
    """A line of a file that has to be another; `line` and `column` are 0 where there is none yet."""

    file: str
    line: int
    column: int
    now: str
    instead: str

    @property
    def place(self) -> str:
        """The place, as editors and terminals jump to it."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Door:
    """Something that listens: under which addresses others reach it; none, and then `change` says what it takes."""

    name: str
    port: int
    hosts: tuple[str, ...]
    change: Change | None = None
    reply: str = ""
    tcp: int = 0


@dataclass(frozen=True, slots=True)
class Meeting:
    """All doors of a rig; `page` is that of the landing page (None: nothing is served). `name` is that of the rig."""

    name: str
    page: Door
    surfaces: tuple[Door, ...]
    announced: bool
    reply_port: int = REPLY_PORT  # at which apps listen for answers

    @property
    def urls(self) -> list[str]:
        """Where the landing page is found from elsewhere."""
        return [f"http://{_bracketed(host)}:{self.page.port}{LANDING}" for host in self.page.hosts]

    @property
    def is_open(self) -> bool:
        """Tell whether a tablet can reach anything."""
        return bool(self.page.hosts) or any(door.hosts for door in self.surfaces)


def meeting_of(config: RigConfig, root: Node | None, hosts: Sequence[str], name: str) -> Meeting:
    """Return how a tablet meets a rig: `root` is its file as it is written, `hosts` are the machine's addresses."""
    file = str(config.path)
    surfaces = tuple(_surface(each.name, each.osc, root, hosts, file) for each in config.surfaces if each.osc)
    page = _page(config, root, hosts, file)
    return Meeting(name, page, surfaces, config.discovery is not None, reply_port_of(config))


def reply_port_of(config: RigConfig) -> int:
    """Return where an app with a receive port of its own should listen: where the rig answers already, else 9001."""
    ports = [surface.osc.reply for surface in config.surfaces if surface.osc and isinstance(surface.osc.reply, int)]
    return ports[0] if ports else REPLY_PORT


def _page(config: RigConfig, root: Node | None, hosts: Sequence[str], file: str) -> Door:
    if config.web is None:
        instead = f'web: {{listen: "0.0.0.0:{WEB_PORT}"}}'
        return Door("web", WEB_PORT, (), Change(file, 0, 0, "", instead))
    host, port = config.web.listen
    return _door("web", host, port, _node(root, "web", "listen"), hosts, file)


def _surface(name: str, osc: OscConfig, root: Node | None, hosts: Sequence[str], file: str) -> Door:
    door = _door(name, osc.host, osc.port, _node(root, "surfaces", name, "osc", "listen"), hosts, file)
    match osc.reply:
        case (to, port):
            reply = f"{_bracketed(to)}:{port}"
        case int(port):
            reply = f"port {port}"
        case _:
            reply = osc.reply
    return replace(door, reply=reply, tcp=osc.limits.tcp)


def _door(name: str, host: str, port: int, node: Node | None, hosts: Sequence[str], file: str) -> Door:
    if host in _EVERYWHERE:
        return Door(name, port, tuple(hosts))
    if not is_loopback(host):
        return Door(name, port, (host,))
    line, column, now = (node.line, node.column, node.text) if node is not None else (0, 0, f"{host}:{port}")
    return Door(name, port, (), Change(file, line, column, f"listen: {now}", f'listen: "0.0.0.0:{port}"'))


def _node(node: Node | None, *keys: str) -> Node | None:
    for key in keys:
        node = node.get(key) if node is not None else None
    return node


def stage_command(door: Door, reply_port: int = REPLY_PORT) -> str:
    """Return the command that serves the session of Open Stage Control on the rig's own machine."""
    listen = f"--send 127.0.0.1:{door.port} --osc-port {reply_port}"
    return f"open-stage-control --no-gui --load rig.json {listen} --port {STAGE_PORT}"


def apps(meeting: Meeting) -> Iterator[tuple[str, list[str]]]:
    """Yield the steps for each app, in its own words; `{host}` stands for the rig's address, whatever it is."""
    door = next((each for each in meeting.surfaces if each.hosts), next(iter(meeting.surfaces), None))
    if door is None:
        return
    found = f"Browse, and choose “{meeting.name}”; or " if meeting.announced else ""
    yield (
        "TouchOSC",
        [
            "Get the layout, and open it with TouchOSC.",
            f"In TouchOSC: Connections, OSC, connection 1, UDP. {found} Host {{host}}, Send port {door.port}.".replace(
                "  ", " "
            ),
            f"Receive port {meeting.reply_port}.",
            "Press play: the name of the pedalboard appears at the top.",
        ],
    )
    yield (
        "Open Stage Control",
        [
            "On the rig's machine: controld layout open-stage-control -o rig.json",
            f"and: {stage_command(door, meeting.reply_port)}",
            f"On the tablet: http://{{host}}:{STAGE_PORT}",
        ],
    )
    yield "Any other app", [f"OSC over UDP to {{host}}, port {door.port}. Answers go {_answers(door.reply)}."]


def _answers(reply: str) -> str:
    if reply == "sender":
        return f"where a message came from, or after /controld/hello {REPLY_PORT} to that port"
    return f"to {reply}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
