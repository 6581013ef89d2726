"""`symbackprop latex`: the derivation as LaTeX, or as a PDF where a LaTeX engine is installed."""

from __future__ import annotations

from pathlib import Path

import click

import symbackprop
from symbackprop.cli import networks
from symbackprop.cli.files import deliver, replace
from symbackprop.cli.options import debug_option, network_argument
from symbackprop.cli.pdf import typeset
from symbackprop.cli.progress import Progress
from symbackprop.latex import document

__all__ = ["latex_command"]


@click.command("latex")
@network_argument
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The .tex or .pdf file to write.")
@click.option("--form", type=click.Choice(["index", "matrix"]), default="index", show_default=True)
@click.option("--no-steps", is_flag=True, help="The results alone, without the steps that lead to them.")
@click.option("--standalone", is_flag=True, help="A whole document rather than a part of one.")
@debug_option
def latex_command(network: str, output: Path | None, form: str, no_steps: bool, standalone: bool) -> None:
    """Write the derivation of NETWORK as LaTeX (to stdout without -o)."""
    pdf = output is not None and output.suffix == ".pdf"
    with Progress("deriving") as progress:
        progress.step(network)
        net = networks.find(network)
        text = symbackprop.derive(net).latex(form=form, steps=not no_steps)
        if standalone or pdf:
            text = document(text, title=net.name)
        if pdf:
            assert output is not None
            replace(output, typeset(text))
            return
    deliver(text if text.endswith("\n") else text + "\n", output)
