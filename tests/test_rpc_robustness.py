"""Whatever programs do to the service: each is answered, none disturbs another, and the rig plays on."""

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import zmq
from rig_process import wait_for
from rpc_rig import (
    PATIENCE_MS,
    Program,
    Served,
    calling_program,  # noqa: F401 - a fixture
    request,
    served_rig,  # noqa: F401 - a fixture
    serving,
)

from controld.config_values import RigConfig, ServiceConfig
from controld.reload_files import needs_restart
from controld.rpc.service import MAX_WAITING_EACH
from controld.rpc.sockets import MAX_REQUEST_BYTES

MALFORMED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "no JSON"),
    "no JSON": (b"load_plugin", "no JSON"),
    "half": (b'{"method": "echo"', "no JSON"),
    "two": (b'{"method": "echo"}{"method": "echo"}', "no JSON"),
    "NaN": (b'{"method": "echo", "params": {"a": NaN}}', "NaN is no number"),
    "infinity": (b'{"method": "echo", "params": {"a": -Infinity}}', "-Infinity is no number"),
    "too large": (b'{"method": "echo", "params": {"a": 1e999}}', "too large"),
    "endless digits": (b'{"method": "echo", "params": {"a": ' + b"9" * 5000 + b"}}", "no JSON"),
    "no UTF-8": (b'{"method": "ec\xffho"}', "no JSON"),
    "UTF-16": ('{"method": "echo"}'.encode("utf-16"), "no JSON"),
    "deep": (b'{"method": "echo", "params": {"a": ' + b"[" * 200 + b"]" * 200 + b"}}", "deeper than 64"),
    "bottomless": (b"[" * 200_000, "nested too deeply"),
    "a list": (b'["echo"]', "not a list"),
    "a text": (b'"echo"', "not a text"),
    "a number": (b"7", "not a number"),
    "null": (b"null", "not nothing"),
    "no method": (b'{"params": {}}', "`method` has to be the name of a method, not nothing"),
    "method a list": (b'{"method": ["echo"]}', "not a list"),
    "method an object": (b'{"method": {"a": 1}}', "not an object"),
    "params a list": (b'{"method": "echo", "params": [1]}', "`params` has to be an object of named parameters"),
    "params a text": (b'{"method": "echo", "params": "a"}', "not a text"),
    "unknown": (b'{"method": "nope"}', "Method 'nope' not found"),
    "no name": (b'{"method": ""}', "Method '' not found"),
    "odd name": ('{"method": "ünïcödé\\u0000\\ud800"}'.encode(), "not found"),
}


