"""The real daemon and OSC programs of others: what they send is understood, and they understand what they are told."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from osc_programs import Node, Program, PureData, needs_liblo, needs_node_osc, needs_pd, oscsend
from rig_process import RigProcess, Tablet, free_port, wait_for

ACTIVE, DRIVE = "/effect/drive/active", "/effect/drive/drive"


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RigProcess]:
    """A running rig that takes OSC over UDP and TCP."""
    made = RigProcess(tmp_path_factory.mktemp("rig"))
    text = (made.folder / "controld.yaml").read_text(encoding="utf-8")
    made.write("controld.yaml", text.replace("reply: sender}", "reply: sender, tcp: true}"))
    made.start()
    try:
        yield made
    finally:
        code = made.stop()
    assert code == 0, made.text
    assert "Traceback" not in made.text, made.text


@pytest.fixture
def tablet(rig: RigProcess) -> Iterator[Tablet]:
    """Our own tablet, on a rig that is as at its start: what it hears, the daemon confirmed."""
    with Tablet(rig.osc_port) as client:
        client.send(ACTIVE, 0)
        client.send(DRIVE, 0.25)
        client.send("/controld/hello")
        client.wait(ACTIVE, 0)
        client.wait(DRIVE, 0.25)
        yield client


@needs_liblo
class TestLiblo:
    @pytest.mark.parametrize(
        ("words", "value"),
        [
            (("f", "0.5"), 0.5),
            (("d", "0.75"), 0.75),
            (("i", "1"), 1.0),
            (("h", "0"), 0.0),
            (("T",), 1.0),
            (("F",), 0.0),
        ],
    )
    def test_every_type_of_liblo_is_taken_as_it_was_meant(
        self, rig: RigProcess, tablet: Tablet, words: tuple[str, ...], value: float
    ) -> None:
        """Proves that the bytes of liblo's encoder mean the same number to us, whatever their type."""
        oscsend(rig.osc_port, DRIVE, *words)
        tablet.wait(DRIVE, value)

    def test_names_are_taken_from_liblo(self, rig: RigProcess, tablet: Tablet) -> None:
        """Proves that liblo's strings are names to us, and that a message without arguments is a press."""
        oscsend(rig.osc_port, "/snapshot", "s", "Lead")
        tablet.wait(ACTIVE, 1)
        oscsend(rig.osc_port, "/snapshot/1")
        tablet.wait(ACTIVE, 0)

    def test_liblo_plays_over_tcp(self, rig: RigProcess, tablet: Tablet) -> None:
        """Proves that the framing of liblo's TCP, a length before each packet, is understood."""
        oscsend(rig.osc_port, DRIVE, "f", "0.625", tcp=True)
        tablet.wait(DRIVE, 0.625)

    def test_liblo_reads_all_that_it_is_told(self, rig: RigProcess, tablet: Tablet) -> None:
        """Proves that liblo decodes our bundles and types: it prints the full state, and then what changes."""
        port = free_port()
        with Program("oscdump", "-L", str(port)) as dump:
            time_out = time.monotonic() + 10
            while not any("/status" in line for line in dump.lines):  # until it has bound its port
                assert time.monotonic() < time_out, dump.lines
                oscsend(rig.osc_port, "/controld/hello", "i", str(port))
                time.sleep(0.05)
            dump.wait_for_line('/pedalboard s "Stage"')
            dump.wait_for_line(f"{ACTIVE} i 0")
            dump.wait_for_line(f"{DRIVE} f 0.250000")
            tablet.send(ACTIVE, 1)
            dump.wait_for_line(f"{ACTIVE} i 1")
            assert not [line for line in dump.lines if "error" in line.lower()]


def test_the_status_tells_of_each_sender(rig: RigProcess, tablet: Tablet) -> None:
    """Who sent how much, and what was wrong with it, as a page and for programs."""
    with Tablet(rig.osc_port) as mad:
        mad.send("/nothing/here", 1)
        mad.send_bytes(b"garbage!")
        wait_for(lambda: mad.newest("/controld/error"), "the refusal")
        name = f"127.0.0.1:{mad.port}"
        page = rig.tool("status").stdout
        (line,) = [line for line in page.splitlines() if name in line and "received" in line]
        assert line.split(": ", 1)[1] == "received 2, refused 1, truncated 1"
        told = json.loads(rig.tool("status", "--format", "json").stdout)["senders"]["tablet"]
        assert told[name] == {"received": 2, "refused": 1, "truncated": 1}
        assert told[f"127.0.0.1:{tablet.port}"]["received"] >= 3


