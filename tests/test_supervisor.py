"""Our bridge as a child process: real processes, the real bridge among them."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from controld.bridge import supervisor
from controld.bridge.supervisor import BridgeProcess, bridge_command
from controld.errors import BridgeStartError

READY_LINE = "controld bridge: test on x, events y, health z"
# A child that says it is ready and goes on until its input ends.
GOOD = f"import sys; print({READY_LINE!r}, file=sys.stderr, flush=True); sys.stdin.read()"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {GOOD}; signal.pause()"


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


async def until(condition: Callable[[], object], within_s: float = 5.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.005)


@asynccontextmanager
async def running(process: BridgeProcess) -> AsyncIterator[BridgeProcess]:
    await process.start()
    try:
        yield process
    finally:
        await process.stop()


def alive(pid: int) -> bool:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    return False


def free_endpoints() -> list[str]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(3)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [f"tcp://127.0.0.1:{each.getsockname()[1]}" for each in sockets]


def real_bridge(endpoints: list[str]) -> BridgeProcess:
    options = ("--endpoint", "--events", "--health")
    pairs = [word for pair in zip(options, endpoints, strict=True) for word in pair]
    return BridgeProcess(bridge_command("--host", "virtual", *pairs))


def test_real_bridge_starts_ready_and_stops() -> None:
    """`start` returns when the bridge listens; `stop` ends the process and can be called twice."""

    async def scenario() -> None:
        endpoints = free_endpoints()
        process = real_bridge(endpoints)
        assert process.pid is None
        await process.start()
        pid = process.pid
        assert pid is not None
        for endpoint in endpoints:
            host, port = endpoint.removeprefix("tcp://").split(":")
            socket.create_connection((host, int(port)), timeout=1).close()
        await process.stop()
        assert process.pid is None
        assert not alive(pid)
        await process.stop()

    asyncio.run(scenario())


def test_taken_port_is_told_in_the_childs_words() -> None:
    """A bridge whose port is taken at the first start is an error that names the address and the way out."""

    async def scenario() -> None:
        endpoints = free_endpoints()
        async with running(real_bridge(endpoints)):
            second = real_bridge(endpoints)
            with pytest.raises(BridgeStartError, match=f"cannot listen on {endpoints[0]}: another bridge is running"):
                await second.start()
            assert second.pid is None
            await second.stop()

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        (("/nonexistent/bridge",), "cannot be run"),
        (python("import sys; print('no idea', file=sys.stderr); sys.exit(1)"), "did not start: no idea"),
        (python("import os; os._exit(3)"), "did not start: exit code 3"),
        (python("import os; os.kill(os.getpid(), 9)"), "did not start: SIGKILL"),
    ],
)
def test_first_start_that_fails(argv: tuple[str, ...], text: str) -> None:
    """Whatever goes wrong at the first start is one sentence, and nothing is started again."""

    async def scenario() -> None:
        process = BridgeProcess(argv)
        with pytest.raises(BridgeStartError, match=text):
            await process.start()
        assert process.pid is None

    asyncio.run(scenario())


def test_death_is_told_once_and_repaired(caplog: pytest.LogCaptureFixture) -> None:
    """A child that is killed is told once, reported with its signal, and another one takes its place soon."""
    codes: list[int] = []

    async def scenario() -> None:
        async with running(BridgeProcess(python(GOOD), codes.append)) as process:
            first = process.pid
            assert first is not None
            killed = time.monotonic()
            os.kill(first, signal.SIGKILL)
            await until(lambda: process.pid not in {first, None})
            assert time.monotonic() - killed >= supervisor.RESTART_FIRST_S
            assert codes == [-signal.SIGKILL]

    with caplog.at_level(logging.WARNING, "controld.bridge"):
        asyncio.run(scenario())
    warnings = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert warnings == ["the bridge died (SIGKILL); starting it again in 0.2 s"]


def test_delays_grow_and_begin_anew_after_a_long_life(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deaths in a row are answered ever later, up to the limit; a child that lived long enough starts a new series."""
    monkeypatch.setattr(supervisor, "RESTART_MAX_S", 0.3)
    delays: list[float] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if isinstance(record.args, tuple) and "died" in record.msg:
                delays.append(float(str(record.args[1])))

    async def scenario() -> None:
        async with running(BridgeProcess(python(f"{GOOD[: GOOD.rindex(';')]}; import time; time.sleep(0.05)"))):
            await until(lambda: len(delays) >= 3)
            monkeypatch.setattr(supervisor, "LONG_LIFE_S", 0.0)
            await until(lambda: len(delays) >= 4)

    listener = Listener()
    logging.getLogger("controld.bridge").addHandler(listener)
    try:
        asyncio.run(scenario())
    finally:
        logging.getLogger("controld.bridge").removeHandler(listener)
    assert delays[:4] == [0.2, 0.3, 0.3, 0.2]


