"""`symbackprop cost`: operations, bytes and memory, as polynomials in the sizes or as numbers."""

from __future__ import annotations

import click

import symbackprop
from symbackprop.cli import networks
from symbackprop.cli.debug import debug_option
from symbackprop.cli.files import say
from symbackprop.cli.options import dims_option, network_argument
from symbackprop.cli.progress import Progress

__all__ = ["cost_command"]


@click.command("cost")
@network_argument
@dims_option("Evaluate the polynomials at these sizes.")
@debug_option
def cost_command(network: str, dims: dict[str, int] | None) -> None:
    """Show what NETWORK costs: forward, backward, and the alternatives to deriving."""
    with Progress("counting", network):
        cost = symbackprop.cost(networks.find(network))
    say(cost.table(dims))
