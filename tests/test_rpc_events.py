"""Events: which fact is told under which name, and what a subscriber of the real daemon hears."""

import os
import signal
from pathlib import Path
from typing import get_args

import pytest
from fake_engine import board, started
from rig_process import DRIVE_URI, wait_for
from rpc_rig import Program, Served, served_rig, serving  # noqa: F401 - a fixture

from controld import changes as facts
from controld.changes import State, StateChange
from controld.engine_figures import LevelsChanged
from controld.rpc.call import Catalogue
from controld.rpc.events import EVENTS, TELLERS, EventTeller
from controld.rpc.wire import event_frames

# Facts of which programs are told nothing: what is underway, and what only surfaces show. Levels change all the time,
# and who wants them asks.
UNTOLD = {facts.Refused, facts.MorphChanged, facts.BeatPassed, facts.GlobalsChanged, LevelsChanged}
CLASSIC = {
    "plugin_loaded", "plugin_unloaded", "parameter_changed", "connection_created", "connection_removed",
    "pedalboard_created", "pedalboard_loaded", "pedalboard_saved", "pedalboard_changed", "snapshot_created",
    "snapshot_applied", "bypass_changed", "preset_changed", "page_changed", "tempo_changed", "engine_state_changed",
    "surface_state_changed",
}  # fmt: skip


def test_every_fact_has_its_event() -> None:
    assert set(TELLERS) == set(get_args(StateChange)) - UNTOLD


def test_the_events_of_the_session_manager_are_there() -> None:
    assert set(EVENTS) >= CLASSIC


def test_an_envelope_is_read_by_old_and_new_clients() -> None:
    topic, body = event_frames("plugin_loaded", {"uri": "urn:a"}, "session_manager", "2026-01-01T00:00:00")
    assert topic == b"plugin_loaded"
    assert body == (
        b'{"event_type":"plugin_loaded","event":"plugin_loaded","data":{"uri":"urn:a"},'
        b'"source_service":"session_manager","timestamp":"2026-01-01T00:00:00"}'
    )


class TestTelling:
    """What single facts come to."""

    def teller(self) -> EventTeller:
        session, _engine, _changes = started(board())
        return EventTeller(lambda: session.look, Catalogue())

    @pytest.mark.parametrize("state", State)
    def test_what_is_only_asked_is_not_told(self, state: State) -> None:
        told = self.teller().tell(facts.BypassChanged("drive", bypassed=True, confirmed=False, state=state))
        expected = [] if state is State.ASKED else [
            ("bypass_changed", {"instance_id": "drive", "bypassed": False, "state": state.value})
        ]  # fmt: skip
        assert told == expected

    def test_a_pedalboard_is_loaded_once_it_was_asked_for(self) -> None:
        teller = self.teller()
        asked = facts.PedalboardChanged("Stage", 1, State.ASKED, ("drive",), ("Clean",))
        done = facts.PedalboardChanged("Stage", 1, State.CONFIRMED, ("drive",), ("Clean",))
        assert teller.tell(asked) == []
        assert [name for name, _ in teller.tell(done)] == ["pedalboard_loaded", "pedalboard_changed"]
        assert [name for name, _ in teller.tell(done)] == ["pedalboard_changed"]

    def test_a_snapshot_is_applied_once_it_was_asked_for(self) -> None:
        teller = self.teller()
        assert teller.tell(facts.SnapshotChanged("Lead", 3, State.ASKED)) == []
        (told,) = teller.tell(facts.SnapshotChanged("Lead", 3, State.CONFIRMED))
        assert told == ("snapshot_applied", {"snapshot_id": 2, "snapshot_name": "Lead", "parameters_applied": 3})
        assert teller.tell(facts.SnapshotChanged("Lead", 3, State.CONFIRMED)) == []


class TestHearing:
    def test_what_programs_do_is_heard(self, rig: Served) -> None:
        with Program(rig.base) as program, program.listening() as ear:
            program.done("load_pedalboard", name="Second")
            program.done("load_pedalboard", name="Stage")
            loaded = ear.wait("pedalboard_loaded", name="Stage")
            assert (loaded["plugins_loaded"], loaded["connections_created"]) == (2, 3)
            ear.wait("pedalboard_changed", id="Stage", state="confirmed")
            program.done("set_parameter", instance_id="drive", port="drive", value=0.625)
            ear.wait("parameter_changed", instance_id="drive", parameter="drive", port="drive", value=0.625)
            program.done("set_bypass", instance_id="drive", bypassed=False)
            ear.wait("bypass_changed", instance_id="drive", bypassed=False, state="confirmed")
            added = program.done("load_plugin", uri=DRIVE_URI, name="extra", x=1, y=2)
            ear.wait("plugin_loaded", instance_id="extra", uri=DRIVE_URI, x=1, y=2, name=added["plugin"]["name"])
            joined = program.done("create_connection", source="leslie:left_out", target="extra:left_in")
            ear.wait("connection_created", connection_id=joined["connection_id"], source="leslie:left_out")
            program.done("remove_connection", connection_id=joined["connection_id"])
            ear.wait("connection_removed", connection_id=joined["connection_id"])
            program.done("unload_plugin", instance_id="extra")
            ear.wait("plugin_unloaded", instance_id="extra", uri=DRIVE_URI)
            program.done("create_snapshot", name="Third")
            ear.wait("snapshot_created", snapshot_id=2, name="Third")
            program.done("load_snapshot", id=1)
            ear.wait("snapshot_applied", snapshot_id=1, snapshot_name="Lead", parameters_applied=1)
            program.done("set_tempo", bpm=140)
            ear.wait("tempo_changed", bpm=140)
            program.done("create_pedalboard", name="Heard", description="x")
            ear.wait("pedalboard_created", id="Heard", name="Heard", description="x")

    def test_a_topic_is_enough(self, rig: Served) -> None:
        """Who subscribes to one name is told nothing else."""
        import zmq

        with Program(rig.base) as program, program.listening(), program.context.socket(zmq.SUB) as one:
            one.set(zmq.LINGER, 0)
            one.set(zmq.SUBSCRIBE, b"mute_changed")
            one.connect(f"tcp://127.0.0.1:{rig.ports.events}")
            program.done("load_pedalboard", name="Stage")

            def toggle() -> bool:
                for on in (True, False):
                    program.done("set_mute", on=on)
                    program.done("set_tempo", bpm=100 + on)
                return one.poll(20) > 0

            wait_for(toggle, "the first event of one topic")
            while one.poll(50):
                assert one.recv_multipart()[0] == b"mute_changed"

    def test_the_engine_s_absence_is_heard(self, tmp_path: Path) -> None:
        with serving(tmp_path) as served, Program(served.base) as program, program.listening() as ear:
            assert served.process is not None
            children = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children")
            os.kill(int(children.read_text(encoding="ascii").split()[0]), signal.SIGKILL)
            ear.wait("engine_state_changed", state="down")
            ear.wait("engine_state_changed", state="up")
