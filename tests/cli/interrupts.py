"""Interrupts the command at many moments and says what came of it: `python -m tests.cli.interrupts --count 400`.

Each run is expected to end with status 130 and one line, with nothing left beside its target, and the target old or
complete. The moments are drawn between the command's taking charge of signals, which /proc tells, and its end.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.processes import PATIENCE, ending

ENTRIES = ([str(Path(sys.executable).with_name("symbackprop"))], [sys.executable, "-m", "symbackprop"])
CLAIMS = "net.claim(delta(z2)[n, k], (p[n, k] - y[n, k])/N)\n"
COMMANDS = {  # and the file that each writes
    "generate": (["generate", "mlp", "-o", "out.py"], "out.py"),
    "latex": (["latex", "mlp", "--level", "full", "-o", "out.tex"], "out.tex"),
    "verify": (["verify", "mlp", "--json", "out.json"], "out.json"),
    "report": (["report", "mlp", "-o", "out.html"], "out.html"),
    "check-derivation": (["check-derivation", "mlp", "claims.py", "--json", "out.json"], "out.json"),
}
ENDING = 0.1  # seconds in which the system takes a process apart that has ended as far as it knows
LINES = {signal.SIGINT: "symbackprop: interrupted\n", signal.SIGTERM: "symbackprop: terminated\n"}


@dataclass
class Whole:
    """What a run gives that nobody interrupts: its file, and how long it takes from taking charge of signals on."""

    text: bytes
    seconds: float


def start(entry, arguments, folder):
    """The process, once it is in charge of signals."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a background job, whose children would ignore it too
        signal.signal(signal.SIGINT, signal.default_int_handler)
    (folder / "claims.py").write_text(CLAIMS)
    process = subprocess.Popen(
        [*entry, *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "TMPDIR": str(folder)},
    )  # fmt: skip
    while process.poll() is None and not _caught(process.pid) & 1 << signal.SIGTERM - 1:
        time.sleep(0.001)
    return process


def _caught(pid):
    """The mask of the signals that the process handles."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1], 16) for line in lines if line.startswith("SigCgt")), 0)


def whole(entry, command, folder):
    arguments, target = COMMANDS[command]
    process = start(entry, arguments, folder)
    with ending(process):
        begin = time.monotonic()
        _, err = process.communicate(timeout=PATIENCE)
    assert err == "", err
    return Whole((folder / target).read_bytes(), time.monotonic() - begin)


def interrupted(entry, command, delay, folder, complete, number=signal.SIGINT):
    """What is wrong with a run that is interrupted after `delay`: None where nothing is, or it ended before that."""
    arguments, target = COMMANDS[command]
    (folder / target).write_text("old")
    process = start(entry, arguments, folder)
    with ending(process):
        time.sleep(delay)
        ended = process.poll() is not None
        process.send_signal(number)
        sent = time.monotonic()
        _, err = process.communicate(timeout=PATIENCE)
        late = ended or time.monotonic() - sent < ENDING
    left = sorted(path.name for path in folder.iterdir() if path.name not in (target, "claims.py"))
    if late and process.returncode == 0 and not err and not left and (folder / target).read_bytes() == complete.text:
        return None
    if process.returncode != 128 + number or err != LINES[number]:
        return f"status {process.returncode}, {err!r}"
    if left:
        return f"left {left}"
    text = (folder / target).read_bytes()
    return None if text in (b"old", complete.text) else f"{target} holds {text[:60]!r}"


def sweep(count, folder, seed=0, commands=tuple(COMMANDS), number=signal.SIGINT):
    """(runs, what was wrong with each that was not as expected)."""
    rng, known, found = random.Random(seed), {}, []
    for run in range(count):
        command, entry = commands[run % len(commands)], ENTRIES[run // len(commands) % len(ENTRIES)]
        if command not in known:
            known[command] = whole(entry, command, folder)
            (folder / COMMANDS[command][1]).unlink()
        delay = rng.uniform(0, known[command].seconds)
        wrong = interrupted(entry, command, delay, folder, known[command], number)
        (folder / COMMANDS[command][1]).unlink()
        if wrong is not None:
            found.append(f"{' '.join(entry[1:] or ['symbackprop'])} {command} after {delay:.3f} s: {wrong}")
    return found


if __name__ == "__main__":
    import tempfile

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for number in LINES:
        with tempfile.TemporaryDirectory() as place:
            found = sweep(options.count, Path(place), options.seed, number=number)
        print(f"{number.name}: {options.count} runs, {len(found)} not as expected", *found, sep="\n  ")
