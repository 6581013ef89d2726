"""Ctrl-C, wherever it comes, is status 130, one line and nothing half-written; the library leaves signals alone."""

import os
import pty
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.processes import PATIENCE, ending

from . import interrupts

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks /proc who handles which signal")

INTERRUPTED = "symbackprop: interrupted\n"
KILL = "import os, signal, time, weakref\ndef kill(*_):\n    os.kill(os.getpid(), signal.SIGINT)\n    time.sleep(9)\n"
PLACES = {
    "plainly": "kill()",
    "in code that catches everything": "try:\n    kill()\nexcept BaseException:\n    pass",
    "in a finaliser": "class A:\n    __del__ = kill\nA()",
    "in the callback of a weak reference": "class A: pass\na = A()\nr = weakref.ref(a, kill)\ndel a",
    "at the end of the process": "import atexit\natexit.register(kill)\nfrom symbackprop.zoo.mlp import net",
    "in another thread": "import threading\nthreading.Thread(target=kill).start()\ntime.sleep(9)",
}


def test_at_many_moments(tmp_path):
    """A few of the moments that `python -m tests.cli.interrupts` tries."""
    assert interrupts.sweep(4, tmp_path, commands=("generate",)) == []


@pytest.mark.parametrize("place", PLACES)
def test_in_the_file_of_a_network(tmp_path, place):
    (tmp_path / "net.py").write_text(KILL + PLACES[place])
    done = subprocess.run(
        [sys.executable, "-m", "symbackprop", "cost", "net.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (130, INTERRUPTED)


def test_an_engine_does_not_outlive_it(tmp_path):
    """Nor does what the engine started, nor the folder in which it worked."""
    engine = tmp_path / "bin" / "pdflatex"
    engine.parent.mkdir()
    engine.write_text(f"#!/bin/sh\nsleep 60 &\necho $$ $! > {tmp_path}/started.new\n"
                      f"mv {tmp_path}/started.new {tmp_path}/started\nwait\n")  # fmt: skip
    engine.chmod(0o755)
    (tmp_path / "tmp").mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "symbackprop", "latex", "linear_regression", "-o", "out.pdf"], cwd=tmp_path, text=True,
        stderr=subprocess.PIPE,
        env={**os.environ, "PATH": f"{engine.parent}:{os.environ['PATH']}", "TMPDIR": str(tmp_path / "tmp")},
    )  # fmt: skip
    with ending(process):
        while not (tmp_path / "started").exists():
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (130, INTERRUPTED)
    assert not (tmp_path / "out.pdf").exists()
    assert list((tmp_path / "tmp").iterdir()) == []
    for pid in map(int, (tmp_path / "started").read_text().split()):
        assert not _alive(pid)


def _alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_key_itself(tmp_path):
    """Typed on a terminal, while the line of progress shows: it is wiped, and one line is left."""
    (tmp_path / "net.py").write_text(f"import time\ntime.sleep({PATIENCE})")
    pid, terminal = pty.fork()
    if not pid:
        os.chdir(tmp_path)
        os.execv(sys.executable, [sys.executable, "-m", "symbackprop", "cost", "net.py"])
    shown = b""
    try:
        while b"counting" not in shown:
            shown += os.read(terminal, 1000)
        os.write(terminal, b"\x03")
        with suppress(OSError):  # the other end is closed
            while piece := os.read(terminal, 1000):
                shown += piece
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 130
    finally:
        os.close(terminal)  # which hangs up on whoever is still there
    assert shown.decode().rpartition("\x1b[2K")[2] == INTERRUPTED.replace("\n", "\r\n")


def test_what_is_held_and_what_is_ensured():
    code = (
        "import os, signal\nfrom symbackprop.cli import interrupt\ninterrupt.install()\n"
        "with interrupt.Ensured(lambda: print('first', flush=True)), interrupt.Ensured(lambda: 1 / 0),"
        " interrupt.Ensured(lambda: print('last', flush=True)):\n"
        "    with interrupt.Held():\n        os.kill(os.getpid(), signal.SIGINT)\n        print('held', flush=True)\n"
        "    print('never')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "held\nlast\nfirst\n", INTERRUPTED)


def test_the_library_and_those_who_ignore_signals():
    code = (
        "import signal\nbefore = [signal.getsignal(n) for n in (2, 15)]\nimport symbackprop\n"
        "from symbackprop import Network, zoo\nzoo.load('linear_regression')\n"
        "import symbackprop.cli.main\nassert symbackprop.cli.main.status(['list']) == 0\n"
        "assert before == [signal.getsignal(n) for n in (2, 15)]\n"
        "signal.signal(2, signal.SIG_IGN)\nfrom symbackprop.cli import interrupt\ninterrupt.install()\n"
        "assert signal.getsignal(2) is signal.SIG_IGN and signal.getsignal(15) is not before[1]"
    )
    subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL, check=True)


def test_nothing_large_is_imported_before_signals_are_handled():
    code = "import sys, symbackprop.cli.entry\nprint(sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"sympy", "numpy", "jinja2", "click", "mpmath"} & set(eval(done.stdout))
