"""`python -m workshop.c_functions coefficients [NAME ...]` fits the polynomials of the C target's functions anew;
`python -m workshop.c_functions sweep [--step 1] [NAME ...]` compares every float with double.
"""

from __future__ import annotations

import sys

import click

from workshop.c_functions.coefficients import FITS, printed
from workshop.c_functions.sweep import REFERENCES, swept


@click.group()
def main() -> None:
    """The elementary functions of the C target."""


@main.command()
@click.argument("names", nargs=-1)
def coefficients(names: tuple[str, ...]) -> None:
    """Print the polynomials, from the highest power on, and their errors."""
    for name in names or FITS:
        for line in printed(name):
            click.echo(line)


@main.command()
@click.option("--step", default=1, help="Every so many patterns of bits.")
@click.option("--limit", default=2.0, help="The largest error that is good, in units of the last place.")
@click.option("--wide", is_flag=True, help="Beside the functions' own double, not the C library's.")
@click.argument("names", nargs=-1)
def sweep(step: int, limit: float, wide: bool, names: tuple[str, ...]) -> None:
    """Compare floats with double, and exit with status 1 beyond the limit."""
    good = True
    for name, worst, place in swept(tuple(names or REFERENCES), step, wide=wide):
        click.echo(f"{name:12} {worst:.3f} ulp at {place!r}")
        sys.stdout.flush()
        good = good and worst <= limit
    sys.exit(not good)


main(prog_name="python -m workshop.c_functions")
