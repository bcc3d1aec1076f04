"""One run at a time: two that write the same pages would delete each other's.

The standard library only: `python3 book` reads this file before anything is installed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Wait until no other run has this lock. The system frees it when a run ends, however it ends."""
    lock.parent.mkdir(exist_ok=True)
    with open(lock, "a") as file:
        if taken(file):
            print("Another `python3 book` is at work in this folder: waiting for it (stop with Ctrl+C) …", flush=True)
            while taken(file):
                time.sleep(0.2)
        yield


def taken(file: IO[str]) -> bool:
    """Whether another run has the lock on this file; if not, it is ours until the file is closed."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # Linux and macOS; Windows
        return True
    except OSError:  # a file system without locks: nobody waits
        pass
    return False
