"""The way from `controld pair` to a page on the tablet: addresses, what to change, the code, page and downloads."""

import json
import os
import pty
import re
import socket
import subprocess
import sys
import zlib
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import py2tosc
import pytest
from rig_process import RigProcess, Tablet, free_port, wait_for
from shipped_rig import CONFIG, playing

from controld.check import catalogue_symbols
from controld.config import load_rig
from controld.meeting import Meeting, apps, meeting_of
from controld.own_addresses import own_addresses
from controld.qr import modules, qr_lines
from controld.yaml_reader import read_document

HOST = "192.168.1.10"


def meeting(folder: Path, listen: str = "127.0.0.1:9000", more: str = "", reply: str = "sender") -> Meeting:
    """Return how a tablet meets the shipped rig with another address and more lines."""
    text = (CONFIG / "controld.yaml").read_text(encoding="utf-8")
    text = text.replace("listen: 127.0.0.1:9000, reply: sender", f'listen: "{listen}", reply: {reply}')
    for name in ("surfaces", "pedalboards", "mappings", "banks.yaml"):
        link = folder / name
        if not link.exists():
            link.symlink_to(CONFIG / name)
    path = folder / "controld.yaml"
    path.write_text(text + more, encoding="utf-8")
    config = load_rig(path, catalogue_symbols())
    root, _ = read_document(path)
    return meeting_of(config, root, [HOST], "Stage rig")


class TestMeeting:
    def test_what_is_for_this_machine_only_names_the_line_to_change(self, tmp_path: Path) -> None:
        """File, line and column of the address itself, what stands there and what to write."""
        told = meeting(tmp_path)
        (tablet,) = told.surfaces
        assert tablet.hosts == ()
        change = tablet.change
        assert change is not None
        lines = (tmp_path / "controld.yaml").read_text(encoding="utf-8").splitlines()
        assert lines[change.line - 1][change.column - 1 :].startswith('"127.0.0.1:9000"')
        assert (change.now, change.instead) == ("listen: 127.0.0.1:9000", 'listen: "0.0.0.0:9000"')
        assert not told.is_open

    def test_the_change_that_is_told_opens_the_rig(self, tmp_path: Path) -> None:
        """Whoever does what is said is reached; the line for the page is one that loads."""
        told = meeting(tmp_path)
        page = told.page.change
        assert page is not None
        assert told.surfaces[0].change is not None
        listen = re.findall(r'"(.*)"', told.surfaces[0].change.instead)[0]
        after = meeting(tmp_path, listen, f"{page.instead}\n")
        assert after.urls == [f"http://{HOST}:9080/controld/"]
        assert after.surfaces[0].hosts == (HOST,)
        assert after.is_open

    def test_an_address_of_its_own_is_told_as_it_is(self, tmp_path: Path) -> None:
        """One that listens on one address is reached there, whatever else the machine has."""
        (tablet,) = meeting(tmp_path, "10.0.0.7:9000").surfaces
        assert (tablet.hosts, tablet.change) == (("10.0.0.7",), None)

    @pytest.mark.parametrize(
        ("reply", "words"),
        [("sender", "/controld/hello 9001"), ("port 9001", "to port 9001"), ("10.0.0.5:9001", "to 10.0.0.5:9001")],
    )
    def test_where_answers_go_is_told_in_words(self, tmp_path: Path, reply: str, words: str) -> None:
        """For apps of any other kind."""
        steps = dict(apps(meeting(tmp_path, "0.0.0.0:9000", reply=reply)))
        assert words in steps["Any other app"][0]

    def test_apps_that_can_browse_are_told_the_name(self, tmp_path: Path) -> None:
        """Where the rig is announced nothing has to be typed."""
        more = "discovery: {name: Stage rig}\n"
        steps = dict(apps(meeting(tmp_path, "0.0.0.0:9000", more)))
        assert "choose “Stage rig”" in " ".join(steps["TouchOSC"])
        assert "choose" not in " ".join(dict(apps(meeting(tmp_path, "0.0.0.0:9000")))["TouchOSC"])

    def test_the_machines_addresses_are_none_of_its_loopback(self) -> None:
        """Each is one that a socket can be bound to."""
        for address in own_addresses():
            assert not address.startswith("127.")
            with socket.socket() as probe:
                probe.bind((address, 0))


class TestCode:
    def test_what_is_drawn_are_the_modules_of_the_code(self) -> None:
        """Two rows of modules in a line, dark and light in colours of their own, with white around."""
        said = f"http://{HOST}:9080/controld/"
        drawn: list[list[bool]] = []
        for line in qr_lines(said):
            above: list[bool] = []
            below: list[bool] = []
            for up, down, cells in re.findall(r"\x1b\[38;5;(\d+);48;5;(\d+)m(▀+)", line):
                above += [up == "16"] * len(cells)
                below += [down == "16"] * len(cells)
            drawn += [above, below]
            assert line.endswith("\x1b[0m")
        code = [*modules(said)]
        assert drawn[: len(code)] == code
        assert not any(map(any, drawn[len(code) :]))
        assert not any(code[0] + code[1] + code[2])
        assert code[3][3:10] == [True] * 7  # the corner by which a camera finds it


