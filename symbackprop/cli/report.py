"""`symbackprop report`: the derivation as one page that opens from disk, beside the code that computes it."""

from __future__ import annotations

from pathlib import Path

import click

from symbackprop.cli import networks
from symbackprop.cli.debug import debug_option
from symbackprop.cli.files import deliver, target, when_given
from symbackprop.cli.options import (
    dims_option,
    language_option,
    network_argument,
    read_dims,
    seed_option,
    title_options,
)
from symbackprop.cli.progress import Progress
from symbackprop.pipeline import report_page

__all__ = ["report_command"]


@click.command("report")
@network_argument
@click.option("-o", "--output", callback=when_given(target), required=True, help="The .html file to write.")
@click.option("--backend", type=click.Choice(["numpy", "c"]), default="numpy", show_default=True,
              help="With c the page has the text in C too, for --dims, a number for every size.")  # fmt: skip
@dims_option("The sizes at which the plot of the cost begins; with --backend numpy gradients are checked there.")
@click.option("--step", metavar="N=64,D=784", callback=when_given(read_dims),
              help="Measure a step at these sizes, every one of the network's, and show it by equation.")  # fmt: skip
@seed_option
@title_options
@language_option
@debug_option
def report_command(
    network: str, output: Path, backend: str, dims: dict[str, int] | None, step: dict[str, int] | None, seed: int,
    title: str | None, author: str, date: str, language: str,
) -> int:  # fmt: skip
    """Write the derivation of NETWORK as one HTML page; exit 1 when a gradient is wrong, as the page says too."""
    if output.suffix not in (".html", ".htm") and str(output) != "-":
        raise click.UsageError(f"expected an .html file to write, found {output}")
    with Progress("writing the page of", network):
        net = networks.find(network)
        page = report_page(
            net, dims, seed=seed, title=title, author=author, date=date, language=language, step=step, backend=backend
        )
    deliver(page.html, output)
    if not page.verified:
        click.echo(f"symbackprop: {network}: gradients NOT verified; {output} says which", err=True)
    return 0 if page.verified else 1
