"""The most memory that this process has held."""

from pathlib import Path


def peak_mb() -> float:
    """The peak resident size, of this program alone: `ru_maxrss` would begin at the size of the
    process that started it."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise OSError("this system does not tell the peak of a process's memory")