class TestCommand:
    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the command as a process."""
        command = [sys.executable, "-m", "controld.cli", "pair", *words]
        alone = {**os.environ, "CONTROLD_SOCKET": "/nowhere/at/all.sock"}
        return subprocess.run(command, capture_output=True, text=True, timeout=60, env=alone, check=False)

    def test_the_shipped_rig_says_what_to_change(self) -> None:
        """Nobody reaches it as it comes, and that is told with the exit code too."""
        done = self.run("--config", str(CONFIG))
        assert done.returncode == 1, done.stderr
        assert "tablet hears this machine only (port 9000)" in done.stdout
        assert "controld.yaml:20:" in done.stdout
        assert 'web: {listen: "0.0.0.0:9080"}' in done.stdout
        assert "▀" not in done.stdout

    def test_for_programs(self, tmp_path: Path) -> None:
        """One object with the same."""
        meeting(tmp_path, "0.0.0.0:9000", 'web: {listen: "0.0.0.0:9080"}\n')
        done = self.run("--config", str(tmp_path), "--format", "json")
        told = json.loads(done.stdout)
        assert told["urls"] == [f"http://{address}:9080/controld/" for address in own_addresses()]
        assert told["surfaces"][0]["port"] == 9000
        assert set(told["apps"]) == {"TouchOSC", "Open Stage Control", "Any other app"}
        assert told["runs"] is False

    @pytest.mark.skipif(not own_addresses(), reason="this machine is in no network")
    def test_on_a_terminal_a_code_is_drawn(self, tmp_path: Path) -> None:
        """With the address below it."""
        meeting(tmp_path, "0.0.0.0:9000", 'web: {listen: "0.0.0.0:9080"}\n')
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "controld.cli", "pair", "--config", str(tmp_path)]
        with subprocess.Popen(command, stdout=theirs) as process:
            os.close(theirs)
            seen = b""
            while block := _read(ours):
                seen += block
        os.close(ours)
        assert process.returncode == 0
        url = f"http://{own_addresses()[0]}:9080/controld/"
        text = seen.decode("utf-8")
        assert all(line in text for line in qr_lines(url))
        assert url in text


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other side is closed
        return b""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RigProcess, int]]:
    """The shipped rig with its page."""
    port = free_port()
    with playing(tmp_path_factory.mktemp("rig"), f'web: {{listen: "127.0.0.1:{port}"}}\n') as rig:
        yield rig, port


class TestPage:
    def get(self, port: int, path: str) -> tuple[int, str, bytes]:
        """Return status, type and body."""
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, answer.getheader("Content-Type") or "", body

    def test_the_page_has_the_steps_and_every_link_on_it_works(self, served: tuple[RigProcess, int]) -> None:
        """What it links to is there, and is what it says."""
        _, port = served
        status, kind, body = self.get(port, "/controld/")
        page = body.decode("utf-8")
        assert (status, kind) == (200, "text/html; charset=utf-8")
        for words in ("TouchOSC", "Open Stage Control", "Receive port 9001", f"Send port {served[0].osc_port}"):
            assert words in page
        links = re.findall(r'href="([^"#]+)"', page)
        assert links == ["layout/touchosc.tosc", "layout/open-stage-control.json", "card.html"]
        for link in links:
            status, kind, body = self.get(port, f"/controld/{link}")
            assert status == 200, link
            assert len(body) > 1000

    def test_a_layout_fits_the_screen_that_asks(self, served: tuple[RigProcess, int]) -> None:
        """Its size is in the query; a pedalboard may be too."""
        _, port = served
        _, _, body = self.get(port, "/controld/layout/touchosc.tosc?size=1180x820&pedalboard=Ambient%20Swells")
        document = py2tosc.loads(body)
        assert not document.validate()
        assert (document.root.frame.w, document.root.frame.h) == (1180, 820)
        assert "Crunch" not in zlib.decompress(body).decode("utf-8")

    def test_a_downloaded_session_plays_the_rig(self, served: tuple[RigProcess, int]) -> None:
        """Its first switch, as the page would send it, and what is told at its lamp."""
        rig, port = served
        _, _, body = self.get(port, "/controld/layout/open-stage-control.json")
        assert b'"/effect/drive/active"' in body
        with Tablet(rig.osc_port) as tablet:
            tablet.send("/controld/words")
            tablet.wait("/effect/drive/active", 0)
            tablet.send("/effect/drive/active", 1)
            tablet.wait("/effect/drive/active", 1)
            tablet.send("/effect/drive/active", 0)
            tablet.wait("/effect/drive/active", 0)

    @pytest.mark.parametrize(
        ("path", "status", "words"),
        [
            ("layout/touchosc.tosc?size=9999999", 400, "is no size"),
            ("layout/touchosc.tosc?pedalboard=Nowhere", 400, "there is no pedalboard"),
            ("layout/touchosc.tosc?size=--help", 400, "is no size"),
            ("layout/other.tosc", 404, ""),
            ("layout/../../etc/passwd", 404, ""),
        ],
    )
    def test_what_cannot_be_is_told(self, served: tuple[RigProcess, int], path: str, status: int, words: str) -> None:
        """In plain words, with a status that says whose fault it is; nothing of it is an option of ours."""
        code, _, body = self.get(served[1], f"/controld/{path}")
        assert code == status
        assert words in body.decode("utf-8")

    def test_a_player_is_not_kept_waiting_by_who_downloads(self, served: tuple[RigProcess, int]) -> None:
        """While a layout is being made, a switch is answered: the making has a process of its own."""
        rig, port = served
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        with Tablet(rig.osc_port) as tablet:
            tablet.send("/controld/hello")
            tablet.wait("/effect/wah/active", 0)
            connection.request("GET", "/controld/layout/touchosc.tosc")
            children = Path(f"/proc/{rig.process.pid}/task/{rig.process.pid}/children")
            wait_for(lambda: len(children.read_text().split()) > 1, "the process that makes the layout")
            for active in (1, 0):
                tablet.send("/effect/wah/toggle", 1)
                tablet.wait("/effect/wah/active", active)
            assert len(children.read_text().split()) > 1, "made already: nothing was shown"
        assert connection.getresponse().status == 200
        connection.close()