@contextmanager
def frozen(served: Served) -> Iterator[None]:
    """Freeze the bridge for the length of a block."""
    assert served.process is not None
    children = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children")
    bridge = int(children.read_text(encoding="ascii").split()[0])
    os.kill(bridge, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(bridge, signal.SIGCONT)


class TestAnswers:
    @pytest.mark.parametrize("kind", MALFORMED)
    def test_malformed_is_answered(self, program: Program, kind: str) -> None:
        body, reason = MALFORMED[kind]
        answer = program.ask(body)
        assert set(answer) == {"request_id", "error", "timestamp"}
        assert reason in answer["error"]

    @pytest.mark.parametrize("given", ["a", 7, 1.5, True, None, ""])
    def test_the_request_id_comes_back(self, program: Program, given: object) -> None:
        assert program.ask(request("echo", given))["request_id"] == given
        assert program.ask(request("nope", given))["request_id"] == given
        assert program.ask(request(["no"], given))["request_id"] == given

    @pytest.mark.parametrize("given", [[1], {"a": 1}])
    def test_an_id_that_is_none_comes_back_as_null(self, program: Program, given: object) -> None:
        assert program.ask(request("echo", given))["request_id"] is None

    def test_the_shortest_request(self, program: Program) -> None:
        answer = program.ask(b'{"method":"echo"}')
        assert (answer["request_id"], answer["result"]["echo"]) == (None, {})
        assert program.ask(b'{"method":"echo","params":null,"more":1}')["result"]["echo"] == {}

    def test_what_is_echoed_is_what_was_sent(self, program: Program) -> None:
        given = {"text": "ünïcödé \ud800 \x00", "list": [1, 2.5, None, True, {"a": []}], "big": 2**70}
        assert program.done("echo", **given)["echo"] == given

    def test_answers_are_compact_and_have_a_time(self, program: Program) -> None:
        program.socket.send(request("health_check"))
        body = program.socket.recv()
        assert b": " not in body.replace(b": none: simulated", b"")
        time.strptime(json.loads(body)["timestamp"][:19], "%Y-%m-%dT%H:%M:%S")


class TestFrames:
    def talk(self, program: Program, *frames: bytes) -> list[bytes]:
        """Send frames by a DEALER of their own and return those of the answer."""
        with program.open(zmq.DEALER) as dealer:
            dealer.send_multipart(list(frames))
            return dealer.recv_multipart()

    def test_a_dealer_like_req(self, program: Program) -> None:
        empty, body = self.talk(program, b"", request("echo"))
        assert empty == b""
        assert json.loads(body)["result"]["success"]

    def test_a_dealer_with_an_envelope_of_its_own_gets_it_back(self, program: Program) -> None:
        *envelope, body = self.talk(program, b"corr", b"", request("echo"))
        assert envelope == [b"corr", b""]
        assert json.loads(body)["result"]["success"]

    def test_a_dealer_without_the_empty_frame_is_answered_too(self, program: Program) -> None:
        (body,) = self.talk(program, request("echo"))
        assert json.loads(body)["result"]["success"]

    @pytest.mark.parametrize(
        "frames", [(b"", request("echo"), request("echo")), (b"", b"a", b"b", b"c"), (b"", *[b"x"] * 500)]
    )
    def test_many_frames(self, program: Program, frames: tuple[bytes, ...]) -> None:
        *_, body = self.talk(program, *frames)
        assert json.loads(body)["error"] == f"a request is one frame, not {len(frames) - 1}"

    @pytest.mark.parametrize("frames", [(b"",), (b"", b""), (b"", b"", b"")])
    def test_empty_frames(self, program: Program, frames: tuple[bytes, ...]) -> None:
        *_, body = self.talk(program, *frames)
        assert "error" in json.loads(body)

    def test_answers_come_as_they_are_done(self, rig: Served, program: Program) -> None:
        """Many calls of one socket: the quick ones do not wait for the slow one before them."""
        with program.open(zmq.DEALER) as dealer:
            program.done("load_pedalboard", name="Second")
            with frozen(rig):  # so that it is slow for sure
                dealer.send_multipart([b"", request("load_pedalboard", "slow", name="Stage")])
                for number in range(10):
                    dealer.send_multipart([b"", request("echo", number)])
                order = [json.loads(dealer.recv_multipart()[1])["request_id"] for _ in range(10)]
            assert order == [*range(10)]
            assert json.loads(dealer.recv_multipart()[1])["request_id"] == "slow"


class TestNeighbours:
    def test_a_client_that_dies_before_its_answer(self, rig: Served, program: Program) -> None:
        for number in range(50):
            with Program(rig.base) as dying:
                dying.socket.send(request("load_pedalboard", name=("Stage", "Second")[number % 2]))
                assert program.done("echo", number=number)["echo"] == {"number": number}
        wait_for(lambda: program.done("get_metrics")["clients"] == 0, "the calls of the dead to be over")

    def test_ten_megabytes_are_refused_and_disturb_nobody(self, rig: Served, program: Program) -> None:
        with Program(rig.base) as rude:
            rude.socket.set(zmq.RCVTIMEO, 300)
            rude.socket.send(b"x" * (10 << 20))
            assert program.done("echo", a=1)["echo"] == {"a": 1}
            with pytest.raises(zmq.Again):
                rude.socket.recv()
        assert program.done("echo", a=2)["echo"] == {"a": 2}

    def test_what_is_just_small_enough_is_taken(self, program: Program) -> None:
        text = "x" * (MAX_REQUEST_BYTES - 500)
        assert program.done("echo", text=text)["echo"] == {"text": text}

    def test_a_client_that_never_reads(self, rig: Served, program: Program) -> None:
        """Its answers are bounded, the daemon's memory with them, and that is said once."""
        before = program.done("get_metrics")["memory_mb"]
        text = "x" * 100_000
        with Program(rig.base, zmq.DEALER) as deaf:
            deaf.socket.set(zmq.RCVHWM, 1)
            deaf.socket.set(zmq.SNDTIMEO, 5000)
            for number in range(1500):  # 150 MB of answers
                deaf.socket.send_multipart([b"", request("echo", number, text=text)])
                if number % 100 == 0:
                    assert program.done("echo", number=number)["echo"] == {"number": number}
            wait_for(lambda: "does not read its answers" in rig.text, "the word about it")
            assert program.done("get_metrics")["memory_mb"] < before + 100
        assert rig.text.count("does not read its answers") == 1

    def test_eight_clients_at_once(self, rig: Served, program: Program) -> None:
        """Each gets its own answers, and the rig ends at what was asked last."""
        program.done("load_pedalboard", name="Stage")
        wrong: list[object] = []

        def play(number: int) -> None:
            with Program(rig.base) as client:
                for turn in range(100):
                    identity = f"{number}-{turn}"
                    value = (number * 100 + turn) / 1000
                    answer = client.ask(
                        request("set_parameter", identity, instance_id="drive", port="drive", value=value)
                    )
                    if answer["request_id"] != identity or answer["result"].get("asked") != value:
                        wrong.append(answer)

        threads = [threading.Thread(target=play, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert not wrong
        told = program.done("get_parameter", instance_id="drive", parameter="drive")
        assert (told["state"], told["value"]) == ("confirmed", told["asked"])

    def test_others_events_may_come_and_change_nothing(self, rig: Served, program: Program) -> None:
        """Whoever publishes to the third port is let in, and nobody listens."""
        publisher = program.context.socket(zmq.PUB)
        publisher.set(zmq.LINGER, 0)
        publisher.connect(f"tcp://127.0.0.1:{rig.ports.others}")
        for number in range(5000):
            publisher.send_multipart([b"plugin_loaded", b'{"event_type": "plugin_loaded"}', str(number).encode()])
        assert program.done("echo", a=3)["echo"] == {"a": 3}
        publisher.close()


class TestEvents:
    def test_a_subscriber_that_never_reads_blocks_nobody(self, rig: Served, program: Program) -> None:
        """A thousand events wait for it at most; calls and other ears go on."""
        program.done("load_pedalboard", name="Stage")
        with program.listening() as ear:
            deaf = program.context.socket(zmq.SUB)
            deaf.set(zmq.RCVHWM, 1)
            deaf.set(zmq.SUBSCRIBE, b"")
            deaf.set(zmq.LINGER, 0)
            deaf.connect(f"tcp://127.0.0.1:{rig.ports.events}")
            for number in range(3000):
                program.done("set_parameter", instance_id="drive", port="drive", value=number / 3000)
            ear.wait("parameter_changed", value=2999 / 3000)
            deaf.close()

    def test_a_subscriber_that_dies(self, rig: Served, program: Program) -> None:
        for _ in range(20):
            with Program(rig.base) as dying, dying.listening():
                pass
        assert program.done("set_tempo", bpm=90)["bpm"] == 90


class TestPorts:
    def test_a_port_that_is_taken_is_said_and_the_rig_plays(self, rig: Served, tmp_path: Path) -> None:
        """A second daemon at the same ports goes on without the service, and says what to do."""
        with serving(tmp_path, base=rig.base) as second:
            assert f"port {rig.ports.calls} of 127.0.0.1 cannot be had" in second.text
            assert "service: {base_port: ...}" in second.text
        with Program(rig.base) as program:
            assert program.done("health_check")["healthy"]

    def test_the_environment_has_the_last_word(self, tmp_path: Path) -> None:
        from rpc_rig import free_base

        served = Served(tmp_path)
        other = free_base()
        served.start(ZMQ_BASE_PORT=str(other))
        with Program(other) as program:
            assert program.done("health_check")["success"]
        served.stop()

    def test_other_ports_are_taken_at_the_next_start(self) -> None:
        """A service that runs keeps its ports when the file is saved with others, and that is said."""
        running = RigConfig(Path("controld.yaml"), service=ServiceConfig())
        assert needs_restart(running, replace(running, service=ServiceConfig(base_port=7000)))
        assert needs_restart(running, replace(running, service=None))
        assert not needs_restart(running, replace(running, service=ServiceConfig()))

    def test_one_that_is_not_wanted_is_not_there(self, tmp_path: Path) -> None:
        with serving(tmp_path, service=", enabled: false") as served, Program(served.base) as program:
            program.socket.set(zmq.RCVTIMEO, 300)
            program.socket.send(request("echo"))
            with pytest.raises(zmq.Again):
                program.socket.recv()
        assert PATIENCE_MS > 300


class TestEngineAway:
    def test_calls_are_answered_while_the_engine_is_away(self, tmp_path: Path) -> None:
        """What was asked is said to be pending, and is done when the engine is back."""
        with serving(tmp_path) as served, Program(served.base) as program:
            program.done("load_pedalboard", name="Stage")
            with frozen(served):
                wait_for(lambda: program.done("health_check")["engine"] == "down", "the loss", 20)
                result = program.call("set_parameter", instance_id="drive", port="drive", value=0.75)
                assert result["details"]["code"] == "BRIDGE_ERROR"
                assert result["details"]["pending"] is True
                assert result["details"]["asked"] == 0.75
                assert program.failed("get_cpu_load")[0] == "BRIDGE_ERROR"
                assert program.done("get_parameter", instance_id="drive", port="drive")["state"] == "asked"
            wait_for(lambda: program.done("health_check")["engine"] == "up", "the return", 20)
            told = program.done("get_parameter", instance_id="drive", port="drive")
            assert (told["state"], told["value"]) == ("confirmed", 0.75)

    def test_a_client_with_too_many_calls_that_wait_is_told_so(self, tmp_path: Path) -> None:
        """While the engine answers nothing they wait; one client may have so many, and others are served."""
        more = 6
        with serving(tmp_path) as served, Program(served.base) as program, Program(served.base, zmq.DEALER) as greedy:
            program.done("load_pedalboard", name="Stage")
            with frozen(served):
                for number in range(MAX_WAITING_EACH + more):
                    body = request("set_parameter", number, instance_id="drive", port="drive", value=number / 100)
                    greedy.socket.send_multipart([b"", body])
                refused = [json.loads(greedy.socket.recv_multipart()[1]) for _ in range(more)]
                assert [answer["request_id"] for answer in refused] == [MAX_WAITING_EACH + each for each in range(more)]
                assert all("too many calls wait" in answer["error"] for answer in refused)
                assert program.done("echo", a=1)["echo"] == {"a": 1}
            answers = [json.loads(greedy.socket.recv_multipart()[1]) for _ in range(MAX_WAITING_EACH)]
            assert {answer["request_id"] for answer in answers} == set(range(MAX_WAITING_EACH))
            assert all("result" in answer for answer in answers)
