"""The rig announced in the network by mDNS, so that apps find it by its name.

Shell, in the event loop. `_osc._udp` (and `_osc._tcp` where that is taken) for each OSC surface, `_oscjson._tcp` for
OSCQuery. What only this machine can reach is not announced, or only to this machine where that is asked for. A network
that allows no multicast is no reason to stop a rig.
"""

import asyncio
import logging
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from controld import __version__
from controld.config_addresses import is_loopback
from controld.config_values import RigConfig
from controld.errors import ControldError, to_install
from controld.rig import Output
from controld.rig_desk import RigDesk

if TYPE_CHECKING:
    from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

LOOPBACK: Final = "127.0.0.1"
_WILDCARDS: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared
_MOST: Final = 63  # bytes of a name in mDNS

log = logging.getLogger("controld.discovery")


class Announced(NamedTuple):
    """A service to be announced: what it is, where it listens, and as what."""

    type: str
    host: str
    port: int
    name: str


def rig_name(config: RigConfig) -> str:
    """Return what a rig is called in the network."""
    chosen = config.discovery.name if config.discovery is not None else ""
    return chosen or f"controld on {socket.gethostname()}"


def announced(config: RigConfig) -> list[Announced]:
    """Return what of a rig can be announced, whatever can reach it."""
    return list(_announced(config))


def _announced(config: RigConfig) -> Iterator[Announced]:
    name = rig_name(config)
    spoken = [(surface.name, surface.osc) for surface in config.surfaces if surface.osc is not None]
    for surface, osc in spoken:
        called = _short(name if len(spoken) == 1 else f"{name} {surface}")
        yield Announced("_osc._udp.local.", osc.host, osc.port, called)
        if osc.limits.tcp:
            yield Announced("_osc._tcp.local.", osc.host, osc.limits.tcp, called)
    if config.web is not None:
        yield Announced("_oscjson._tcp.local.", *config.web.listen, _short(name))


def _short(name: str) -> str:
    return name.encode()[:_MOST].decode(errors="ignore")


class Discovery:
    """Announces a rig, and again where its files call it otherwise."""

    def __init__(self, config: RigConfig, desk: RigDesk) -> None:
        self._desk = desk
        self._config = config
        self._told: list[Announced] = []
        self._nodes: list[AsyncZeroconf] = []
        self._busy: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to announce, which takes a second or so and is not waited for.

        Raises:
            ControldError: the library is not installed.
        """
        try:
            import zeroconf.asyncio  # noqa: F401 - missing packages are told now
        except ImportError as error:
            message = "`discovery` needs the package `zeroconf`, of controld's extra `web`"
            raise ControldError(f"{message} ({to_install('web')})") from error
        self._renew()

    async def stop(self) -> None:
        """Take back what was announced."""
        if self._busy is not None:
            self._busy.cancel()
            await asyncio.wait({self._busy})
        await self._close()

    def tell(self, _output: Output) -> None:
        """Announce anew where the files are others now."""
        if self._desk.config is not self._config:
            self._config = self._desk.config
            if self._wanted() != self._told:
                self._renew()

    def _wanted(self) -> list[Announced]:
        discovery = self._config.discovery
        if discovery is None:
            return []
        return [each for each in announced(self._config) if discovery.loopback or not is_loopback(each.host)]

    def _renew(self) -> None:
        before, self._told = self._busy, self._wanted()
        self._busy = asyncio.create_task(self._announce(before, self._told), name="discovery")

    async def _announce(self, before: "asyncio.Task[None] | None", wanted: list[Announced]) -> None:
        if before is not None:
            await asyncio.wait({before})
        await self._close()
        here = [each for each in wanted if is_loopback(each.host)]
        there = [each for each in wanted if not is_loopback(each.host)]
        for services, interfaces in ((here, [LOOPBACK]), (there, None)):
            if services:
                try:
                    await self._register(services, interfaces)
                except Exception as error:  # noqa: BLE001 - whatever a network may do wrong, the rig plays
                    log.warning("the rig cannot be announced: %s", str(error) or type(error).__name__)

    async def _register(self, services: list[Announced], interfaces: list[str] | None) -> None:
        from zeroconf import InterfaceChoice, IPVersion
        from zeroconf.asyncio import AsyncZeroconf

        node = AsyncZeroconf(interfaces=interfaces or InterfaceChoice.All, ip_version=IPVersion.V4Only)
        self._nodes.append(node)
        for service in services:
            info = _info(service)
            await (await node.async_register_service(info, allow_name_change=True))
            log.info("announced as %s on port %d", info.name, service.port)

    async def _close(self) -> None:
        nodes, self._nodes = self._nodes, []
        for node in nodes:
            await node.async_unregister_all_services()
            await node.async_close()


def _info(service: Announced) -> "AsyncServiceInfo":
    from ifaddr import get_adapters  # zeroconf finds the interfaces by it too
    from zeroconf.asyncio import AsyncServiceInfo

    if service.host in _WILDCARDS:
        every = [str(ip.ip) for adapter in get_adapters() for ip in adapter.ips if ip.is_IPv4]
        addresses = [each for each in every if not is_loopback(each)]
    else:
        addresses = [socket.gethostbyname(service.host)]
    return AsyncServiceInfo(
        service.type,
        f"{service.name}.{service.type}",
        port=service.port,
        parsed_addresses=addresses,
        properties={"txtvers": "1", "version": __version__},
        server=f"controld-{socket.gethostname()}.local.",
    )
