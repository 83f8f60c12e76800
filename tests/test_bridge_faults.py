"""The faults of the stock bridge on request: each is there, comes by count, and only where asked for."""

import json
import signal
import time
from collections.abc import Callable

import pytest
import zmq
from bridge_process import PATIENCE_S, Bridge, running

from controld.bridge.faults import FAULTS, WireFaults, parse_faults

DRIVE = "urn:test:drive"
UNREACHABLE = {"error": "Failed to communicate with mod-host"}


def timed(call: Callable[[], object]) -> tuple[object, float]:
    """Return what a call returns, and how many seconds it took."""
    start = time.monotonic()
    result = call()
    return result, time.monotonic() - start


def statuses(bridge: Bridge, count: int) -> list[object]:
    return [bridge.ask(command="what").get("status") for _ in range(count)]


def test_a_list_of_faults_has_their_numbers() -> None:
    """A fault without a number has the number of the table."""
    assert parse_faults("pairing, zombie=3,,") == {"pairing": 100, "zombie": 3}
    assert parse_faults("") == {}
    assert parse_faults(",".join(FAULTS)) == {name: fault.default for name, fault in FAULTS.items()}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("zombi", "unknown fault 'zombi'; did you mean `zombie`?"),
        ("x", "unknown fault 'x'; there are pairing, zombie,"),
        ("slow=fast", "the number of fault 'slow=fast' is not a whole number"),
        ("slow=-1", "is not a whole number"),
        ("slow=", "is not a whole number"),
    ],
)
def test_a_fault_there_is_not_is_named(text: str, message: str) -> None:
    """A mistake in the list is said in one sentence."""
    with pytest.raises(ValueError, match=message.replace("?", r"\?")):
        parse_faults(text)


def test_without_faults_nothing_is_changed() -> None:
    """No faults are falsy, and leave replies and events alone."""
    none = WireFaults({})
    assert not none
    assert [none.replies("r") for _ in range(20)] == [[b"r"]] * 20
    assert [none.events("e") for _ in range(20)] == [[b"e"]] * 20


def test_the_ready_line_names_the_faults() -> None:
    """Nobody has to guess why this bridge behaves badly."""
    with running("--faults", "slow=1,error=9") as bridge:
        assert bridge.ready_line.rstrip().endswith("; faults: slow=1, error=9")


def test_pairing_lets_a_command_in_100_ms_after_the_last_one() -> None:
    """Commands back to back take 100 ms each, an isolated one nothing, and what is local to the bridge neither."""
    with running("--faults", "pairing") as bridge:
        bridge.command("what")
        _, back_to_back = timed(lambda: bridge.command("what"))
        time.sleep(0.12)
        _, isolated = timed(lambda: bridge.command("what"))
        _, local = timed(lambda: bridge.plugin("list_instances"))
    assert back_to_back >= 0.08
    assert isolated < 0.08
    assert local < 0.08


def test_a_zombie_fails_after_a_second_and_is_done_later() -> None:
    """The caller is told that it failed; the effect is there afterwards, without any further request."""
    with running("--faults", "zombie=2") as bridge:
        bridge.command("what")
        reply, took = timed(lambda: bridge.ask(command=f"add {DRIVE} 1"))
        assert reply == UNREACHABLE
        assert took >= 1.0
        assert bridge.ask(action="effects")["effects"] == {}
        deadline = time.monotonic() + PATIENCE_S
        while not bridge.ask(action="effects")["effects"]:
            assert time.monotonic() < deadline, "it was never done"


def test_a_zombie_is_done_before_the_next_command() -> None:
    """What was sent first is read first."""
    with running("--faults", "zombie=2") as bridge:
        bridge.command("what")
        bridge.ask(command=f"add {DRIVE} 1")
        assert bridge.command(f"add {DRIVE} 1") == "resp -2"


def test_a_remove_with_an_event_pending_kills_it() -> None:
    """It dies of SIGSEGV without an answer; without a pending event a remove is harmless."""
    with running("--faults", "crash") as bridge:
        bridge.command(f"add {DRIVE} 1")
        assert bridge.command("remove 1") == "resp 0"
        bridge.command(f"add {DRIVE} 1")
        bridge.command("monitor_output 1 meter")
        with bridge.socket(zmq.REQ) as req:
            req.send(b'{"command":"remove 1"}')
            assert bridge.process.wait(PATIENCE_S) == -signal.SIGSEGV
            assert not req.poll(50)


def test_it_dies_at_the_command_asked_for() -> None:
    """With a number it dies at that command, whatever it is."""
    with running("--faults", "crash=3") as bridge:
        assert statuses(bridge, 2) == ["not found"] * 2
        with bridge.socket(zmq.REQ) as req:
            req.send(b'{"command":"what"}')
            assert bridge.process.wait(PATIENCE_S) == -signal.SIGSEGV


def test_every_fifth_reply_is_late() -> None:
    """Four replies are in time, the fifth is not, and it is right all the same."""
    with running("--faults", "late=200") as bridge:
        _, four = timed(lambda: statuses(bridge, 4))
        reply, fifth = timed(lambda: bridge.command("what"))
    assert reply == "not found"
    assert fifth >= 0.2
    assert four < 0.2


