"""A small HTTP server for one address: pages by path, and websockets; bounded, and closed to who is not allowed.

Shell, in the event loop. The library `websockets` serves both (a plain GET is a request that is not upgraded), in half
the memory of the usual web frameworks; it is imported when a server is started, and not before. Whoever has something
to show adds a page; what takes long is a coroutine that gives way.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote, urlsplit

from controld.errors import AddressInUse, ControldError, SurfaceError, to_install
from controld.osc_limits import Guest

if TYPE_CHECKING:
    from websockets.asyncio.server import Server, ServerConnection
    from websockets.http11 import Request, Response

MAX_SOCKETS: Final = 32  # websockets at once
MAX_MESSAGE_BYTES: Final = 64 << 10
# A client that does not say what it wants, or does not answer, is let go after this.
PATIENCE_S: Final = 10.0
INSTALL: Final = f"it needs the package `websockets`, of controld's extra `web` ({to_install('web')})"

log = logging.getLogger("controld.web")


class Asked(NamedTuple):
    """A request: its path, decoded, and what stands behind the question mark, as it came."""

    path: str
    query: str


class Reply(NamedTuple):
    """What is answered. `filename` has a browser save it under that name."""

    body: bytes = b""
    content_type: str = "application/json"
    status: HTTPStatus = HTTPStatus.OK
    filename: str = ""


Page = Callable[[Asked], Awaitable[Reply]]
NOT_FOUND: Final = Reply(status=HTTPStatus.NOT_FOUND)


class WebServer:
    """Serves one address. `pages` are by path; one that ends in `/` is for all below it.

    The longest path wins; a page that returns `NOT_FOUND` itself leaves the question to the next one.
    """

    def __init__(
        self, name: str, listen: tuple[str, int], allow: tuple[str, ...] = (), origins: tuple[str, ...] = ()
    ) -> None:
        self.name = name
        self.address = listen  # with the real port, once started
        self.pages: dict[str, Page] = {}
        self.on_socket: Callable[[ServerConnection], Awaitable[None]] | None = None
        self.served = self.refused = 0
        self.sockets = 0  # that are open
        self._origins = frozenset(origins)
        self._guest = Guest(allow) if allow else None
        self._server: Server | None = None

    def add_page(self, path: str, page: Page) -> None:
        """Have `page` answer at a path; at a path that ends in `/` for everything below it that has no page itself."""
        self.pages[path] = page

    async def start(self) -> None:
        """Listen.

        Raises:
            AddressInUse: another program has the port.
            SurfaceError: the address is not this machine's.
            ControldError: the library is not installed.
        """
        try:
            from websockets.asyncio.server import serve
        except ImportError as error:
            raise ControldError(f"`{self.name}` cannot be served: {INSTALL}") from error
        host, port = self.address
        quiet = logging.getLogger("controld.web.wire")
        quiet.setLevel(logging.CRITICAL)  # every scanner of ports would be an error with its traceback
        try:
            self._server = await serve(
                self._talk,
                host,
                port,
                process_request=self._answer,
                logger=quiet,
                open_timeout=PATIENCE_S,
                ping_interval=PATIENCE_S,
                ping_timeout=PATIENCE_S,
                close_timeout=1.0,
                max_size=MAX_MESSAGE_BYTES,
                max_queue=16,
                compression=None,
                server_header="controld",
            )
        except OSError as error:
            raise _explained(self.name, host, port, error) from error
        self.address = self._server.sockets[0].getsockname()[:2]
        log.info("%s is served at http://%s:%d", self.name, *self.address)

    async def stop(self) -> None:
        """Close, and let every client go."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def _answer(self, connection: "ServerConnection", request: "Request") -> "Response | None":
        """Answer a request; None lets a websocket be opened."""
        if not self._may_come(connection):
            self.refused += 1
            return _response(Reply(b"this host is not allowed\n", "text/plain", HTTPStatus.FORBIDDEN))
        origin = request.headers.get("Origin", "")
        if not self._may_use(origin, request.headers.get("Host", "")):
            self.refused += 1
            text = f"pages of {origin[:80]} are not allowed: see `origins`\n"
            return _response(Reply(text.encode(), "text/plain", HTTPStatus.FORBIDDEN))
        if request.headers.get("Upgrade", "").lower() == "websocket":
            if self.on_socket is None:
                return _response(NOT_FOUND)
            if self.sockets >= MAX_SOCKETS:
                self.refused += 1
                return _response(Reply(b"too many clients\n", "text/plain", HTTPStatus.SERVICE_UNAVAILABLE))
            return None
        self.served += 1
        return _response(await self._page(request.path), origin)

    def _may_come(self, connection: "ServerConnection") -> bool:
        peer = connection.remote_address
        return self._guest is None or (bool(peer) and self._guest.may_come(str(peer[0])))

    def _may_use(self, origin: str, host: str) -> bool:
        """Tell whether a page may use this: a tab that is open somewhere must not play the rig.

        Browsers say which page it is that asks; other programs say nothing.
        """
        return not origin or urlsplit(origin).netloc == host or bool(self._origins & {origin, "*"})

    async def _page(self, target: str) -> Reply:
        parts = urlsplit(target)
        path = unquote(parts.path) or "/"
        above = [known for known in self.pages if known == path or (known.endswith("/") and path.startswith(known))]
        try:
            for known in sorted(above, key=len, reverse=True):
                reply = await self.pages[known](Asked(path, parts.query))
                if reply is not NOT_FOUND:
                    return reply
        except Exception:  # the one guard: a mistake in one page must not end the server
            log.exception("a page could not be made: %.200r", target)
            return Reply(b"the daemon could not answer; its log says why\n", "text/plain", HTTPStatus(500))
        return NOT_FOUND

    async def _talk(self, connection: "ServerConnection") -> None:
        assert self.on_socket is not None
        self.sockets += 1
        try:
            await self.on_socket(connection)
        except asyncio.CancelledError:
            raise
        except Exception:  # the one guard of a client
            log.exception("a client of %s is let go", self.name)
        finally:
            self.sockets -= 1


def _response(reply: Reply, origin: str = "") -> "Response":
    from websockets.datastructures import Headers
    from websockets.http11 import Response

    headers = Headers()
    headers["Content-Length"] = str(len(reply.body))
    headers["Connection"] = "close"
    if origin:  # it is one that may
        headers["Access-Control-Allow-Origin"] = origin
    headers["Cache-Control"] = "no-store"
    if reply.body:
        headers["Content-Type"] = reply.content_type
    if reply.filename:
        headers["Content-Disposition"] = f'attachment; filename="{reply.filename}"'
    return Response(reply.status.value, reply.status.phrase, headers, reply.body)


def _explained(name: str, host: str, port: int, error: OSError) -> ControldError:
    import errno

    if error.errno == errno.EADDRINUSE:
        return AddressInUse(f"`{name}` cannot listen on {host}:{port}: another program has that port")
    return SurfaceError(f"`{name}` cannot listen on {host}:{port}: {error.strerror or error}")
