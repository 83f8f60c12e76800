"""OSCQuery as an app meets it: the real daemon, HTTP and websockets."""

import json
import socket
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from rig_process import DRIVE_URI, RigProcess, Tablet, wait_for
from web_rig import Browser, get, web_rig

from controld.osc_methods import METHODS, find_method

OTHER = f"""\
version: 1
name: Other
effects:
  drive: {{plugin: "{DRIVE_URI}"}}
  echo: {{plugin: "{DRIVE_URI}"}}
connections:
  - [system:capture_1, drive:left_in]
snapshots:
  Verse: {{drive: {{bypassed: true}}}}
"""


@pytest.fixture(name="served", scope="module")
def _served(tmp_path_factory: pytest.TempPathFactory) -> object:
    folder = tmp_path_factory.mktemp("web")
    with web_rig(folder, "discovery: {name: Stage rig}\n") as (rig, address):
        wait_for(lambda: get(address, "/effect/drive/drive?VALUE") == (200, {"VALUE": [0.25]}), "the rig's values")
        yield rig, address


Served = tuple[RigProcess, str]


class TestDescriptions:
    def test_everything_that_is_described_exists(self, served: Served) -> None:
        """Every node of the tree stands at its own path, with a type, and alone is described as in the whole."""
        _, address = served
        status, root = get(address, "/")
        assert status == 200
        nodes = list(walk(root))
        assert len(nodes) > 60
        for node in nodes:
            if node["ACCESS"]:
                assert node["TYPE"], node
                assert get(address, node["FULL_PATH"])[1] == node
                known = find_method(node["FULL_PATH"]) is not None
                assert known or node["FULL_PATH"] in {"/drive/level", "/lead"}

    def test_a_parameter(self, served: Served) -> None:
        """Type, range, value, what it takes."""
        status, told = get(served[1], "/effect/drive/drive")
        assert status == 200
        assert told["TYPE"] == "f"
        assert told["ACCESS"] == 3
        assert told["VALUE"] == [0.25]
        assert told["RANGE"] == [{"MIN": 0, "MAX": 1}]
        assert told["CLIPMODE"] == ["both"]
        assert set(told["CONTENTS"]) == {"normalized", "toggle"}

    def test_menus(self, served: Served) -> None:
        """Named values of a parameter and the names of snapshots are what can be chosen, in words."""
        _, mode = get(served[1], "/effect/leslie/mode")
        assert mode["TYPE"] == "s"
        assert mode["RANGE"] == [{"VALS": ["Stop", "Slow", "Fast"]}]
        assert mode["VALUE"][0] in {"Stop", "Slow", "Fast"}
        _, snapshot = get(served[1], "/snapshot")
        assert snapshot["RANGE"] == [{"VALS": ["Clean", "Lead"]}]
        assert snapshot["VALUE"] == ["Clean"]
        assert set(snapshot["CONTENTS"]) == {"1", "2", "save"}

    @pytest.mark.parametrize(
        ("path", "status", "told"),
        [
            ("/effect/drive/active?VALUE", 200, {"VALUE": [False]}),
            ("/tempo?UNIT", 200, {"UNIT": ["time.bpm"]}),
            ("/tempo?RANGE", 200, {"RANGE": [{"MIN": 20, "MAX": 300}]}),
            ("/effect/drive?TYPE", 200, {}),
            ("/effect/drive/toggle?ACCESS", 200, {"ACCESS": 2}),
            ("/effect/drive/toggle?TYPE", 200, {"TYPE": "N"}),
            ("/status?VALUE", 200, {"VALUE": ["up", "controld 0.1.0 with host virtual (sound: none: simulated host)"]}),
            ("/status?ACCESS", 200, {"ACCESS": 1}),
            ("/drive/level?TYPE", 200, {"TYPE": "f"}),
            ("/lead?TYPE", 200, {"TYPE": "N"}),
            ("/effect/drive/toggle?VALUE", 204, None),
            ("/effect/drive?VALUE", 204, None),
            ("/tempo?TAGS", 204, None),
            ("/tempo?NONSENSE", 400, "`NONSENSE` is no attribute of OSCQuery\n"),
            ("/effect/nobody", 404, ""),
            ("/effect/nobody/bypass", 404, ""),
            ("/effect/drive/nothing", 404, ""),
            ("/snapshot/3", 404, ""),
            ("/bank", 404, ""),
            ("/effect/nobody?VALUE", 404, ""),
        ],
    )  # fmt: skip
    def test_single_questions(self, served: Served, path: str, status: int, told: object) -> None:
        """As the proposal has it: an attribute alone, nothing, a mistake, no such address."""
        assert get(served[1], path) == (status, told)

    def test_host_info(self, served: Served) -> None:
        """On any path; what is announced as supported is there."""
        rig, address = served
        status, told = get(address, "/wherever?HOST_INFO")
        assert status == 200
        assert (told["NAME"], told["OSC_PORT"], told["OSC_TRANSPORT"]) == ("Stage rig", rig.osc_port, "UDP")
        assert told["EXTENSIONS"]["LISTEN"] is True
        assert told["EXTENSIONS"]["TAGS"] is False

    def test_the_port_that_is_told_takes_osc(self, served: Served) -> None:
        """An app that reads HOST_INFO can play."""
        _, told = get(served[1], "/?HOST_INFO")
        with Tablet(told["OSC_PORT"]) as tablet:
            tablet.send("/effect/leslie/output", 0.75)
            wait_for(lambda: get(served[1], "/effect/leslie/output?VALUE")[1] == {"VALUE": [0.75]}, "the value")


