"""JACK dies behind a bridge that lives on, as the stock one does: a real daemon, real sockets, a host in a thread."""

import json
from pathlib import Path

import pytest
from rig_process import RigProcess, Tablet, wait_for
from stand_in_bridge import HOST_GONE, INVALID, Request, StandIn, resp
from test_killed_engine import BOARDS
from troubled_rig import status

from controld.bridge.hosts.virtual import VirtualHost
from controld.bridge.protocol import decode_reply, encode_question
from controld.session.jack_watch import GONE
from controld.session.requests import CloseJack, Denied, Done, EngineLoad, OpenJack, ReadHardware, ReadLoad

PORTS = ["system:playback_1", "system:playback_2"]


class Stock:
    """A stock bridge before a mod-host and a JACK server, which can be killed."""

    def __init__(self) -> None:
        self.host = VirtualHost()
        self.jack = True
        self._client = False  # the bridge's own JACK client

    def answer(self, request: Request) -> bytes:
        """Answer a request; mod-host says yes to everything that needs no JACK."""
        if request.get("action") == "audio":
            return self._audio(str(request.get("method")))
        line = request.get("command")
        if not isinstance(line, str):
            return self._plugin(request) if request.get("action") == "plugin" else INVALID
        word = line.partition(" ")[0]
        if not self.jack and word in {"add", "connect"}:
            return resp("resp -201" if word == "add" else "resp -205")
        reply = self.host.execute(line)
        return HOST_GONE if reply is None else resp(reply)

    def _audio(self, method: str) -> bytes:
        if method in {"init_jack", "close_jack"}:
            self._client = method == "init_jack" and self.jack
            return json.dumps({"success": self._client or method == "close_jack"}).encode()
        return json.dumps({"ports": PORTS if self._client and self.jack else [], "success": True}).encode()

    def _plugin(self, request: Request) -> bytes:
        essentials: dict[str, object] = {"control_inputs": [], "monitored_outputs": [], "parameters": []}
        return json.dumps({"plugin_uri": request["plugin_uri"], "essentials": essentials, "success": True}).encode()


def test_it_is_noticed_said_and_got_over(tmp_path: Path) -> None:
    """A change of pedalboard meets a dead JACK; with JACK and mod-host anew it is made after all."""
    rig = RigProcess(tmp_path, engine="bridge")
    for name, text in BOARDS.items():
        rig.write(f"{name.lower()}.yaml", text)
    path = tmp_path / "controld.yaml"
    boards = "pedalboards: [stage.yaml, hall.yaml]\nstartup: {pedalboard: Stage}"
    path.write_text(path.read_text("utf-8").replace("pedalboards: [board.yaml]", boards), "utf-8")
    rig.write("map.yaml", "version: 1\nrules: []\n")
    stock = Stock()
    with StandIn(stock.answer, (rig.command, rig.events)):
        rig.start()
        try:
            with Tablet(rig.osc_port) as tablet:
                tablet.send("/controld/hello")
                wait_for(lambda: tablet.newest("/status")[:1] == ("up",), "the engine", 20)
                stock.jack = False
                tablet.send("/pedalboard", "Hall")
                tablet.wait("/status", "down", GONE)
                assert status(rig)["pedalboard"] == "Hall"
                stock.host, stock.jack = VirtualHost(), True
                wait_for(lambda: tablet.newest("/status")[:1] == ("up",), "its return", 20)
                tablet.wait("/pedalboard", "Hall")
            uris = [effect.uri for effect in stock.host.effects().values()]
            assert len(uris) == len(set(uris)) == 2
            assert rig.stop() == 0, rig.text
            assert "Traceback" not in rig.text, rig.text
        finally:
            rig.process.kill()
            rig.process.wait()


@pytest.mark.parametrize(
    ("request_", "method"),
    [
        (ReadLoad(), "get_jack_data"),
        (OpenJack(), "init_jack"),
        (CloseJack(), "close_jack"),
        (ReadHardware(), "get_jack_hardware_ports"),
    ],
)
def test_the_audio_questions_in_the_bridges_words(request_: ReadLoad, method: str) -> None:
    """Nothing that is no answer passes for one."""
    asked = json.loads(encode_question(request_))
    assert (asked["action"], asked["method"]) == ("audio", method)
    for nonsense in (b"null", b"[]", b'{"error": "Audio command failed: no"}', b'{"success": 3}'):
        reply = decode_reply(request_, nonsense)
        assert isinstance(reply, Denied) or reply == Done(answer=False)


def test_their_answers() -> None:
    """As section 5 of the protocol's notes has them."""
    data = b'{"bpb": 4.0, "bpm": 120.0, "cpu_load": 4.25, "rolling": false, "xruns": 3, "success": true}'
    assert decode_reply(ReadLoad(), data) == Done(EngineLoad(4.25, 3))
    assert decode_reply(ReadHardware(), b'{"ports": ["system:playback_1"]}') == Done(("system:playback_1",))
    assert decode_reply(ReadHardware(), b'{"ports": []}') == Done(())
    assert decode_reply(OpenJack(), b'{"success": true}') == Done(answer=True)
