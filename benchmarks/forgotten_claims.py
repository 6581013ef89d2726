"""Claims that forget one case of a right one: how many are refuted, left undecided, proved; none may be proved falsely.

    python benchmarks/forgotten_claims.py [--most 60] [--seeds 2] [NETWORK ...]

Over the zoo and over losses with margins, clips, masks and paddings, each seed with a choice of claims of its own. A
claim that is proved is given to an oracle (forward mode in floats, at data of its own). Exit status 1 if one of these
finds it false, or if a right claim is not proved.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from time import perf_counter

import click
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from claims.forgotten import Forgotten, falsified, forgetful, rarely_wrong, right_claims  # noqa: E402
from claims.margins import NETWORKS, made  # noqa: E402
from claims.networks import fresh  # noqa: E402

from symbackprop import zoo  # noqa: E402
from symbackprop.claims import Verdict, check_claims  # noqa: E402

COLUMNS = ("right", "right, proved", "forgetful", "REFUTED", "undecided", "proved", "of these false")


def examine(name: str, most: int, seed: int, verbose: bool) -> Counter[str]:
    """Counts of one network's claims."""
    net = (made(name) if name in NETWORKS else fresh(name)).net
    right, ground = right_claims(net)
    if not right:
        return Counter()
    every = [other for claim in right for other in (*forgetful(claim), *rarely_wrong(claim, ground.program))]
    rng = np.random.default_rng([seed, 0xF09])
    chosen: list[Forgotten] = [every[place] for place in sorted(rng.permutation(len(every))[:most])]
    rows = check_claims(net.to_program(), [*right, *(other.claim for other in chosen)], seed=seed, explain=False).rows
    counts = Counter({"right": len(right), "forgetful": len(chosen)})
    for claim, row in zip(right, rows, strict=False):
        counts["right, proved"] += row.verdict is Verdict.PROVED
        if row.verdict is not Verdict.PROVED:
            click.echo(f"  right, {row.verdict.value}: {claim.text}: {row.note}")
    for other, row in zip(chosen, rows[len(right) :], strict=True):
        counts[row.verdict.value] += 1
        if row.verdict is Verdict.PROVED and falsified(ground.program, other.claim, seed) is not None:
            counts["of these false"] += 1
            click.echo(f"  FALSELY PROVED: {other.what}: {other.claim.text}: {row.note}")
        if row.verdict is Verdict.UNDECIDED and verbose:
            click.echo(f"  undecided: {other.what}: {other.claim.text}: {row.note}")
    return counts


@click.command()
@click.argument("networks", nargs=-1)
@click.option("--most", default=60, show_default=True, help="Claims of each network and seed.")
@click.option("--seeds", default=2, show_default=True)
@click.option("--verbose", is_flag=True, help="Tell the undecided ones.")
def main(networks: tuple[str, ...], most: int, seeds: int, verbose: bool) -> None:
    """Forgetful claims refuted, undecided and proved, for NETWORKS (default: the zoo and the losses with cases)."""
    click.echo(f"{'network':24}" + "".join(f"{column:>16}" for column in COLUMNS) + f"{'seconds':>10}")
    total: Counter[str] = Counter()
    for name in networks or (*NETWORKS, *zoo.names()):
        start, counts = perf_counter(), Counter[str]()
        for seed in range(seeds):
            counts += examine(name, most, seed, verbose)
        total += counts
        click.echo(f"{name:24}" + "".join(f"{counts[c]:16}" for c in COLUMNS) + f"{perf_counter() - start:10.1f}")
    click.echo(f"{'all':24}" + "".join(f"{total[c]:16}" for c in COLUMNS))
    sys.exit(int(total["of these false"] > 0 or total["right, proved"] < total["right"]))


if __name__ == "__main__":
    main()
