"""A change of pedalboard as a tablet sees it, neighbours beforehand, and what an earlier run left: real processes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bad_bridge import BadBridge
from rig_process import DELAY_URI, DRIVE_URI, RigProcess, Tablet, wait_for
from test_killed_engine import BOARDS, DETUNE_URI, WISHED, held
from troubled_rig import status


@contextmanager
def changing(
    folder: Path, faults: str = "", before: tuple[str, ...] = (), setting: str = ""
) -> Iterator[tuple[RigProcess, BadBridge, Tablet]]:
    """Run a rig of two pedalboards before a bridge that was told `before` already."""
    rig = RigProcess(folder, engine="bridge")
    for name, text in BOARDS.items():
        rig.write(f"{name.lower()}.yaml", text)
    path = folder / "controld.yaml"
    boards = f"pedalboards: [stage.yaml, hall.yaml]\nstartup: {{pedalboard: Stage}}\n{setting}"
    path.write_text(path.read_text("utf-8").replace("pedalboards: [board.yaml]", boards), "utf-8")
    rig.write("map.yaml", "version: 1\nrules: []\n")
    bridge = BadBridge(rig, faults)
    try:
        for line in before:
            assert bridge.command(line).startswith("resp")
        rig.start()
        with Tablet(rig.osc_port) as tablet:
            tablet.send("/controld/hello")
            wait_for(lambda: status(rig)["engine"] == "up" and status(rig)["settled"], "the engine", 30)
            yield rig, bridge, tablet
        assert rig.stop() == 0, rig.text
        assert "Traceback" not in rig.text, rig.text
    finally:
        rig.process.kill()
        rig.process.wait()
        bridge.close()


def loaded(bridge: BadBridge) -> dict[int, str]:
    """Return the plugins that the host has, by number."""
    return {int(number): each["uri"] for number, each in bridge.ask(action="effects")["effects"].items()}


def test_a_slow_change_says_how_far_it_is(tmp_path: Path) -> None:
    """From nothing to all, and then the pedalboard is there."""
    with changing(tmp_path, "slow=40") as (_rig, bridge, tablet):
        tablet.send("/pedalboard", "Hall")
        tablet.wait("/pedalboard", "Hall")
        heard = [message.args for message in tablet.log if message.address == "/status/loading"]
        shares = [
            float(str(share)) for share, name in heard if name == "Hall"
        ]  # the pedalboard before is part of the greeting
        assert len(shares) >= 2
        assert shares == sorted(shares)
        assert shares[-1] == 1.0
        assert held(bridge.ask(action="effects")) == WISHED["Hall"]


def test_neighbours_are_there_beforehand_and_the_change_loads_nothing(tmp_path: Path) -> None:
    """The numbers of the effects stay what they were, to and fro."""
    with changing(tmp_path, setting="preload: 1\n") as (rig, bridge, tablet):
        wait_for(lambda: len(loaded(bridge)) == 3, "the neighbour's effect", 20)
        before = loaded(bridge)
        assert sorted(before.values()) == sorted([DRIVE_URI, DELAY_URI, DETUNE_URI])
        for name in ("Hall", "Stage", "Hall"):
            tablet.send("/pedalboard", name)
            wait_for(lambda name=name: status(rig)["pedalboard"] == name and status(rig)["settled"], name)  # type: ignore[misc]
            assert loaded(bridge) == before
        assert "repaired" not in rig.text


def test_what_an_earlier_run_left_is_removed_and_said(tmp_path: Path) -> None:
    """Effects of other programs, which have other numbers, stay."""
    lines = (f"add {DELAY_URI} 7", f"add {DELAY_URI} 1000", "connect effect_7:left_out system:playback_1")
    with changing(tmp_path, before=lines) as (rig, bridge, _tablet):
        assert sorted(loaded(bridge)) == [1, 2, 1000]
        assert "repaired: an effect of an earlier run (7 in the engine) was removed" in rig.text


def test_the_engines_load_is_told_to_a_tablet(tmp_path: Path) -> None:
    """More, when an effect more is active."""
    with changing(tmp_path) as (_rig, _bridge, tablet):
        idle = wait_for(lambda: tablet.newest("/status/cpu"), "the load")[0]
        assert tablet.newest("/status/xruns") == (0,)
        tablet.send("/effect/leslie/active", 1)
        wait_for(lambda: tablet.newest("/status/cpu")[0] != idle, "another load")
