"""JACK ports of other programs, held by a process of its own that ends with its standard input."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO


@contextmanager
def held_ports(program: str) -> Iterator[tuple[IO[str], IO[str]]]:
    """Run a program that says "ready"; yields what it is told by and what it answers by."""
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdout:
        try:
            assert process.stdout.readline() == "ready\n"
            yield process.stdin, process.stdout
        finally:
            process.stdin.close()
            try:
                process.wait(5)  # a client that is killed keeps its server from ending
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
