"""What a tablet is given over HTTP: a page with the steps, the layouts made for its screen, and the switch card.

Shell, in the event loop. Layouts and cards are made by a process of their own, one at a time: they take longer than a
press may wait.
"""

import asyncio
import sys
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from controld.discovery import rig_name
from controld.layouts.command import APPS
from controld.meeting import LANDING, STAGE_PORT, apps, meeting_of
from controld.rig_desk import RigDesk
from controld.web_server import NOT_FOUND, Asked, Reply, WebServer

PATIENCE_S: Final = 60.0
MAX_WORDS: Final = 16  # of what is asked for, and how long each may be
MAX_LETTERS: Final = 200

_PAGE: Final = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}</title>
<style>
:root {{ color-scheme: dark; }}
body {{ margin: 0 auto; padding: 20px 20px 60px; max-width: 720px; background: #0d0f13; color: #e9ecf2;
  font: 17px/1.5 system-ui, sans-serif; }}
h1 {{ font-size: 28px; margin: 8px 0 4px; }}
h2 {{ font-size: 20px; margin: 36px 0 8px; }}
p, li {{ color: #b9c0cc; }}
li {{ margin: 8px 0; overflow-wrap: anywhere; }}
b {{ color: #e9ecf2; }}
a.get {{ display: block; margin: 12px 0; padding: 18px; border-radius: 12px; background: #4b8df8; color: #000;
  font-weight: 600; font-size: 19px; text-align: center; text-decoration: none; }}
a.get.second {{ background: #20242c; color: #e9ecf2; border: 1px solid #3a404c; }}
a {{ color: #8ab4ff; }}
</style>
<h1>{name}</h1>
<p>The rig on this tablet: its switches, faders and snapshots, as they really stand.</p>
{sections}
<h2>On paper</h2>
<a class="get second" href="card.html">What the switches do</a>
<script>
const wide = Math.max(screen.width, screen.height), high = Math.min(screen.width, screen.height);
for (const link of document.querySelectorAll("a[data-fits]")) link.href += "?size=" + wide + "x" + high;
for (const link of document.querySelectorAll("a[data-port]"))
  link.href = "http://" + location.hostname + ":" + link.dataset.port + "/";
for (const each of document.querySelectorAll(".host")) each.textContent = location.hostname;
</script>
</html>
"""
_HOST: Final = '<b class="host">the rig’s address</b>'
_BUTTONS: Final = {
    "TouchOSC": '<a class="get" data-fits href="layout/touchosc.tosc">Get the TouchOSC layout</a>',
    "Open Stage Control": f'<a class="get" data-port="{STAGE_PORT}" href="#">Open the page</a>'
                          '<a class="get second" data-fits href="layout/open-stage-control.json">Get the session</a>',
}  # fmt: skip


class Downloads:
    """The pages for tablets; `desk` says what is played."""

    def __init__(self, desk: RigDesk) -> None:
        self._desk = desk
        self._one_by_one = asyncio.Lock()

    def add_to(self, server: WebServer) -> None:
        """Have a server answer for all of them."""
        server.add_page(LANDING, self._landing)
        server.add_page(f"{LANDING}card.html", self._card)
        for app, kind in APPS.items():
            server.add_page(f"{LANDING}layout/{app}{kind.suffix}", self._layout)

    async def _landing(self, asked: Asked) -> Reply:
        if asked.path != LANDING:
            return NOT_FOUND
        return Reply(landing(self._desk).encode("utf-8"), "text/html; charset=utf-8")

    async def _layout(self, asked: Asked) -> Reply:
        app = next(app for app, kind in APPS.items() if asked.path.endswith(f"/{app}{kind.suffix}"))
        kind = APPS[app]
        words = _options(asked.query, ("size", "pedalboard", "page"))
        reply = await self._make("layout", app, *words)
        if reply.status is not HTTPStatus.OK:
            return reply
        return reply._replace(content_type=kind.mime, filename=f"controld{kind.suffix}")

    async def _card(self, asked: Asked) -> Reply:
        reply = await self._make("card", *_options(asked.query, ("page", "pedalboard", "paper")))
        return reply._replace(content_type="text/html; charset=utf-8") if reply.status is HTTPStatus.OK else reply

    async def _make(self, *words: str) -> Reply:
        """Run a command of ours and return what it writes; what it refuses is told."""
        command = [sys.executable, "-m", "controld.cli", *words, "-o", "-", "--config", str(self._desk.config.path)]
        async with self._one_by_one:
            process = await asyncio.create_subprocess_exec(
                *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
            )
            try:
                made, said = await asyncio.wait_for(process.communicate(), PATIENCE_S)
            except BaseException:
                process.kill()
                await process.wait()
                raise
        if process.returncode:
            return Reply(said, "text/plain; charset=utf-8", HTTPStatus.BAD_REQUEST)
        return Reply(made)


def landing(desk: RigDesk) -> str:
    """Return the page with the steps for each app."""
    config = desk.config
    meeting = meeting_of(config, None, (), rig_name(config))
    sections = []
    for app, steps in apps(meeting):
        told = "".join(f"<li>{escape(step).replace('{host}', _HOST)}</li>" for step in steps)
        sections.append(f"<h2>{app}</h2>\n{_BUTTONS.get(app, '')}\n<ol>{told}</ol>")
    return _PAGE.format(name=escape(meeting.name), sections="\n".join(sections))


def _options(query: str, known: tuple[str, ...]) -> list[str]:
    """Return the options of a command that a query asks for; what is not known is left out."""
    asked = parse_qs(query[: MAX_WORDS * MAX_LETTERS], max_num_fields=MAX_WORDS)
    return [f"--{key}={value[:MAX_LETTERS]}" for key in known for value in asked.get(key, ())]
