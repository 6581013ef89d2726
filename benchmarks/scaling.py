"""Seconds of CPU from equations to a module: how they grow with what is written.

    python -m benchmarks.scaling [--layers 10 100 1000] [--transformer 12] [--minors 8] [--profile 25]
    python -m benchmarks.scaling --layers 50 150 500 1500 5000 --transformer --minors --plot FILE

read: the equations written in SymPy and read into terms; derive: the checked derivation; emit: lowering and text.
Imports and the first network of a process (SymPy's own caches) stand aside. The exponent is that of the total's
growth from the line before, by the terms of the equations: 1 is linear. `--plot` draws the seconds by the number of
equations, both logarithmically, with the slope that fits best (needs matplotlib).
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import math
import pstats
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from time import process_time

from benchmarks.networks import dense_chain, minors, transformer
from symbackprop import Network
from symbackprop.pipeline import derive
from symbackprop.sources import module_text
from symbackprop.terms.term import subterms

HEADER = (
    f"{'network':22}{'equations':>10}{'terms':>9}{'lines':>8}{'read':>9}{'derive':>9}{'emit':>9}{'total':>9}  exponent"
)


@dataclass(frozen=True)
class Measured:
    """A network of so many layers: how large it is, and the seconds of reading, deriving and emitting."""

    name: str
    equations: int
    terms: int
    lines: int
    seconds: tuple[float, ...]

    @property
    def total(self) -> float:
        return sum(self.seconds)

    def row(self, before: Measured | None) -> str:
        """`before`: the smaller network that it is compared with."""
        exponent = "" if before is None else f"{_slope([before.terms, self.terms], [before.total, self.total]):.2f}"
        times = "".join(f"{value:8.2f}s" for value in (*self.seconds, self.total))
        return f"{self.name:22}{self.equations:>10}{self.terms:>9}{self.lines:>8}{times}  {exponent}"


def measured(make: Callable[[int], Network], layers: int) -> Measured:
    gc.collect()
    marks = [process_time()]
    net = make(layers)
    program = net.to_program()
    marks.append(process_time())
    derivation = derive(net)
    marks.append(process_time())
    text = module_text(program, derivation.scheduled)
    marks.append(process_time())
    seconds = tuple(after - before for before, after in pairwise(marks))
    terms = sum(1 for equation in program.equations for _ in subterms(equation.rhs))
    return Measured(f"{program.name}, {layers}", len(program.equations), terms, text.count("\n"), seconds)


def table(make: Callable[[int], Network], depths: list[int]) -> list[Measured]:
    """A line for each depth, as it is measured."""
    found: list[Measured] = []
    for layers in depths:
        found.append(measured(make, layers))
        print(found[-1].row(found[-2] if len(found) > 1 else None), flush=True)
    return found


def plot(chain: Sequence[Measured], file: Path) -> None:
    """Seconds by equations, and the line of the slope that fits them best."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "symbackprop", "font.size": 11})
    from matplotlib.figure import Figure

    equations, seconds = [one.equations for one in chain], [one.total for one in chain]
    slope = _slope(equations, seconds)
    middle = [math.exp(sum(map(math.log, values)) / len(values)) for values in (equations, seconds)]
    axes = (figure := Figure(figsize=(6.4, 4))).subplots()
    line = [middle[1] * (each / middle[0]) ** slope for each in equations]
    axes.loglog(equations, line, color="#999999", linewidth=1, label=f"slope {slope:.2f}")
    for place, part in enumerate(("read", "derive", "emit")):
        axes.loglog(equations, [one.seconds[place] for one in chain], "o-", markersize=3, linewidth=1, label=part)
    axes.loglog(equations, seconds, "o", color="#222222", label="total")
    axes.set(xlabel="equations", ylabel="seconds of CPU")
    axes.grid(linewidth=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    figure.savefig(file, bbox_inches="tight", metadata={"Date": None})


def _slope(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """That of the straight line, of logarithms, that fits best."""
    xs, ys = [math.log(size) for size in sizes], [math.log(second) for second in seconds]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / sum((a - x) ** 2 for a in xs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--layers", type=int, nargs="*", default=[10, 100, 1000], help="depths of the dense chain")
    parser.add_argument("--transformer", type=int, nargs="*", default=[1, 12], help="depths of the transformer")
    parser.add_argument("--minors", type=int, nargs="*", default=[4, 6, 8], help="sizes of the determinant")
    parser.add_argument("--profile", type=int, default=0, metavar="N", help="print the N most expensive functions")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the dense chain as SVG")
    options = parser.parse_args()
    measured(transformer, 1)  # warms SymPy's caches
    profile = cProfile.Profile()
    if options.profile:
        profile.enable()
    print(HEADER)
    chain = table(dense_chain, options.layers)
    table(transformer, options.transformer)
    table(minors, options.minors)
    if options.plot:
        plot(chain, options.plot)
    if options.profile:
        profile.disable()
        pstats.Stats(profile).sort_stats("tottime").print_stats(options.profile)


if __name__ == "__main__":
    main()
