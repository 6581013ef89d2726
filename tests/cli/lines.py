"""Command lines that nobody should type: `python -m tests.cli.lines --count 2000` draws them, runs each in this process
and prints those that do not end as promised.

A line ends with status 0, or with 1 or 2 and one line on stderr that names the cause; never in an internal error, and
never with something left beside its target.
"""

import argparse
import contextlib
import io
import os
import random
import signal
import sys
from pathlib import Path

from symbackprop.cli.main import status

LINE = """from symbackprop import Network, Sum, delta
net = Network("line")
N, D = net.dims("N D")
n, i = net.indices(n=N, i=D)
x, y, w = net.input("x", (N, D)), net.input("y", (N,)), net.parameter("w", (D,))
r = net.tensor("r")
r[n] = Sum(w[i] * x[n, i], i) - y[n]
net.loss = Sum(r[n] ** 2, n) / N
"""
FILES = {
    "ok.py": LINE,
    "claimed.py": LINE + "net.claim(delta(r)[n], 2*r[n]/N)\n",
    "claims.py": "net.claim(delta(r)[n], 2*r[n]/N)\n",
    "base.py": "raise BaseException('no')\n",
    "generator.py": "raise GeneratorExit\n",
    "interrupt.py": "raise KeyboardInterrupt\n",
    "memory.py": "raise MemoryError\n",
    "deep.py": "def deep():\n    deep()\ndeep()\n",
    "syntax.py": "def (:\n",
    "bytes.py": b"x = '\xff\xfe'\n",
    "zero.py": "x = 1\0\n",
    "import.py": "import no_such_module\n",
    "prints.py": "print('hello')\n" + LINE,
    "two.py": LINE + LINE.replace("net", "other").replace("other.py", "net"),
    "none.py": "x = 1\n",
    "number.py": "net = 3\n",
    "mute.py": "class E(Exception):\n    def __str__(self):\n        raise ValueError\nraise E\n",
    "lines.py": "raise ValueError('a\\nb\\nc')\n",
    "exits.py": "import sys\nsys.exit()\n",
    "closes.py": LINE + "import sys\nsys.stdout.close()\n",
    "lossless.py": LINE.replace("net.loss", "loss"),
    "empty.py": "",
}
LINKS = {"round": "about", "about": "round", "lost": "missing/x.py", "link": "linked.py"}
LONG = "9" * 5000
NETWORKS = ("", ".", "folder", "folder.py", "mpl", "ok", "ok.py:", "ok.py:x", "ok.py:net", "no.py", "round", "lost",
            "softmax_regression", "a" * 300, "\udcff.py", "-", *FILES)  # fmt: skip
TARGETS = ("", ".", "-", "folder", "folder/", "round", "lost", "link", "no/such.py", "ok.py/x", "/dev/full",
           "/dev/null", "x.py", "x.tex", "x.md", "x.html", "x.docx", "x", "a" * 300, "a" * 250 + ".py", "\n.py",
           "/proc/x.py")  # fmt: skip
DIMS = ("", ",", "N", "N=", "=3", "N=0", "N=-1", "N=x", "N=2.5", "N=1e3", "N=²", "N=0x4", "N=2,N=3", "Q=2", "N=2",
        "N=2,D=3", "N=00002", f"N={10**20}", f"N={LONG}", f"N={2**63 - 1},D={2**63 - 1}", "N=1000000000")  # fmt: skip
SEEDS = ("", "x", "-1", "0", "7", "1.5", str(2**32), str(10**20), LONG)
OPTIONS = {
    "generate": {"-o": TARGETS, "--wrt": ("", ",", "x", "r", "N", "x,x", "no"), "--optimizer": ("", "no", "adamw"),
                 "--backend": ("numpy", "fortran", ""), "--dims": DIMS},
    "latex": {"-o": TARGETS, "--form": ("index", "matrix", "no", ""), "--level": ("result", "full", "no"),
              "--standalone": (None,), "--no-steps": (None,)},
    "report": {"-o": TARGETS, "--dims": DIMS, "--seed": SEEDS},
    "verify": {"--dims": DIMS, "--seed": SEEDS, "--json": TARGETS, "--method": ("exact", "no", "")},
    "check-derivation": {"--dims": DIMS, "--seed": SEEDS, "--json": TARGETS},
    "cost": {"--dims": DIMS},
    "profile": {"--dims": tuple(dims for dims in DIMS if dims != "N=2,D=3"), "--json": TARGETS},  # which measures
    "list": {},
    "no": {},
}  # fmt: skip


def furnish(folder):
    """The files, folders and links that the lines speak of."""
    for name, content in FILES.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    for name in ("folder", "folder.py"):
        (folder / name).mkdir()
    for name, behind in LINKS.items():
        (folder / name).symlink_to(behind)


def draw(rng):
    """A command line."""
    command = rng.choice(list(OPTIONS))
    line = [command]
    for _ in range(rng.choice((1, 1, 1, 1, 0, 2))):
        line.append(rng.choice((*NETWORKS, *["ok.py"] * len(NETWORKS))))
    if command == "check-derivation" and rng.random() < 0.5:
        line.append(rng.choice(("claims.py", "folder", "no.py", "", *FILES)))
    for option, values in OPTIONS[command].items():
        if rng.random() < (0.8 if option == "-o" else 0.4):
            value = rng.choice(values)
            line += [option] if value is None else [option, value]
    if rng.random() < 0.1:
        line.append(rng.choice(("--no", "--all", "--check", "-o", "--dims", "--seed", "--help", "--version")))
    return line


def trouble(line, folder):
    """What is wrong with how the line ends, in `folder`, or None."""
    known = {path.name for path in folder.iterdir()}
    targets = {os.path.basename(os.readlink(folder / name)) if name in LINKS else name for name in line}
    out, err = _Stream(), _Stream()
    before, handler = Path.cwd(), signal.signal(signal.SIGINT, _end)  # as the command has it, which raises nothing
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = status(line)
    except BaseException as error:  # whatever it is, nobody may see it
        return f"{type(error).__name__}: {error}"
    finally:
        os.chdir(before)
        signal.signal(signal.SIGINT, handler)
    said, new = err.text().removeprefix("hello\n"), {path.name for path in folder.iterdir()} - known
    for name in new:
        (folder / name).unlink()
    if new - targets:
        return f"left {new}"
    if "internal error" in said or "Errno" in said or "Traceback" in said:
        return said
    refused = code == 2 and said.startswith("symbackprop: error: ") and len(said.splitlines()) == 1
    return None if code in (0, 1) or refused else f"status {code}: {said!r}"


def _end(*_):
    os._exit(130)


class _Stream(io.TextIOWrapper):
    """A stream that keeps what is written, closed or not."""

    def __init__(self):
        super().__init__(io.BytesIO(), encoding="utf-8", errors="surrogateescape", write_through=True)

    def close(self):
        pass

    def text(self):
        return self.buffer.getvalue().decode("utf-8", "replace")


if __name__ == "__main__":
    import tempfile

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng, wrong = random.Random(options.seed), 0
    with tempfile.TemporaryDirectory() as place:
        furnish(Path(place))
        for _ in range(options.count):
            line = draw(rng)
            found = trouble(line, Path(place))
            if found is not None:
                wrong += 1
                print([part[:40] for part in line], found[:300], file=sys.stdout, flush=True)
    print(f"{options.count} lines, {wrong} not as expected")
