"""How far every layer and loss is from PyTorch, case by case of the grid that the tests verify.

    python benchmarks/agreement.py [-o docs/reference/agreement.md]

Needs PyTorch (`pip install 'symbackprop[torch]'`). Prints a table; exit status 1 where a case is beyond 1e-10.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import torch  # noqa: E402
from layers.agreement.compare import compare  # noqa: E402
from layers.cases import CASES  # noqa: E402

TOLERANCE = 1e-10

HEAD = """# Agreement with PyTorch

Every layer and loss against its namesake in PyTorch (or the published formula, where PyTorch has none), both in
float64: the largest difference of loss, outputs and next buffers (*value*) and of the gradients by all parameters and
by all float inputs (*gradients*), each relative to the largest entry of PyTorch's array. Axes with letters were drawn
from small primes. The same cases are verified by the default tests, without PyTorch, by exact arithmetic, the
interpreter and central differences. This page is the output of `python benchmarks/agreement.py`, run with PyTorch
{version}; the worst of {count} cases: value {value:.1e}, gradients {gradients:.1e}.

| layer | axes given | options | value | gradients |
|---|---|---|---:|---:|
"""


def line(found):
    given = ", ".join(f"{name} ({axes})" for name, axes in found.case.given.items()).replace("input ", "")
    return f"| `{found.case.layer}` | {given} | {found.case.title} | {found.value:.0e} | {found.gradients:.0e} |\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # what PyTorch says of its own options
    rows = [compare(case) for case in CASES.values()]
    value, gradients = max(row.value for row in rows), max(row.gradients for row in rows)
    text = HEAD.format(version=torch.__version__.partition("+")[0], count=len(rows), value=value, gradients=gradients)
    text += "".join(map(line, rows))
    if options.output is None:
        print(text, end="")
    else:
        options.output.write_text(text, encoding="utf-8")
    return 0 if max(value, gradients) <= TOLERANCE else 1


if __name__ == "__main__":
    sys.exit(main())
