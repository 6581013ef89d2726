"""Memory of a step of the six workloads, beside PyTorch eager, JAX and NumPy by hand.

    python -m benchmarks.memory [CASE ...] [--threads 1]

*arrays*: the most bytes of arrays at a time, beyond parameters and data, as NumPy tells `tracemalloc` (where a few KiB
of Python's own objects count, which matter to `tiny` alone) and PyTorch its profiler: workspace and gradients included,
what BLAS and oneDNN take for themselves not. *grown*: by how much, at most, the resident memory of a fresh process grew
from its imports over twenty steps: all that, and code that is loaded late. *process*: its resident memory at most,
libraries included. Linux only.
"""

from __future__ import annotations

import argparse
import ast
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.race import ROOT, THREAD_VARIABLES
from benchmarks.step import cast
from benchmarks.workloads import SUITE
from benchmarks.workloads.equations import SHEETS
from benchmarks.workloads.layout import given
from symbackprop import generate

CONTENDERS = ("generated", "numpy-expert", "numpy-naive", "pytorch", "pytorch-compiled", "jax", "autograd")
FRESH = Path(__file__).with_name("fresh.py")


@contextmanager
def prepared(case: str) -> Iterator[Mapping[str, list[str]]]:
    """Arguments of `fresh.py` for each contender: the generated module as a file of its own."""
    sheet = SHEETS[case](given())
    params, data = (cast(arrays, SUITE.dtype) for arrays in SUITE.make(case))
    with tempfile.TemporaryDirectory() as folder:
        module, arrays, sizes = (Path(folder) / name for name in ("generated_module.py", "arrays", "with_sizes"))
        module.write_text(generate(sheet.net), encoding="utf-8")
        for place, more in ((arrays, {}), (sizes, {name: np.array(size) for name, size in sheet.sizes.items()})):
            place.mkdir()
            for kind, named in (("p", params), ("d", data | more)):
                for name, value in named.items():
                    np.save(place / f"{kind}.{name}.npy", value)
        found = {"generated": [str(module), "-", case, str(sizes)]}
        for name in CONTENDERS[1:]:
            place, _, build = SUITE.contenders[name].partition(":")
            found[name] = [place, build or "build", case, str(arrays)]
        yield found


def fresh(arguments: list[str], threads: int, *more: str) -> dict[str, Any] | None:
    """What `fresh.py` found; None, and the reason on standard error, if it failed."""
    environment = os.environ | dict.fromkeys(THREAD_VARIABLES, str(threads)) | {"JAX_PLATFORMS": "cpu"}
    command = [sys.executable, str(FRESH), *arguments, *more]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        print(f"without {arguments[0]}: {(done.stderr.splitlines() or ['?'])[-1][:200]}", file=sys.stderr)
        return None
    found: dict[str, Any] = ast.literal_eval(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE", default=SUITE.cases)
    parser.add_argument(
        "--contenders", nargs="+", choices=CONTENDERS, default=["generated", "numpy-expert", "pytorch", "jax"]
    )
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    print("| case | contender | arrays | / pytorch | grown | / pytorch | process |\n|---|---|---:|---:|---:|---:|---:|")
    for case in options.cases:
        with prepared(case) as arguments:
            rows = {}
            for name in options.contenders:
                rows[name] = fresh(arguments[name], options.threads)
                if rows[name] is not None and name not in ("jax", "autograd"):  # JAX's arrays nobody counts
                    rows[name] |= fresh(arguments[name], options.threads, "--count") or {}
        base = rows.get("pytorch") or {}
        for name, row in rows.items():
            if row is not None:
                cells = [
                    cell
                    for key in ("arrays", "grown")
                    for cell in (size(row.get(key)), by(row.get(key), base.get(key)))
                ]
                print(f"| {case} | {name} | {' | '.join(cells)} | {size(row['peak'])} |", flush=True)


def size(count: int | None) -> str:
    if count is None:
        return "-"
    return f"{count / 2**20:.3g} MiB" if count >= 2**20 else f"{count / 2**10:.3g} KiB"


def by(count: int | None, base: int | None) -> str:
    return "-" if not count or not base else f"{count / base:.2f}"


if __name__ == "__main__":
    main()
