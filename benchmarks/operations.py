"""Multiply-adds of the backward program beside those of the forward program and of numeric differencing.

    python -m benchmarks.operations [NETWORK ...] [--symbolic]

Counted from the equations, as polynomials in the sizes. `limit` is the ratio when every size grows alike; the other
columns are at the sizes of `typical.py`. Numeric differencing: two evaluations of the loss for each parameter entry.
"""

from __future__ import annotations

import argparse

import sympy

from benchmarks.typical import SIZES
from symbackprop import cost, zoo

HEADER = f"{'network':20}{'forward':>14}{'backward':>14}{'ratio':>7}{'limit':>7}{'functions':>11}{'differencing':>19}"


def limit(backward: sympy.Expr, forward: sympy.Expr) -> str:
    """The ratio of the leading terms when all sizes are one number that grows."""
    size = sympy.Symbol("size", positive=True)

    def grown(expr: sympy.Expr) -> sympy.Poly:
        smooth = expr.replace(sympy.floor, lambda argument: argument)
        return sympy.Poly(smooth.subs(dict.fromkeys(smooth.free_symbols, size)), size)

    above, below = grown(backward), grown(forward)
    if above.degree() != below.degree():
        return "-"
    return f"{float(above.LC() / below.LC()):.2f}"


def row(name: str) -> str:
    found, sizes = cost(zoo.load(name)), SIZES[name]

    def at(expr: sympy.Expr) -> int:
        return int(expr.subs({symbol: sizes[symbol.name] for symbol in expr.free_symbols}))

    forward, backward = at(found.forward.multiply_adds), at(found.backward.multiply_adds)
    functions = at(found.backward.functions) / max(1, at(found.forward.functions))
    times = at(found.central_differences.multiply_adds) // backward
    top = limit(found.backward.multiply_adds, found.forward.multiply_adds)
    return (
        f"{name:20}{forward:>14,}{backward:>14,}{backward / forward:>7.2f}{top:>7}{functions:>11.2f}{times:>12,} × more"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("networks", nargs="*", default=list(SIZES))
    parser.add_argument("--symbolic", action="store_true", help="print the polynomials too")
    options = parser.parse_args()
    print(HEADER)
    for name in options.networks:
        print(row(name), flush=True)
    if options.symbolic:
        for name in options.networks:
            found = cost(zoo.load(name))
            print(f"\n{name}\n  forward   {found.forward.multiply_adds}\n  backward  {found.backward.multiply_adds}")


if __name__ == "__main__":
    main()
