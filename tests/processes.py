"""Processes that tests start: none outlives its test, and a busy machine is no reason to fail."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 900  # seconds until a process that says nothing counts as hanging
SECONDS = 600  # of processor time, many times what anything here takes
LIMIT = f"import resource\nresource.setrlimit(resource.RLIMIT_CPU, ({SECONDS}, {SECONDS}))\n"


@contextmanager
def ending(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> Iterator[None]:
    """Ends the process, if it has not ended, however the block is left."""
    with process:
        try:
            yield
        finally:
            process.kill()


def said_elsewhere(code: str, *arguments: str, folder: Path) -> str:
    """What the code prints in a process that differs from this one in all that should not matter: it has another hash
    seed and works in another folder."""
    seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    environment = {
        **os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONIOENCODING": "utf-8",
    }  # fmt: skip
    command = [sys.executable, "-c", LIMIT + code, *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE, check=True)
    return done.stdout.decode("utf-8")
