"""What this process holds in memory, in MB, as Linux counts it."""

from pathlib import Path

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def resident_mb() -> float:
    """Resident now."""
    return _mb("VmRSS")


def peak_mb() -> float:
    """The most that was resident since `reset_peak`."""
    return _mb("VmHWM")


def reset_peak() -> None:
    _CLEAR.write_text("5")


def _mb(name: str) -> float:
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024
