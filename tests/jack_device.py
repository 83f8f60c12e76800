"""A MIDI controller on the other side of JACK, in a process of its own that can be unplugged and killed."""

import asyncio
import subprocess
import sys
import threading
from typing import IO

WITHIN_S = 8.0

# A device: two ports; "send <hex>" on stdin sends, what arrives is printed in hex, "burst <n>" sends n encoder steps,
# "clock <n> <s>" n ticks, one each s seconds.
DEVICE = """
import sys, time, rtmidi
giver = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, sys.argv[1] + " out")
giver.open_virtual_port("MIDI 1")
ports = [giver]
if sys.argv[2] == "both":
    taker = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, sys.argv[1] + " in")
    taker.ignore_types(sysex=False)
    taker.set_callback(lambda event, _: print(bytes(event[0]).hex(), flush=True))
    taker.open_virtual_port("MIDI 1")
    ports.append(taker)
print("ready", flush=True)
for line in sys.stdin:
    verb, _, rest = line.strip().partition(" ")
    if verb == "send":
        giver.send_message(bytes.fromhex(rest))
    elif verb == "clock":
        count, _, interval = rest.partition(" ")
        begin = time.monotonic()
        for n in range(int(count)):
            time.sleep(max(0.0, begin + n * float(interval) - time.monotonic()))
            giver.send_message([0xF8])
    else:
        for n in range(int(rest)):
            giver.send_message([0xB0, 16, 1])
            time.sleep(0.0005)
if sys.argv[2] == "both":
    taker.cancel_callback()  # else closing waits for a callback that waits for the interpreter, and JACK for both
for port in ports:
    port.close_port()
    port.delete()
"""


class Device:
    """A controller on the other side of JACK, in a process that can be killed."""

    def __init__(self, name: str, ports: str = "both") -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", DEVICE, name, ports],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._output.readline() == "ready\n"

    @property
    def _output(self) -> IO[str]:
        assert self._process.stdout is not None
        return self._process.stdout

    def tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    async def hears(self, count: int) -> list[str]:
        """Return the next `count` messages the device received."""
        read = [await asyncio.wait_for(asyncio.to_thread(self._output.readline), WITHIN_S) for _ in range(count)]
        return [line.strip() for line in read]

    def unplug(self) -> None:
        """End it in order, as a cable that is pulled: its ports are unregistered."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(WITHIN_S)
        self._output.close()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._output.close()


class Floorboard(Device):
    """A device for tests without a loop: `shown` keeps every message it received, in hex."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.shown: list[str] = []
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()

    def _listen(self) -> None:
        for line in self._output:
            self.shown.append(line.strip())

    def send(self, *data: int) -> None:
        """Send one message."""
        self.tell(f"send {bytes(data).hex()}")

    def unplug(self) -> None:
        """End it in order; its reader has everything by then."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(WITHIN_S)
        self._reader.join(WITHIN_S)
        self._output.close()
