"""The HTTP server by itself: pages at their paths, downloads, and who may come."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import pytest
from client_rig import until
from rig_process import free_port
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import InvalidStatus

from controld import web_server
from controld.errors import AddressInUse, SurfaceError
from controld.web_server import NOT_FOUND, Asked, Reply, WebServer


async def ask(server: WebServer, target: str, origin: str = "") -> tuple[int, dict[str, str], bytes]:
    """Ask by hand, so that no library's idea of HTTP is in between."""
    reader, writer = await asyncio.open_connection(*server.address)
    said = f"Origin: {origin}\r\n" if origin else ""
    host = f"127.0.0.1:{server.address[1]}"
    writer.write(f"GET {target} HTTP/1.1\r\nHost: {host}\r\n{said}\r\n".encode())
    data = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return int(first.split()[1]), headers, body


def serving(
    scenario: Callable[[WebServer], Awaitable[None]], allow: tuple[str, ...] = (), origins: tuple[str, ...] = ()
) -> None:
    async def whole() -> None:
        server = WebServer("test", ("127.0.0.1", free_port()), allow, origins)
        await server.start()
        try:
            await scenario(server)
        finally:
            await server.stop()

    asyncio.run(whole())


async def echo(asked: Asked) -> Reply:
    return Reply(f"{asked.path}|{asked.query}".encode(), "text/plain")


class TestPages:
    def test_the_nearest_page_answers(self) -> None:
        """One path exactly, all below one, and none."""

        async def scenario(server: WebServer) -> None:
            server.add_page("/a", echo)
            server.add_page("/b/", echo)
            assert (await ask(server, "/a?x=1"))[::2] == (200, b"/a|x=1")
            assert (await ask(server, "/b/c/d%20e"))[2] == b"/b/c/d e|"
            assert (await ask(server, "/a/b"))[0] == 404

            async def only_itself(asked: Asked) -> Reply:
                return Reply(b"itself", "text/plain") if asked.path == "/b/x/" else NOT_FOUND

            server.add_page("/b/x/", only_itself)
            assert (await ask(server, "/b/x/"))[2] == b"itself"
            assert (await ask(server, "/b/x/y"))[2] == b"/b/x/y|"  # what it does not know is asked of the one above
            assert (await ask(server, "/"))[0] == 404

        serving(scenario)

    def test_a_download(self) -> None:
        """It is saved under its name, and the connection ends with it."""

        async def scenario(server: WebServer) -> None:
            async def page(_asked: Asked) -> Reply:
                return Reply(b"\x78\x9c" * 100_000, "application/octet-stream", filename="rig.tosc")

            server.add_page("/controld/layout/", page)
            status, headers, body = await ask(server, "/controld/layout/rig.tosc")
            assert (status, len(body)) == (200, 200_000)
            assert headers["content-disposition"] == 'attachment; filename="rig.tosc"'
            assert headers["content-length"] == "200000"

        serving(scenario)

    def test_a_page_with_a_mistake(self, caplog: pytest.LogCaptureFixture) -> None:
        """It is told to the log and not to the client, and the next page is served."""

        async def scenario(server: WebServer) -> None:
            async def page(_asked: Asked) -> Reply:
                raise ZeroDivisionError

            server.add_page("/bad", page)
            server.add_page("/good", echo)
            status, _, body = await ask(server, "/bad")
            assert status == HTTPStatus.INTERNAL_SERVER_ERROR
            assert b"ZeroDivision" not in body
            assert (await ask(server, "/good"))[0] == 200

        serving(scenario)
        assert "ZeroDivisionError" in caplog.text


class TestWhoMayCome:
    def test_hosts_that_are_not_allowed(self) -> None:
        """Get 403, for every path."""

        async def scenario(server: WebServer) -> None:
            server.add_page("/", echo)
            assert (await ask(server, "/"))[0] == 403
            assert server.refused == 1

        serving(scenario, ("10.0.0.0/8",))

    def test_hosts_that_are(self) -> None:
        """By network as well."""

        async def scenario(server: WebServer) -> None:
            server.add_page("/", echo)
            assert (await ask(server, "/"))[0] == 200

        serving(scenario, ("127.0.0.0/8",))

    def test_so_many_websockets_and_no_more(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The next one is told so, until one goes."""
        monkeypatch.setattr(web_server, "MAX_SOCKETS", 2)

        async def scenario(server: WebServer) -> None:
            async def talk(connection: ServerConnection) -> None:
                await connection.wait_closed()

            server.on_socket = talk
            url = f"ws://127.0.0.1:{server.address[1]}/"
            async with contextlib.AsyncExitStack() as stack:
                await stack.enter_async_context(connect(url))
                second = await stack.enter_async_context(connect(url))
                with pytest.raises(InvalidStatus, match="503"):
                    await stack.enter_async_context(connect(url))
                await second.close()
                await until(lambda: server.sockets < 2)
                await stack.enter_async_context(connect(url))

        serving(scenario)


class TestPagesOfElsewhere:
    @pytest.mark.parametrize(
        ("origins", "origin", "status"),
        [
            ((), "", 200),
            ((), "http://HERE", 200),
            ((), "https://elsewhere.example", 403),
            ((), "null", 403),
            (("https://elsewhere.example",), "https://elsewhere.example", 200),
            (("https://elsewhere.example",), "https://another.example", 403),
            (("*",), "https://another.example", 200),
        ],
    )
    def test_who_may_use_it(self, origins: tuple[str, ...], origin: str, status: int) -> None:
        """A browser says whose page asks; the rig's own and those that were named may, for pages and websockets."""

        async def scenario(server: WebServer) -> None:
            async def talk(connection: ServerConnection) -> None:
                await connection.wait_closed()

            server.add_page("/", echo)
            server.on_socket = talk
            said = origin.replace("HERE", f"127.0.0.1:{server.address[1]}")
            found, headers, _ = await ask(server, "/", origin=said)
            assert found == status
            assert headers.get("access-control-allow-origin", "") == (said if status == 200 else "")
            url = f"ws://127.0.0.1:{server.address[1]}/"
            asked = connect(url, additional_headers={"Origin": said} if said else {})
            if status == 200:
                async with asked:
                    return
            with pytest.raises(InvalidStatus, match="403"):
                async with asked:
                    pass

        serving(scenario, origins=origins)


class TestAddresses:
    def test_a_port_that_is_taken(self) -> None:
        """The reason, in words."""

        async def scenario(server: WebServer) -> None:
            other = WebServer("other", server.address)
            with pytest.raises(AddressInUse, match="another program has that port"):
                await other.start()

        serving(scenario)

    def test_an_address_of_another_machine(self) -> None:
        """Likewise."""

        async def scenario() -> None:
            with pytest.raises(SurfaceError, match=r"cannot listen on 192\.0\.2\.1"):
                await WebServer("test", ("192.0.2.1", free_port())).start()

        asyncio.run(scenario())
