"""Time of a step, loss and all gradients: generated modules beside PyTorch, JAX, autograd and NumPy by hand.

    python -m benchmarks.steps                                    # the six workloads, all contenders
    python -m benchmarks.steps workloads cnn lstm --threads 1 --contenders generated pytorch
    python -m benchmarks.steps zoo                                # every network of the zoo beside PyTorch eager
    python -m benchmarks.steps gradbench                          # evaluations of GradBench, beside PyTorch and JAX

Equations or layers are derived and generated the ordinary way, and `value_and_grad` runs with a reused `Workspace`.
Each contender runs in a process of its own; gradients are compared first; rounds of all alternate (`race.py`). A ratio
is the median of the rounds' ratios, below 1 where the contender is faster. JAX and autograd are left out, and said to
be, where they are not installed; zoo and gradbench need PyTorch, which is their reference: `pip install torch jax
autograd`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.race import Absent, Plan, Row, race, suite_of

SUITES = ("workloads", "zoo", "gradbench")
SLOWER = 1.1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite", nargs="?", choices=SUITES, default=SUITES[0])
    parser.add_argument("cases", nargs="*", metavar="CASE", help="by default all of the suite")
    parser.add_argument("--contenders", nargs="+", metavar="NAME", help="by default all that the suite has")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=0.25, help="of a timed block")
    parser.add_argument("--tries", type=int, default=4, help="to find a quiet block")
    parser.add_argument(
        "--clock", choices=["wall", "processor"], default="wall", help="processor: one thread, busy machine"
    )
    parser.add_argument("--json", type=Path, help="append the rows to this file, a JSON object a line")
    options = parser.parse_args()
    suite = suite_of(options.suite)
    cases = options.cases or suite.cases
    names = options.contenders or suite.default or tuple(suite.contenders)
    for kind, given, known in (("case", cases, suite.cases), ("contender", names, suite.contenders)):
        if unknown := set(given) - set(known):
            parser.error(f"no {kind} {', '.join(sorted(unknown))} in {options.suite}; it has {', '.join(known)}")
    beside = tuple(name for name in ("numpy-expert", "jax") if name in names)
    for threads in options.threads:
        rows: list[Row] = []
        plan = Plan(threads, options.rounds, options.seconds, options.tries, options.clock, beside)
        print(f"\n## {options.suite}, {threads} thread{'s' * (threads > 1)}\n\n{heading(suite.base, beside)}")
        for case in cases:
            try:
                found = race(options.suite, case, names, plan)
            except Absent as reason:
                sys.exit(str(reason))
            for row in sorted(found, key=lambda row: row.micros):
                print(line(row, suite.base, beside), flush=True)
            rows += found
            if options.json is not None:
                with options.json.open("a", encoding="utf-8") as file:
                    file.writelines(row.json() + "\n" for row in found)
        print(f"\n{slower(rows, suite.base)}", flush=True)
        if any(row.error is not None and not row.error <= suite.tolerance for row in rows):
            sys.exit("gradients differ")


def heading(base: str, beside: Sequence[str]) -> str:
    columns = ["case", "contender", "median", "IQR", f"/ {base}", "quartiles", *(f"/ {name}" for name in beside)]
    columns += ["error", "quiet"]
    return f"| {' | '.join(columns)} |\n|---|---|{'---:|' * (len(columns) - 2)}"


def line(row: Row, base: str, beside: Sequence[str]) -> str:
    low, middle, high = (f"{ratio:.2f}" for ratio in row.ratios[base]) if base in row.ratios else ("-", "-", "-")
    cells = [
        row.case,
        row.contender,
        duration(row.micros),
        f"{row.spread:.0%}",
        middle,
        f"{low} .. {high}",
    ]
    cells += [f"{row.ratios[name][1]:.2f}" if name in row.ratios else "-" for name in beside]
    cells += ["-" if row.error is None else f"{row.error:.0e}", f"{row.quiet}/{row.rounds}"]
    return f"| {' | '.join(cells)} |"


def duration(micros: float) -> str:
    if micros < 1000:
        return f"{micros:.3g} µs"
    return f"{micros / 1000:.3g} ms"


def slower(rows: Sequence[Row], base: str) -> str:
    """The generated modules that take more than SLOWER times as long as the base."""
    if not any(base in row.ratios for row in rows):
        return f"Nothing stands beside {base}, which did not run."
    behind = sorted(
        (-row.ratios[base][1], row.case, row.contender)
        for row in rows
        if row.contender.startswith("generated") and base in row.ratios and row.ratios[base][1] > SLOWER
    )
    if not behind:
        return f"None slower than {SLOWER} × {base}."
    named = ", ".join(f"{case} ({contender}) {-ratio:.2f}" for ratio, case, contender in behind)
    return f"Slower than {SLOWER} × {base}: {named}."


if __name__ == "__main__":
    main()