def walk(node: dict[str, Any]) -> list[dict[str, Any]]:
    contents = node.get("CONTENTS")
    below = [each for child in contents.values() for each in walk(child)] if isinstance(contents, dict) else []
    return [node, *below]


class TestWebsocket:
    def test_values_come_as_they_are_confirmed(self, served: Served) -> None:
        """At once, and with each change, in the type of the description; and no others."""
        rig, address = served
        with Browser(address) as browser:
            browser.listen("/effect/leslie/active", "/effect/leslie/mode", "/snapshot")
            wait_for(lambda: browser.hears("/effect/leslie/active", False), "what is so")
            assert rig.tool("simulate", "floor.fs1", "hold").returncode == 0
            wait_for(lambda: browser.hears("/effect/leslie/active", True), "the press")
            browser.send("/effect/leslie/mode", "Fast")
            wait_for(lambda: browser.hears("/effect/leslie/mode", "Fast"), "the menu")
            assert {message.address for message in browser.log} <= {
                "/effect/leslie/active", "/effect/leslie/mode", "/snapshot",
            }  # fmt: skip
            browser.command("IGNORE", "/effect/leslie/active")
            browser.send("/controld/ping", "done")
            wait_for(lambda: browser.hears("/controld/pong", "done"), "the pong")
            browser.log.clear()
            browser.send("/effect/leslie/active", False)
            wait_for(lambda: get(address, "/effect/leslie/active?VALUE")[1] == {"VALUE": [False]}, "the switch")
            browser.look()
            assert [message for message in browser.log if message.address == "/effect/leslie/active"] == []

    def test_two_apps_follow_each_other(self, served: Served) -> None:
        """What one moves the other shows; who moved it is not told its own move."""
        with Browser(served[1]) as one, Browser(served[1]) as two:
            for browser in (one, two):
                browser.listen("/effect/drive/muffle")
                wait_for(partial(browser.seen, "/effect/drive/muffle"), "the value")
            one.log.clear()
            for step in range(1, 11):
                one.send("/effect/drive/muffle", step / 20)
            wait_for(lambda: two.hears("/effect/drive/muffle", 0.5), "the other app")
            one.look()
            assert one.log == []

    def test_refusals(self, served: Served) -> None:
        """An address, a value, a packet and a command that are none: each is answered, and the client stays."""
        with Browser(served[1]) as browser:
            wrong: list[tuple[Callable[[], None], str]] = [
                (lambda: browser.send("/effect/drvie/active", True), "did you mean `/effect/drive/active`?"),
                (lambda: browser.send("/effect/drive/drive", "loud"), "drive/drive has no named values"),
                (lambda: browser.send("/drive/level", "loud"), "takes a number from 0 to 1"),
                (lambda: browser.socket.send(b"\0\0\0"), "this is no OSC"),
                (lambda: browser.socket.send("{"), "this is no JSON"),
                (lambda: browser.socket.send("[" * 50_000), "this is"),
                (lambda: browser.socket.send("[1]"), "expected an object"),
                (lambda: browser.command("SING", "/x"), "`SING` is no command"),
                (lambda: browser.command("LISTEN", 5), "takes an address"),
                (lambda: browser.command("LISTEN", "/nowhere"), "no such address"),
                (lambda: browser.command("LISTEN", "/undo"), "has no value to listen to"),
                (lambda: browser.send("/controld/hello"), "is for clients of UDP and TCP"),
                (lambda: browser.send("/snapshot", "Nowhere"), "Nowhere"),
            ]
            for send, words in wrong:
                browser.heard.pop("/controld/error", None)
                send()

                def answered(words: str = words) -> bool:
                    browser.look()
                    return words in str(browser.heard.get("/controld/error", ("", ""))[1])

                wait_for(answered, words)

    def test_a_light_of_a_surface(self, served: Served) -> None:
        """A control is heard where it is described, and its fader is the parameter's."""
        with Browser(served[1]) as browser:
            browser.listen("/drive/level", "/effect/drive/output")
            browser.send("/drive/level", 0.125)
            wait_for(lambda: browser.hears("/effect/drive/output", 0.125), "the parameter")
            browser.send("/effect/drive/output", 0.875)
            wait_for(lambda: browser.hears("/drive/level", 0.875), "the fader")


