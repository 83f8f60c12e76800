"""A device that is unplugged just while the ports are listed: the library raises, and the list is asked for again."""

import pytest
from jack_server import needs_jackd


class Client:
    """Lists its ports, but for the first few times."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.wanted: dict[str, bool] = {}

    def get_ports(self, **wanted: bool) -> list[str]:
        """Fail, or list."""
        import jack

        self.wanted = wanted
        if self.failures:
            self.failures -= 1
            raise jack.JackError("Port 'stage-box in:MIDI 1' not available")
        return ["system:midi_1"]


@needs_jackd
def test_a_port_that_goes_while_they_are_listed_is_no_error() -> None:
    """A few of them neither; a server that never lists is."""
    import jack

    from controld.surfaces.midi_jack import listed

    client = Client(2)
    assert listed(client, is_midi=True) == ["system:midi_1"]
    assert client.wanted == {"is_midi": True}
    with pytest.raises(jack.JackError):
        listed(Client(99))
