"""The daemon attached to the stock bridge: ten commands a second, no feedback, lies and sudden deaths.

What was asked is what the host holds in the end, and a press never waits for more than the command on its way.
"""

import json
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from bad_bridge import BadBridge, alike, playing, settle, storm
from rig_process import BOARD, DRIVE_URI, RigProcess, Tablet, wait_for
from troubled_rig import door, status

from controld.bridge.hosts.catalogue import load_catalogue

EXTRAS = [f"extra{number}" for number in range(1, 7)]
# Six effects more, which the recall of the snapshot All has to switch and set one by one.
LONG_BOARD = (
    BOARD.replace("connections:", "".join(f'  {name}: {{plugin: "{DRIVE_URI}"}}\n' for name in EXTRAS) + "connections:")
    + f"  All: {{{', '.join(f'{name}: {{bypassed: true, parameters: {{drive: 0.7}}}}' for name in EXTRAS)}}}\n"
)


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RigProcess, BadBridge, Tablet]]:
    """A long pedalboard at a bridge that manages ten commands a second and lies."""
    with playing(tmp_path_factory.mktemp("stock"), "stock,pairing", LONG_BOARD) as rig:
        yield rig


class TestStock:
    def test_the_pedalboard_is_there(self, stock: tuple[RigProcess, BadBridge, Tablet]) -> None:
        """Every value as the files say, though the bridge has neither a list of effects nor feedback."""
        held = settle(*stock)
        assert held["/effect/drive/bypass"] == 1
        assert held["/effect/leslie/bypass"] == 1
        assert alike(held["/effect/drive/drive"], 0.25)

    def test_slowness_is_said_once_in_plain_words(self, stock: tuple[RigProcess, BadBridge, Tablet]) -> None:
        """What it costs, and the one line of configuration that cures it."""
        rig, _, tablet = stock
        for number in range(12):
            tablet.send("/effect/drive/muffle", number / 12)
            tablet.wait("/effect/drive/muffle/normalized", number / 12)
        wait_for(lambda: "ms a command" in rig.text, "the warning")
        (line,) = [line for line in rig.text.splitlines() if "ms a command" in line]
        assert "a snapshot of 8 effects takes about 1.6 s" in line
        assert "docs/engine.md says what cures it" in line

    def test_a_press_in_a_long_recall_waits_for_one_command(self, stock: tuple[RigProcess, BadBridge, Tablet]) -> None:
        """Before its request there is at most the one that was on its way; the recall goes on after it."""
        rig, _, tablet = stock
        with door(rig) as watcher, watcher.makefile("r") as lines:
            watcher.sendall(b'{"do": "monitor"}\n')
            assert lines.readline() == '{"ok": true}\n'
            tablet.send("/snapshot", "All")
            records = [json.loads(lines.readline())]
            while sum(record["kind"] == "request" for record in records) < 3:
                records.append(json.loads(lines.readline()))
            tablet.send("/effect/leslie/bypass", 0)
            after: list[str] = []
            while "leslie active" not in after:
                record = json.loads(lines.readline())
                if record["kind"] == "in" and "/effect/leslie/bypass" in record["text"]:
                    after = ["pressed"]
                elif record["kind"] == "request" and after:
                    after.append(record["text"])
            assert len(after) <= 3, after
            later = 0
            while (record["kind"], record["text"]) != ("state", "snapshot `All`, confirmed"):
                record = json.loads(lines.readline())
                later += record["kind"] == "request"
            assert later >= 3, "the recall was over before the press"
        held = settle(*stock)
        assert held["/effect/leslie/bypass"] == 0

    def test_a_swept_pedal_ends_where_it_was_left(self, stock: tuple[RigProcess, BadBridge, Tablet]) -> None:
        """A thousand values through ten commands a second: the last one arrives, and in time."""
        rig, _, tablet = stock
        before = status(rig)["counters"]["tablet"]["received"]
        for number in range(1001):
            tablet.send("/drive/level", number / 1000)
        tablet.send("/drive/level", 0.321)
        wait_for(lambda: status(rig)["counters"]["tablet"]["received"] >= before + 1002, "the sweep to be read")
        wait_for(lambda: alike(drive_output(stock[1]), 0.321), "the last value", 3)

    def test_after_a_storm_the_host_holds_what_was_asked(self, stock: tuple[RigProcess, BadBridge, Tablet]) -> None:
        """No press is lost and nothing drifts, whatever was played over the one slow wire."""
        asked = storm(stock[2], random.Random(1))
        held = settle(*stock)
        assert {address: held[address] for address in asked} == pytest.approx(asked, abs=1e-3)


def drive_output(bridge: BadBridge) -> float:
    """Return the drive's output level as the host has it."""
    return float(bridge.command("param_get 1 output").split()[2])


class TestFaults:
    @pytest.mark.parametrize("faults", ["twice", "slow=5", "crash=40", "stock,crash=60"])
    def test_what_was_asked_arrives(self, tmp_path: Path, faults: str) -> None:
        """Answered twice, slowly, or by a bridge that dies of SIGSEGV again and again: the wish stands and is met."""
        with playing(tmp_path, faults) as (rig, bridge, tablet):
            asked = storm(tablet, random.Random(faults))
            held = settle(rig, bridge, tablet)
            assert {address: held[address] for address in asked} == pytest.approx(asked, abs=1e-3)
            assert set(bridge.deaths) == ({-signal.SIGSEGV} if "crash" in faults else set())


def test_presets_are_known_by_name_though_the_bridge_lists_none(tmp_path: Path) -> None:
    """The same pedalboard that runs on our bridge: which preset a name means is known from this machine's own files."""
    plugin = load_catalogue()["http://calf.sourceforge.net/plugins/Reverb"]
    (preset,) = (each for each in plugin.presets if each.label == "Large Empty Hall")
    reverb = f'  hall: {{plugin: "{plugin.uri}", preset: {preset.label}}}\n'
    board = BOARD.replace("connections:", reverb + "connections:", 1)
    with playing(tmp_path, "stock", board) as (rig, bridge, _tablet):
        wait_for(lambda: status(rig)["settled"], "rest")
        assert "has no preset" not in rig.text
        assert bridge.command("param_get 3 decay_time") == f"resp 0 {preset.values['decay_time']:.4f}"