class TestEchoes:
    def test_an_app_that_sends_back_what_it_is_told_changes_nothing(self, tmp_path: Path) -> None:
        """The current snapshot is not recalled, so that what the player changed stays; buttons are not pressed."""
        with web_rig(tmp_path) as (rig, address), Browser(address) as browser:
            wait_for(lambda: get(address, "/snapshot?VALUE")[1] == {"VALUE": ["Clean"]}, "the snapshot")
            browser.listen("/snapshot", "/snapshot/1", "/effect/drive/drive", "/effect/drive/active", "/tempo")
            assert rig.tool("simulate", "floor.exp1", "1.0").returncode == 0
            assert rig.tool("simulate", "floor.fs1").returncode == 0
            wait_for(lambda: browser.hears("/effect/drive/drive", 1.0), "the pedal")
            wait_for(lambda: browser.hears("/effect/drive/active", True), "the switch")
            shown = dict(browser.heard)
            for address_ in ("/effect/drive/drive", "/effect/drive/active", "/tempo", "/snapshot", "/snapshot/1"):
                browser.send(address_, *shown[address_])  # what is recalled comes last, and would undo the others
            browser.send("/snapshot/1", False)
            browser.send("/snapshot/2", False)
            browser.send("/controld/ping", 1)
            wait_for(lambda: browser.hears("/controld/pong", 1), "all of it to be read")
            wait_for(lambda: json.loads(rig.tool("status", "--format", "json").stdout)["settled"], "what may follow")
            assert get(address, "/effect/drive/drive?VALUE")[1] == {"VALUE": [1.0]}
            assert get(address, "/effect/drive/active?VALUE")[1] == {"VALUE": [True]}
            browser.send("/snapshot", "Lead")  # but what is new is done
            wait_for(
                lambda: get(address, "/effect/drive/drive?VALUE")[1] == {"VALUE": [pytest.approx(0.9)]}, "the recall"
            )


class TestPedalboards:
    def test_addresses_come_and_go(self, tmp_path: Path) -> None:
        """With a pedalboard: which were added, removed and changed; what was listened to there is forgotten."""
        rig_text = "startup: {restore: none, pedalboard: Stage}\n"
        with web_rig(tmp_path, rig_text, other=OTHER) as (rig, address):
            text = (tmp_path / "controld.yaml").read_text("utf-8")
            rig.write("controld.yaml", text.replace("[board.yaml]", "[board.yaml, other.yaml]"))
            wait_for(lambda: get(address, "/pedalboard/2")[0] == 200, "the second pedalboard")
            with Browser(address) as browser:
                browser.listen("/effect/leslie/active", "/effect/drive/active")
                wait_for(lambda: browser.seen("/effect/leslie/active"), "the value")
                browser.send("/pedalboard", "Other")

                def told() -> dict[str, set[str]]:
                    browser.look()
                    found: dict[str, set[str]] = {}
                    for each in browser.told:
                        found.setdefault(each["COMMAND"], set()).add(each["DATA"])
                    return found

                wait_for(lambda: "/effect/echo" in told().get("PATH_ADDED", set()), "the new effect")
                assert told()["PATH_REMOVED"] == {"/effect/leslie"}
                assert "/snapshot" in told()["PATH_CHANGED"]
                assert get(address, "/effect/leslie")[0] == 404
                assert get(address, "/effect/echo/active")[0] == 200
                assert get(address, "/snapshot?RANGE")[1] == {"RANGE": [{"VALS": ["Verse"]}]}
                browser.heard.clear()
                browser.send("/pedalboard", "Stage")
                wait_for(lambda: "/effect/leslie" in told().get("PATH_ADDED", set()), "the old effect")
                assert rig.tool("simulate", "floor.fs1", "hold").returncode == 0
                value = {"VALUE": [True]}
                wait_for(lambda: get(address, "/effect/leslie/active?VALUE")[1] == value, "the switch")
                assert not browser.seen("/effect/leslie/active")

    def test_another_profile(self, tmp_path: Path) -> None:
        """A control that is written into the profile is described and told at once."""
        with web_rig(tmp_path) as (rig, address), Browser(address) as browser:
            assert get(address, "/more")[0] == 404
            browser.send("/controld/ping", 1)
            wait_for(lambda: browser.hears("/controld/pong", 1), "the websocket")
            pad = (tmp_path / "surfaces" / "pad.yaml").read_text("utf-8")
            rig.write("surfaces/pad.yaml", pad + "  more: {osc: /more, kind: fader}\n")
            wait_for(lambda: get(address, "/more")[0] == 200, "the control")
            wait_for(lambda: browser.hears_command("PATH_ADDED", "/more"), "its path")


