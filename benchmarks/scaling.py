"""Seconds of CPU from equations to a module: how they grow with the number of layers.

    python -m benchmarks.scaling [--layers 10 100 1000] [--transformer 12] [--profile 25]

read: the equations written in SymPy and read into terms; derive: the checked derivation; emit: lowering and text.
Imports and the first network of a process (SymPy's own caches) stand aside. The exponent is that of the total's
growth from the line before: 1 is linear.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import math
import pstats
from collections.abc import Callable
from itertools import pairwise
from time import process_time

from benchmarks.networks import dense_chain, transformer
from symbackprop import Network
from symbackprop.pipeline import derive, module_text
from symbackprop.terms.program import Program

HEADER = f"{'network':22}{'equations':>10}{'lines':>8}{'read':>9}{'derive':>9}{'emit':>9}{'total':>9}  exponent"


def measured(make: Callable[[int], Network], layers: int) -> tuple[Program, str, list[float]]:
    """(the program, the module's text, the seconds of reading, deriving and emitting)."""
    gc.collect()
    marks = [process_time()]
    net = make(layers)
    program = net.to_program()
    marks.append(process_time())
    derivation = derive(net)
    marks.append(process_time())
    text = module_text(program, derivation.scheduled)
    marks.append(process_time())
    return program, text, [after - before for before, after in pairwise(marks)]


def table(make: Callable[[int], Network], depths: list[int]) -> None:
    make(1)
    last: tuple[int, float] | None = None
    for layers in depths:
        program, text, seconds = measured(make, layers)
        total = sum(seconds)
        exponent = f"{math.log(total / last[1]) / math.log(layers / last[0]):.2f}" if last else ""
        row = "".join(f"{value:8.2f}s" for value in (*seconds, total))
        name = f"{program.name}, {layers} layers"
        print(f"{name:22}{len(program.equations):>10}{text.count(chr(10)):>8}{row}  {exponent}", flush=True)
        last = layers, total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--layers", type=int, nargs="*", default=[10, 100, 1000], help="depths of the dense chain")
    parser.add_argument("--transformer", type=int, nargs="*", default=[1, 12], help="depths of the transformer")
    parser.add_argument("--profile", type=int, default=0, metavar="N", help="print the N most expensive functions")
    options = parser.parse_args()
    measured(transformer, 1)  # warms SymPy's caches
    profile = cProfile.Profile()
    if options.profile:
        profile.enable()
    print(HEADER)
    table(dense_chain, options.layers)
    table(transformer, options.transformer)
    if options.profile:
        profile.disable()
        pstats.Stats(profile).sort_stats("tottime").print_stats(options.profile)


if __name__ == "__main__":
    main()
