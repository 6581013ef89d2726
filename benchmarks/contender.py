"""One contender at one case, in a process of its own; `race.py` talks to it in lines of JSON.

    python -m benchmarks.contender SUITE CONTENDER CASE [--dtype float64] [--cpu 1]

Commands on its standard input: `arrays PATH` saves what a step returns, `time SECONDS CLOCK` times steps for
so long, by the wall or by the processor's time of this process, `quit`.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from collections.abc import Callable
from time import perf_counter, perf_counter_ns, process_time_ns
from typing import Any

MOST_TIMES = 4000
CLOCKS = {"wall": perf_counter_ns, "processor": process_time_ns}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("suite")
    parser.add_argument("contender")
    parser.add_argument("case")
    parser.add_argument("--dtype")
    parser.add_argument("--cpu", type=int)
    options = parser.parse_args()
    if options.cpu is not None:
        os.sched_setaffinity(0, {options.cpu})  # before anything starts its threads
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer

    def answer(**values: Any) -> None:
        print(json.dumps(values), file=out, flush=True)

    step = build(options.suite, options.contender, options.case, options.dtype)
    for line in sys.stdin:
        command, *rest = line.split()
        if command == "quit":
            return
        elif command == "arrays":
            answer(saved=save(step, rest[0]))
        elif command == "time":
            answer(nanoseconds=timed(step.run, float(rest[0]), CLOCKS[rest[1]]))


def build(suite: str, contender: str, case: str, dtype: str | None) -> Any:
    from benchmarks.step import cast

    known = importlib.import_module(f"benchmarks.{suite}").SUITE
    module, _, function = known.contenders[contender].partition(":")
    maker = getattr(importlib.import_module(module), function or "build")
    params, data = (cast(arrays, dtype or known.dtype) for arrays in known.make(case))
    return maker(case, params, data)


def save(step: Any, path: str) -> bool:
    import numpy as np

    if step.read is None:
        return False
    arrays = {name: np.asarray(value) for name, value in step.read(step.run()).items()}
    np.savez(path, **arrays)
    return True


def timed(run: Any, seconds: float, clock: Callable[[], int]) -> list[int]:
    """Nanoseconds of single calls, three at least, after two to warm up."""
    run(), run()
    times: list[int] = []
    end = perf_counter() + seconds
    while len(times) < 3 or perf_counter() < end:
        start = clock()
        run()
        times.append(clock() - start)
    return times[:: len(times) // MOST_TIMES + 1]


if __name__ == "__main__":
    main()
