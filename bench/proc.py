"""What Linux tells of a process and of a UDP port: CPU time, private memory, datagrams dropped."""

import os
import platform
import time
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """Return the CPU time of a process and its ended threads in seconds (10 ms steps)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def private_mb(pid: int) -> float:
    """Return the USS in MB (10**6 bytes): what would be free if the process ended."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) * 1024 / 1e6


def udp_drops(port: int) -> int:
    """Return how many datagrams the kernel dropped for the socket on this port, since it was opened."""
    drops = 0
    for line in Path("/proc/net/udp").read_text().splitlines()[1:]:
        fields = line.split()
        if int(fields[1].rpartition(":")[2], 16) == port and fields[2].endswith(":0000"):
            drops += int(fields[12])
    return drops


def busy_share(seconds: float) -> float:
    """Watch for so many seconds and return how busy all cores were together, 0.0-1.0."""
    before = _cpu_times()
    time.sleep(seconds)
    spent = [after - earlier for after, earlier in zip(_cpu_times(), before, strict=True)]
    return 1 - (spent[3] + spent[4]) / max(sum(spent), 1)  # idle, and waiting for a disk


def _cpu_times() -> list[int]:
    return [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]


def realtime_threads(pid: int) -> int:
    """Return how many threads of a process run under a real-time policy."""
    tasks = [int(task.name) for task in Path(f"/proc/{pid}/task").iterdir()]
    return sum(os.sched_getscheduler(task) in {os.SCHED_FIFO, os.SCHED_RR} for task in tasks)


def machine() -> dict[str, str]:
    """Return what the figures depend on."""
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    memory = Path("/proc/meminfo").read_text().splitlines()[0].split()[1]
    os_release = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    return {
        "processor": models[0].partition(":")[2].strip() if models else platform.machine(),
        "cores": str(os.cpu_count()),
        "memory": f"{int(memory) / 1e6:.1f} GB",
        "system": os_release.get("PRETTY_NAME", "").strip('"'),
        "kernel": platform.release(),
        "python": platform.python_version(),
    }
