"""Time to the first gradient, as whole processes, beside `python -c "import numpy"`.

    python -m benchmarks.startup [CASE ...] [--rounds 7]

*process*: from its start to its end; *ready*: imports done and arrays read, from the first line on; *first*: until the
first step is done, what it compiles included. Medians of rounds that alternate. A generated module is a file by itself
and imports NumPy alone; what it takes to derive it stands in `scaling.py`. Python compiles it when it is imported first
(*generated*), and keeps what it compiled (*generated again*), as all start here that is installed.
"""

from __future__ import annotations

import argparse
import os
import py_compile
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.memory import CONTENDERS, fresh, prepared
from benchmarks.race import THREAD_VARIABLES
from benchmarks.workloads import SUITE


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE", default=["mlp-small", "gpt-block"])
    parser.add_argument(
        "--contenders",
        nargs="+",
        choices=CONTENDERS,
        default=["generated", "numpy-expert", "pytorch", "jax", "autograd"],
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    if unknown := set(options.cases) - set(SUITE.cases):
        parser.error(f"no case {', '.join(sorted(unknown))}; there are {', '.join(SUITE.cases)}")
    environment = os.environ | dict.fromkeys(THREAD_VARIABLES, str(options.threads))
    print("| case | process | whole | / import numpy | ready | first |\n|---|---|---:|---:|---:|---:|")
    for case in options.cases:
        with prepared(case) as arguments:
            numpy_alone, times = [], {name: list[tuple[float, float, float]]() for name in options.contenders}
            runs = {**arguments, "generated again": compiled(arguments["generated"])}
            if "generated" in times:
                times["generated again"] = []
            for _ in range(options.rounds):
                start = perf_counter()
                subprocess.run([sys.executable, "-c", "import numpy"], check=True, env=environment)
                numpy_alone.append(perf_counter() - start)
                for name in list(times):
                    start = perf_counter()
                    found = fresh(runs[name], options.threads, "--steps", "1")
                    if found is None:
                        del times[name]
                    else:
                        times[name].append((perf_counter() - start, found["ready"], found["first"]))
        alone = median(numpy_alone)
        print(f"| {case} | import numpy | {alone:.3f} s | 1.00 | - | - |")
        for name, rows in times.items():
            whole, ready, first = (median(column) for column in zip(*rows, strict=True))
            print(
                f"| {case} | {name} | {whole:.3f} s | {whole / alone:.2f} | {ready:.3f} s | {first:.3f} s |", flush=True
            )


def compiled(arguments: list[str]) -> list[str]:
    """The arguments with a copy of the module that Python has compiled."""
    source, *rest = arguments
    place = Path(source).with_name("compiled") / "generated_module.py"
    place.parent.mkdir()
    shutil.copy(source, place)
    py_compile.compile(str(place), doraise=True)
    return [str(place), *rest]


if __name__ == "__main__":
    main()