@needs_pd
class TestPureData:
    def test_a_patch_plays_and_follows(self, rig: RigProcess, tablet: Tablet, tmp_path: Path) -> None:
        """Proves that Pd, which has only floats and symbols, plays everything and reads all it is told.

        It says hello with a port as a float, sets a switch and a parameter by floats and a snapshot by a symbol; what
        comes back has only the types it knows, and after it sent a float the switch is told as one.
        """
        ear = free_port()
        messages = (
            ("/controld/hello", str(ear)), (DRIVE, "0.5"), (ACTIVE, "1"), ("/snapshot", "symbol Lead"),
            ("/nothing/here", "1"),
        )  # fmt: skip
        with PureData(tmp_path, rig.osc_port, ear, *messages) as patch:
            patch.wait_to_hear("pedalboard", "Stage")
            patch.wait_to_hear("effect", "drive", "active", "0")
            tablet.wait(DRIVE, 0.9)  # of the snapshot, which came after 0.5
            patch.wait_to_hear("effect", "drive", "active", "1")
            patch.wait_to_hear("snapshot", "Lead")
            patch.wait_for_line("heard: controld error /nothing/here", r"no\ such\ address")
            assert not [line for line in patch.lines if "unhandled" in line or "couldn't" in line], patch.lines
        assert (DRIVE, (0.5,)) in [(message.address, message.args) for message in tablet.log]


@needs_node_osc
class TestNode:
    def test_node_is_answered_in_its_own_types(self, rig: RigProcess, tablet: Tablet) -> None:
        """Proves that node's encoder and ours agree on every type both have, in both directions."""
        with Node("udp", rig.osc_port) as node:
            node.send("/controld/hello")
            node.wait_to_hear(ACTIVE, ("i", 0))
            for kind, value in (("f", 1), ("i", 0), ("d", 1), ("F", False), ("T", True)):
                before = len(node.heard(ACTIVE))
                node.send(ACTIVE, (kind, value))
                tablet.wait(ACTIVE, int(value))
                node.wait(lambda before=before: len(node.heard(ACTIVE)) > before, f"an answer in {kind}")  # type: ignore[misc]
                ((told, _),) = node.heard(ACTIVE)[-1]
                assert told == kind
            node.send("/controld/ping", ("s", "é"), ("i", 7), ("b", [1, 2]))
            node.wait(lambda: node.heard("/controld/pong"), "the pong")
            assert node.heard("/controld/pong")[0][:2] == [("s", "é"), ("i", 7)]

    def test_time_tags_of_node_are_ours(self, rig: RigProcess, tablet: Tablet) -> None:
        """Proves that node's time tags mean the same time to us: not before it, in order, and late ones at once."""
        with Node("udp", rig.osc_port) as node:
            begun_s = time.monotonic()
            node.send_bundle(0.4, (ACTIVE, ("i", 1)), (DRIVE, ("f", 0.5)))
            node.send_bundle(-5, (DRIVE, ("f", 0.75)))
            tablet.wait(DRIVE, 0.75)
            assert tablet.newest(ACTIVE) == (0,)
            tablet.wait(DRIVE, 0.5)
            assert time.monotonic() - begun_s >= 0.4
            tablet.wait(ACTIVE, 1)

    def test_node_plays_over_tcp(self, rig: RigProcess, tablet: Tablet) -> None:
        """Proves that node's SLIP and ours are the same in both directions, for many packets of one connection."""
        with Node("tcp", rig.osc_port) as node:
            node.send("/controld/hello")
            node.wait_to_hear(DRIVE, ("f", 0.25))
            for number in range(1, 20):
                node.send(DRIVE, ("f", number / 32))
            tablet.wait(DRIVE, 19 / 32)
            node.send(DRIVE, ("f", 3.0))
            node.wait_to_hear(DRIVE, ("f", 1))  # clamped, and told so
            tablet.send(ACTIVE, 1)
            node.wait_to_hear(ACTIVE, ("i", 1))
            node.send("/controld/bye")
            node.wait_for_line("closed")
