"""`symbackprop cost`: operations, bytes and memory, as polynomials in the sizes or as numbers."""

from __future__ import annotations

import click

from symbackprop import pipeline
from symbackprop.cli import networks
from symbackprop.cli.debug import debug_option
from symbackprop.cli.files import say
from symbackprop.cli.options import calibrate_option, dims_option, network_argument
from symbackprop.cli.progress import Progress

__all__ = ["cost_command"]


@click.command("cost")
@network_argument
@dims_option("Evaluate the polynomials at these sizes.")
@calibrate_option
@debug_option
def cost_command(network: str, dims: dict[str, int] | None, calibrate: bool) -> None:
    """Show what NETWORK costs: forward, backward, and the alternatives to deriving.

    At all sizes the time of a step is foretold too, where this machine was measured before, or with --calibrate.
    """
    from symbackprop.measured import known

    with Progress("counting", network):
        net = networks.find(network)
        cost = pipeline.cost(net)
        table = cost.table(dims)
    foretold = not cost.at(dims or {}).dims
    if calibrate and not foretold:
        sizes = ",".join(f"{name}=…" for name in cost.dims)
        raise click.UsageError(f"--calibrate is for a time at numbers: write --dims {sizes}")
    machine = None
    if calibrate:
        with Progress("measuring", "this machine"):
            machine = known.measured_machine(anew=True)
    elif foretold:
        machine = known.known_machine()
    say(table)
    if machine is not None:
        with Progress("predicting", network):
            found = pipeline.prediction(net, dims, machine)
        say(str(found))
