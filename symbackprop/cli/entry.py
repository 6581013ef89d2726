"""Where the command begins and ends: nothing large is imported here before Ctrl-C is in good hands."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from contextlib import suppress

from symbackprop.cli import interrupt

__all__ = ["main"]


def main() -> None:
    """Run the command with the arguments of the process, and end the process with its exit status.

    The process ends without the interpreter's own clearing up, in which a signal would be lost and which takes long for
    the terms of a large network; what was registered for the end of the process is called.
    """
    interrupt.install()
    gc.set_threshold(200_000, 50, 50)  # terms are many, and hardly ever in cycles: looking for these took a third
    from symbackprop.cli.main import status

    code = status()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):  # gone or closed: `status` has said so
            stream.flush()
    os._exit(code)
