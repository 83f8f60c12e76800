"""OSCQuery: the rig's addresses described over HTTP; their values over websockets are the audience's.

Shell, in the event loop. Descriptions are made in a thread, one at a time, from a copy of what is known: a browser that
asks for all of it must not keep a press waiting.
"""

import asyncio
import json
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote

from controld.config_values import RigConfig, SurfaceConfig
from controld.discovery import rig_name
from controld.osc_widgets import Widgets
from controld.oscquery_tree import ATTRIBUTES, EXTENSIONS, READ, UNSUPPORTED, Sight, Tree, attributes
from controld.rig import Output
from controld.rig_desk import RigDesk
from controld.web_audience import Audience
from controld.web_server import NOT_FOUND, Asked, Reply, WebServer

_NO_CONTENT: Final = Reply(status=HTTPStatus.NO_CONTENT)
_EVERYWHERE: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared


class OscQuery:
    """Serves the address of a rig's `web`; `server` may be given more pages, best below `/controld/`."""

    def __init__(self, config: RigConfig, desk: RigDesk) -> None:
        assert config.web is not None
        self.server = WebServer("web", config.web.listen, config.web.allow, config.web.origins)
        self.audience = Audience(desk, self._shown)
        self.server.add_page("/", self._page)
        self.server.on_socket = self.audience.talk
        self._desk = desk
        self._surface_name = config.web.surface
        self._one_by_one = asyncio.Lock()

    async def start(self) -> None:
        """Listen. Raises ControldError where that cannot be."""
        await self.server.start()

    async def stop(self) -> None:
        """Close, and let every client go."""
        self.audience.close()
        await self.server.stop()

    def tell(self, output: Output) -> None:
        """Tell clients what happened."""
        self.audience.tell(output)

    @property
    def surface(self) -> SurfaceConfig | None:
        """The OSC surface that is described: the one that was chosen, else the first."""
        spoken = [each for each in self._desk.config.surfaces if each.osc is not None]
        return next((each for each in spoken if self._surface_name in {"", each.name}), None)

    def host_info(self) -> dict[str, object]:
        """Return what OSCQuery calls HOST_INFO."""
        told: dict[str, object] = {
            "NAME": rig_name(self._desk.config),
            "EXTENSIONS": dict.fromkeys(EXTENSIONS, True) | dict.fromkeys(UNSUPPORTED, False),
        }
        surface = self.surface
        if surface is not None and surface.osc is not None:
            told |= {"OSC_PORT": surface.osc.port, "OSC_TRANSPORT": "UDP"}
            if surface.osc.host not in {*_EVERYWHERE, self.server.address[0]}:
                told["OSC_IP"] = surface.osc.host
        return told

    async def _page(self, asked: Asked) -> Reply:
        wanted = unquote(asked.query).strip()
        if wanted == "HOST_INFO":
            return _json(self.host_info())
        if wanted in UNSUPPORTED:
            return _NO_CONTENT
        if wanted and wanted not in ATTRIBUTES:
            text = f"`{wanted[:40]}` is no attribute of OSCQuery\n"
            return Reply(text.encode(), "text/plain", HTTPStatus.BAD_REQUEST)
        async with self._one_by_one:
            sight = Sight.of(self._desk.rig.namespace, self.audience.widgets or self._shown())
            return await asyncio.to_thread(_answer, sight, asked.path, wanted)

    def _shown(self) -> Widgets | None:
        """Return the controls of the surface with what they show now."""
        surface = self.surface
        if surface is None:
            return None
        widgets = Widgets(surface.name, surface.profile)
        for look in self._desk.rig.mapper.full_feedback(surface.name):
            widgets.receive(look)
        return widgets


def _answer(sight: Sight, path: str, wanted: str) -> Reply:
    """Return the description of a path, or one attribute of it."""
    node = sight.node(path) if wanted not in {"", "CONTENTS"} else None
    told = attributes(node, sight.facts.get(path)) if node is not None else Tree(sight).describe(path)
    if told is None:
        return NOT_FOUND
    if not wanted:
        return _json(told)
    if wanted == "VALUE" and not told["ACCESS"] & READ:
        return _NO_CONTENT
    return _json({wanted: told[wanted]} if wanted in told else {})


def _json(what: object) -> Reply:
    return Reply(json.dumps(what, ensure_ascii=False, separators=(",", ":")).encode())
