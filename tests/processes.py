"""Processes that tests start: none outlives its test, and a busy machine is no reason to fail."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
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


def free_port() -> str:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return str(one.getsockname()[1])


def run_together(code: str, count: int, folder: Path, seconds: float) -> None:
    """Runs the code in `count` processes at once, which are given a free port of this machine and each its number.
    What one of them says is the error where it fails; that they end is waited for so long."""
    port, environment = free_port(), {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    told, until = [folder / f"told_{place}" for place in range(count)], time.monotonic() + seconds
    with ExitStack() as stack:
        started = []
        for place, file in enumerate(told):
            out = stack.enter_context(file.open("w"))
            command = [sys.executable, "-c", LIMIT + code, port, str(place)]
            process = subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=subprocess.STDOUT)
            stack.enter_context(ending(process))
            started.append(process)
        for process, file in zip(started, told, strict=True):
            assert process.wait(max(0.1, until - time.monotonic())) == 0, file.read_text(encoding="utf-8")
