"""A monitor that was killed in the middle of a burst: nobody notices, least of all in the log."""

import asyncio
import logging
import socket
from pathlib import Path

import pytest

from controld.control import ControlServer


def test_a_burst_after_a_monitor_was_killed_is_no_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Its end is noticed a turn of the loop later; what is told until then is not written into the void."""

    async def play() -> None:
        watched = asyncio.Event()
        server = ControlServer(tmp_path / "door", lambda _request: {}, lambda _active: watched.set())
        await server.start()
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.connect(str(server.path))
            monitor.sendall(b'{"do": "monitor"}\n')
            await asyncio.wait_for(watched.wait(), 10)
        for number in range(50):
            server.publish({"number": number})
        await server.stop()

    with caplog.at_level(logging.WARNING):
        asyncio.run(play())
    assert caplog.messages == []