def test_garbage_comes_among_replies() -> None:
    """Every so many replies one is garbage: null, no JSON, nothing, cut off, without status, half surrogates."""
    with running("--faults", "garbage=2") as bridge:
        replies = [bridge.raw(b'{"command":"what"}') for _ in range(12)]
    assert all(b"not found" in reply for reply in replies[::2])
    assert [reply[:4] for reply in replies[1::2]] == [b"null", b"\xff\xfe\x00\x80", b"", b'{\n\t"', b'{\n\t"', b'{"ra']


def test_garbage_comes_among_events() -> None:
    """Garbage is published before every so many events, and the events come all the same."""
    wire = WireFaults({"garbage": 2})
    frames = [wire.events("event") for _ in range(14)]
    assert [len(sent) for sent in frames] == [1, 2] * 7
    assert {sent[-1] for sent in frames} == {b"event"}
    assert {b"null", b""} < {sent[0] for sent in frames}


def test_silence_is_no_answer_to_what_was_done() -> None:
    """The command is done, the reply never comes; the next request is answered."""
    with running("--faults", "silent=2") as bridge:
        bridge.command("what")
        with bridge.socket(zmq.REQ) as req:
            req.send(f'{{"command":"add {DRIVE} 1"}}'.encode())
            assert not req.poll(100)
        assert list(bridge.ask(action="effects")["effects"]) == ["1"]


def test_an_error_is_not_done() -> None:
    """Every so many commands one fails at once, and nothing happened."""
    with running("--faults", "error=2") as bridge:
        bridge.command("what")
        assert bridge.ask(command=f"add {DRIVE} 1") == UNREACHABLE
        assert bridge.ask(action="effects")["effects"] == {}


def test_twice_is_two_answers() -> None:
    """A DEALER gets two replies to one request; a REQ is not harmed."""
    with running("--faults", "twice") as bridge:
        assert statuses(bridge, 3) == ["not found"] * 3
        with bridge.socket(zmq.DEALER) as dealer:
            dealer.send_multipart([b"", b'{"command":"what"}'])
            assert dealer.recv_multipart() == dealer.recv_multipart()


def test_slow_makes_each_command_take_its_time() -> None:
    """Twenty commands of 10 ms take 200 ms."""
    with running("--faults", "slow=10") as bridge:
        _, took = timed(lambda: statuses(bridge, 20))
    assert took >= 0.2


def test_a_faulty_bridge_still_ends_on_a_signal() -> None:
    """Faults do not reach the signals."""
    with running("--faults", "pairing,twice,garbage=1") as bridge:
        bridge.raw(b"x")
        assert bridge.signal(signal.SIGTERM) == 0


def test_stock_has_no_extensions() -> None:
    """The stock bridge refuses what it does not know, and writes booleans as words."""
    with running("--faults", "stock") as bridge:
        for action in ("info", "effects", "batch"):
            assert bridge.ask(action=action, commands=[]) == {"error": "Invalid request format"}
        bridge.ask(name="bypass", args=["0", True])
        assert bridge.command("log").endswith("bypass 0 true|log")


def test_stock_lies_about_plugins() -> None:
    """Every id means effect 0, refusals are successes, and what raw commands do is not seen."""
    with running("--faults", "stock") as bridge:
        first, second = (bridge.plugin("load_plugin", uri=DRIVE)["instance_id"] for _ in range(2))
        assert bridge.command("log").count("add urn:test:drive 0") == 2
        assert list(bridge.plugin("list_instances")["instances"]) == [first, second]
        reply = bridge.plugin("set_parameter", instance_id=second, parameter="gain", value=99)
        assert reply == {"status": "ok", "value": 99.0, "success": True}
        assert bridge.command("param_get 0 gain") == "resp 0 20.0000"
        assert bridge.plugin("get_parameter", instance_id=second, parameter="gain")["value"] == 99.0
        assert bridge.plugin("get_parameter", instance_id=first, parameter="gain")["value"] == 0.0
        assert bridge.plugin("set_parameter", instance_id=first, parameter="x", value=1)["status"] == "ok"
        assert bridge.plugin("get_plugin_presets", plugin_uri=DRIVE)["presets"] == []
        assert bridge.plugin("load_preset", plugin_uri=DRIVE, preset_uri="urn:p")["error"] == (
            "Plugin command failed: Failed to load preset: urn:p"
        )
        bridge.plugin("unload_plugin", instance_id=second)
        assert bridge.command("param_set 0 gain 1") == "resp -3"
        assert list(bridge.plugin("list_instances")["instances"]) == [first]


def test_stock_publishes_its_own_changes_only() -> None:
    """Raw commands publish nothing; an unloaded plugin's URI has its first bytes freed."""
    with running("--faults", "stock") as bridge:
        name = bridge.plugin("load_plugin", uri=DRIVE)["instance_id"]
        with bridge.subscribed() as sub:
            bridge.command("param_set 0 gain 1")
            assert not sub.poll(100)
            bridge.plugin("unload_plugin", instance_id=name)
            event = json.loads(sub.recv())
    assert event["type"] == "plugin_unloaded"
    assert event["data"]["uri"].startswith("\U000d969f\u04bf\0\0")
