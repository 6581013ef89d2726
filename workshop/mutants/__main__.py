"""Mutants of every network in the zoo: how many were made, are equivalent, and were caught by which check.

    python -m workshop.mutants [--most 200] [--no-numeric] [NETWORK ...]

Exit status 1 if a wrong mutant was missed by the exact check, or an equivalent one refused.
"""

from __future__ import annotations

import sys
from collections import Counter
from time import perf_counter

import click

from symbackprop import zoo
from symbackprop.stages import derived_of
from workshop.mutants.fates import Fate, fates, tally
from workshop.mutants.make import choose_mutants

COLUMNS = ("made", "equivalent", "wrong", "caught exactly", "caught by differences", "false alarms")


def examine(name: str, most: int, numeric: bool, seed: int) -> list[Fate]:
    """The fates of the mutants of one network's derivation, as `generate` would lower it."""
    program = zoo.load(name).to_program()
    derived = derived_of(program)
    return list(fates(program, derived, choose_mutants(derived, most, seed), seed, numeric))


@click.command()
@click.argument("networks", nargs=-1)
@click.option("--most", default=200, show_default=True, help="Mutants of each network, every kind in its share.")
@click.option("--numeric/--no-numeric", default=True, show_default=True, help="Central differences too (slower).")
@click.option("--seed", default=0, show_default=True)
def main(networks: tuple[str, ...], most: int, numeric: bool, seed: int) -> None:
    """Mutants made, equivalent and caught, for NETWORKS (default: the zoo)."""
    click.echo(f"{'network':24}" + "".join(f"{column:>23}" for column in COLUMNS) + f"{'seconds':>10}")
    total: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for name in networks or zoo.names():
        start = perf_counter()
        results = examine(name, most, numeric, seed)
        counts = tally(results)
        total.update(counts)
        kinds.update(fate.mutant.mistake.value for fate in results if not fate.equivalent)
        click.echo(f"{name:24}" + "".join(f"{counts[c]:23}" for c in COLUMNS) + f"{perf_counter() - start:10.1f}")
        for fate in results:
            if fate.equivalent == fate.caught:
                verdict = "refused" if fate.equivalent else "missed"
                click.echo(f"  {verdict}: {fate.mutant.mistake.value}: {fate.mutant.place}")
    click.echo(f"{'all':24}" + "".join(f"{total[c]:23}" for c in COLUMNS))
    click.echo("wrong mutants by mistake: " + ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items())))
    sys.exit(int(total["caught exactly"] != total["wrong"] or total["false alarms"] > 0))


if __name__ == "__main__":
    main()