class TestBounds:
    def test_a_client_that_does_not_read_holds_up_nobody(self, tmp_path: Path) -> None:
        """Another app follows a sweep while the first one leaves everything in its buffers."""
        with web_rig(tmp_path) as (_, address):
            host, port = address.split(":")
            with socket.create_connection((host, int(port))) as deaf, Browser(address) as browser:
                deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
                deaf.sendall(
                    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
                )
                assert b"101" in deaf.recv(100)
                text = json.dumps({"COMMAND": "LISTEN", "DATA": "/effect/drive/muffle"}).encode()
                frame = bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text
                deaf.sendall(frame)
                browser.listen("/effect/drive/muffle")
                with Browser(address) as player:
                    ends = time.monotonic() + 0.5
                    step = 0
                    while time.monotonic() < ends:
                        step += 1
                        player.send("/effect/drive/muffle", (step % 100) / 100)
                        time.sleep(0.001)
                    player.send("/effect/drive/muffle", 0.625)
                    wait_for(lambda: browser.hears("/effect/drive/muffle", 0.625), "the sweep's end")

    def test_who_is_not_allowed(self, tmp_path: Path) -> None:
        """Neither pages nor websockets."""
        with web_rig(tmp_path, web=", allow: [10.0.0.0/8]") as (_, address):
            assert get(address, "/")[0] == 403
            with pytest.raises(Exception, match="403"):
                Browser(address)

    def test_a_port_that_is_taken(self, tmp_path: Path) -> None:
        """The start ends with the reason."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            rig = RigProcess(tmp_path)
            text = (tmp_path / "controld.yaml").read_text("utf-8")
            rig.write("controld.yaml", text + f"web: {{listen: {taken.getsockname()[1]}}}\n")
            rig.start(ready="another program has that port")
            assert rig.process.wait(10) == 1

    def test_nonsense_on_the_port(self, tmp_path: Path) -> None:
        """What is no HTTP is let go without a word in the log, and the next client is served."""
        with web_rig(tmp_path) as (rig, address):
            host, port = address.split(":")
            for nonsense in (b"\0\1\2\3\r\n\r\n", b"POST / HTTP/1.1\r\n\r\n", b"GET /" + b"x" * 20_000, b""):
                with socket.create_connection((host, int(port))) as scanner:
                    scanner.sendall(nonsense)
            assert get(address, "/tempo?TYPE") == (200, {"TYPE": "f"})
            assert "ERROR" not in rig.text

    def test_a_surface_there_is_none_of(self, tmp_path: Path) -> None:
        """It is a mistake of the file, with the nearest one."""
        rig = RigProcess(tmp_path)
        text = (tmp_path / "controld.yaml").read_text("utf-8")
        rig.write("controld.yaml", text + "web: {listen: 9080, surface: tabelt}\n")
        done = rig.tool("check", str(tmp_path / "controld.yaml"))
        assert "there is no OSC surface `tabelt` (did you mean `tablet`?)" in done.stdout


def test_every_method_is_described_or_has_nothing_to_describe(served: Served) -> None:
    """A row that is added to the namespace's table is found in the tree without a word here."""
    _, root = get(served[1], "/")
    paths = {str(node["FULL_PATH"]) for node in walk(root) if node["ACCESS"]}
    described = {method.pattern for path in paths if (method := (find_method(path) or (None,))[0])}
    unseen = {method.pattern for method in METHODS} - described
    # Words and levels are only kept for clients that asked for them; this rig has neither banks, pages nor variables.
    assert {
        pattern
        for pattern in unseen
        if not pattern.endswith(("/text", "/name")) and not pattern.startswith("/status/level/")
    } <= {
        "/bank", "/bank/{number}", "/page", "/variable/{name}",
    }  # fmt: skip
