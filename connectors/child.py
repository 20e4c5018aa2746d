"""Child processes that do not outlive us."""

import ctypes
import sys
from signal import SIGKILL

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent() -> None:
    """For Popen's `preexec_fn`: the kernel kills the child when the thread that started it ends, even by kill -9.

    Linux only; nothing elsewhere. Start such a child in the main thread.
    """
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, SIGKILL)