def test_what_the_child_says_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Every line of the child's standard error is one record, whatever its bytes and its length."""
    code = "\n".join([
        "import sys; out = sys.stderr.buffer",
        "out.write(b'caf\\xe9 \\xff\\n' + b'x' * 200000 + b'\\n\\nafter\\n')",
        f"out.write({READY_LINE!r}.encode() + b'\\n'); out.flush(); sys.stdin.read()",
    ])  # fmt: skip

    async def scenario() -> None:
        async with running(BridgeProcess(python(code))):
            pass

    with caplog.at_level(logging.INFO, "controld.bridge"):
        asyncio.run(scenario())
    lines = [record.message for record in caplog.records]
    assert lines[0] == "caf\N{REPLACEMENT CHARACTER} \N{REPLACEMENT CHARACTER}"
    assert lines[-2:] == ["after", READY_LINE.removeprefix("controld bridge: ")]


def test_stubborn_child_is_killed(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """A child that ignores SIGTERM is killed when its time is up."""
    monkeypatch.setattr(supervisor, "STOP_S", 0.2)

    async def scenario() -> None:
        process = BridgeProcess(python(STUBBORN))
        await process.start()
        pid = process.pid
        assert pid is not None
        await process.stop()
        assert not alive(pid)

    asyncio.run(scenario())
    assert "it is killed" in caplog.text


def test_child_dies_with_its_parent() -> None:
    """A daemon that is killed takes its bridge along."""
    code = "\n".join([
        "import asyncio, sys",
        "from controld.bridge.supervisor import BridgeProcess, bridge_command",
        "async def main():",
        f"    process = BridgeProcess(bridge_command(*{_options(free_endpoints())!r}))",
        "    await process.start()",
        "    print(process.pid, flush=True)",
        "    await asyncio.sleep(60)",
        "asyncio.run(main())",
    ])  # fmt: skip

    async def scenario() -> None:
        pipe = asyncio.subprocess.PIPE
        parent = await asyncio.create_subprocess_exec(*python(code), stdout=pipe)
        assert parent.stdout is not None
        child = int(await asyncio.wait_for(parent.stdout.readline(), 10))
        assert alive(child)
        parent.kill()
        await parent.wait()
        await until(lambda: not alive(child))

    asyncio.run(scenario())


def _options(endpoints: list[str]) -> list[str]:
    command, events, health = endpoints
    return ["--host", "virtual", "--endpoint", command, "--events", events, "--health", health]


def test_the_childs_log_keeps_its_levels(caplog: pytest.LogCaptureFixture) -> None:
    """What is an error in the child is one in the daemon, under the child's own name."""
    lines = ["ERROR controld.bridge.mod-host: it is dead", "NOTE controld.x: plain", READY_LINE]
    script = f"import sys; print({chr(10).join(lines)!r}, file=sys.stderr, flush=True); sys.stdin.read()"

    async def scenario() -> None:
        process = BridgeProcess([sys.executable, "-c", script])
        await process.start()
        await process.stop()

    with caplog.at_level(logging.INFO, "controld.bridge"):
        asyncio.run(scenario())
    told = [(record.name, record.levelname, record.getMessage()) for record in caplog.records]
    assert told[:2] == [
        ("controld.bridge.mod-host", "ERROR", "it is dead"),
        ("controld.bridge", "INFO", "NOTE controld.x: plain"),
    ]
