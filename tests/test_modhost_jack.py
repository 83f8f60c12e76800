"""What the bridge sees of a real JACK server: ports, connections, figures, and its death under mod-host."""

import pytest
from jack_ports import held_ports
from jack_server import JackServer, needs_jackd, running_server  # noqa: F401 - a fixture
from served_modhost import wait_until

from controld.bridge.hosts.modhost_audio import Audio
from controld.bridge.hosts.modhost_jack import JackView
from controld.bridge.hosts.modhost_levels import Levels
from controld.bridge.hosts.modhost_memory import Memory

# The ports of a mod-host with one effect.
PORTS = """\
import sys, jack
host, effect = (jack.Client(name, no_start_server=True) for name in ("mod-host", "effect_7"))
host.midi_inports.register("midi_in")
effect.inports.register("in")
effect.outports.register("out")
for client in (host, effect):
    client.activate()
print("ready", flush=True)
sys.stdin.read()
for client in (effect, host):
    client.close()
"""


@needs_jackd
def test_ports_connections_and_figures_are_those_of_the_server(server: JackServer) -> None:
    """Whatever joined and parted them; methods answer in the bridge's form, and connections are told."""
    with held_ports(PORTS):
        view = JackView()
        wait_until(lambda: view.look() or view.connected, "mod-host's ports")
        book = Memory(dict)
        audio = Audio(view, lambda _line: "resp 0", book, Levels(view, lambda _line: None)).answer
        assert view.instances() == {7}
        pair = {"port1": "effect_7:in", "port2": "system:capture_1"}
        assert audio("connect_jack_ports", pair) == audio("connect_jack_ports", pair) == {"success": True}
        assert ("system:capture_1", "effect_7:in") in view.connections()
        assert audio("disconnect_jack_ports", pair) == {"success": True}
        assert audio("disconnect_jack_ports", pair) == {"success": False}
        assert audio("connect_jack_ports", {"port1": "effect_7:in", "port2": "no:such"}) == {"success": False}
        assert [event["type"] for event in book.take_events()] == ["connected", "disconnected"]
        assert audio("get_jack_sample_rate", {}) == {"sample_rate": 48000.0}
        assert audio("get_jack_buffer_size", {}) == {"buffer_size": 64}
        capture = audio("get_jack_hardware_ports", {"is_audio": True, "is_output": False})
        assert capture == {"ports": ["system:capture_1", "system:capture_2"]}
        assert audio("get_jack_port_alias", {"port_name": "no:such"}) == {"alias": ""}
        view.close()
        view.close()


@needs_jackd
def test_the_death_of_the_server_is_noticed_once(server: JackServer) -> None:
    """And a mod-host that leaves a living server is gone from it too."""
    with held_ports(PORTS):
        view = JackView()
        wait_until(lambda: view.look() or view.connected, "mod-host's ports")
        server.stop()
        wait_until(view.look, "the death")
        assert not view.look()
        assert (view.connected, view.connections(), view.ports()) == (False, [], [])
        view.close()


def test_a_machine_without_a_server_has_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is empty, and nothing is started."""
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "controld-none")
    view = JackView()
    assert not view.look()
    assert (view.connected, view.instances(), view.figures(), view.alias("a:b")) == (False, set(), {}, "")
    assert not view.join("a:b", "c:d")
    view.set_buffer(64)
    view.close()
