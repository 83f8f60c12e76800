"""The rig announced by mDNS, heard by a DNS library that knows nothing of the one that announces.

What this proves: that the packets are what RFC 6762 and 6763 have (dnspython reads them), that PTR, SRV, TXT and A lead
to the ports that are served, and that what is only this machine's is not announced. All of it on the loopback.
"""

import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import dns.message
import dns.rdata
import dns.rdatatype
import pytest
from rig_process import RigProcess, wait_for
from web_rig import web_rig

from controld.config_values import DiscoveryConfig, OscConfig, RigConfig, SurfaceConfig, WebConfig
from controld.discovery import Announced, announced, rig_name
from controld.mappings.profile import Profile
from controld.osc_limits import Limits

GROUP = ("224.0.0.251", 5353)


class Browser:
    """Asks on the loopback and reads what is answered to it alone, as one who browses once (RFC 6762, section 6.7)."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.3)

    def ask(self, name: str) -> dict[str, list[dns.rdata.Rdata]]:
        """Return the records by type that are answered to a question for a service type."""
        question = dns.message.make_query(name, "PTR")
        question.flags = 0
        self._socket.sendto(question.to_wire(), GROUP)
        found: dict[str, list[dns.rdata.Rdata]] = {}
        with suppress(TimeoutError):
            while True:
                data, _ = self._socket.recvfrom(9000)
                # mDNS compresses names where unicast DNS may not: such records are left out.
                message = dns.message.from_wire(data, continue_on_error=True)
                for record in [*message.answer, *message.additional]:
                    found.setdefault(dns.rdatatype.to_text(record.rdtype), []).extend(record)
        return found

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(name="browser")
def _browser() -> Iterator[Browser]:
    browser = Browser()
    yield browser
    browser.close()


def names(records: list[dns.rdata.Rdata]) -> list[str]:
    return [str(record).replace("\\032", " ") for record in records]


class TestInTheNetwork:
    def test_a_rig_is_found_by_its_name(self, tmp_path: Path, browser: Browser) -> None:
        """Both services, with their ports; under another name once the file says so; and gone when the rig stops."""
        with web_rig(tmp_path, "discovery: {name: Stage rig, loopback: true}\n") as (rig, address):
            port = address.split(":")[1]
            for kind, wanted in (("_oscjson._tcp.local.", port), ("_osc._udp.local.", str(rig.osc_port))):

                def found(kind: str = kind, wanted: str = wanted) -> bool:
                    answers = browser.ask(kind)
                    served = [str(each) for each in answers.get("SRV", [])]
                    named = f"Stage rig.{kind}" in names(answers.get("PTR", []))
                    return named and any(each.split()[2] == wanted for each in served)

                wait_for(found, kind)
            answers = browser.ask("_oscjson._tcp.local.")
            assert [str(each) for each in answers["A"]] == ["127.0.0.1"]
            assert '"txtvers=1"' in str(answers["TXT"][0])
            text = (tmp_path / "controld.yaml").read_text("utf-8")
            rig.write("controld.yaml", text.replace("Stage rig", "Rehearsal"))
            wait_for(
                lambda: "Rehearsal._oscjson._tcp.local." in names(browser.ask("_oscjson._tcp.local.").get("PTR", [])),
                "the other name",
            )
            assert "Stage rig._oscjson._tcp.local." not in names(browser.ask("_oscjson._tcp.local.").get("PTR", []))
        assert "Rehearsal._oscjson._tcp.local." not in names(browser.ask("_oscjson._tcp.local.").get("PTR", []))

    def test_what_only_this_machine_reaches_is_not_announced(self, tmp_path: Path, browser: Browser) -> None:
        """Unless that was asked for."""
        with web_rig(tmp_path, "discovery: {name: Hidden rig}\n"):
            assert "Hidden rig._osc._udp.local." not in names(browser.ask("_osc._udp.local.").get("PTR", []))


def surface(name: str, host: str, port: int, tcp: int = 0) -> SurfaceConfig:
    return SurfaceConfig(name, Profile("p", "", {}), osc=OscConfig(host, port, limits=Limits(tcp)))


class TestWhatIsAnnounced:
    def test_each_port_as_what_it_is(self) -> None:
        """UDP, TCP and HTTP; several surfaces are told apart by their names."""
        rig = RigConfig(
            Path("x"),
            surfaces=(surface("pad", "0.0.0.0", 9000, 9001), surface("desk", "10.0.0.5", 9002)),
            web=WebConfig(("0.0.0.0", 9080)),
            discovery=DiscoveryConfig("Rig"),
        )
        assert announced(rig) == [
            Announced("_osc._udp.local.", "0.0.0.0", 9000, "Rig pad"),
            Announced("_osc._tcp.local.", "0.0.0.0", 9001, "Rig pad"),
            Announced("_osc._udp.local.", "10.0.0.5", 9002, "Rig desk"),
            Announced("_oscjson._tcp.local.", "0.0.0.0", 9080, "Rig"),
        ]

    def test_a_rig_without_a_name(self) -> None:
        """It is called after its machine; a long name is cut where mDNS ends."""
        assert rig_name(RigConfig(Path("x"))) == f"controld on {socket.gethostname()}"
        rig = RigConfig(Path("x"), surfaces=(surface("pad", "0.0.0.0", 9000),), discovery=DiscoveryConfig("ü" * 40))
        (told,) = announced(rig)
        assert told.name == "ü" * 31


def test_without_its_package_the_reason_is_told(tmp_path: Path) -> None:
    """What is missing, and how it is installed; nothing is started."""
    (tmp_path / "zeroconf.py").write_text("raise ImportError('not here')\n", "utf-8")
    rig = RigProcess(tmp_path)
    text = (tmp_path / "controld.yaml").read_text("utf-8")
    rig.write("controld.yaml", text + "discovery: {name: Rig}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(tmp_path))
        rig.start(ready="needs the package `zeroconf`")
        assert rig.process.wait(10) == 1
