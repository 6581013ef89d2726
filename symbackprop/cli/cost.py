"""`symbackprop cost`: operations, bytes and memory, as polynomials in the sizes or as numbers."""

from __future__ import annotations

import click

from symbackprop import pipeline
from symbackprop.cli import networks
from symbackprop.cli.debug import debug_option
from symbackprop.cli.files import say
from symbackprop.cli.options import calibrate_option, devices_option, dims_option, network_argument, shard_option
from symbackprop.cli.progress import Progress

__all__ = ["cost_command"]


@click.command("cost")
@network_argument
@dims_option("Evaluate the polynomials at these sizes.")
@calibrate_option
@shard_option("Split these indices over the axes of a mesh of devices, and show what each device does.")
@devices_option
@debug_option
def cost_command(
    network: str, dims: dict[str, int] | None, calibrate: bool, shard: dict[str, str] | None,
    devices: dict[str, int] | None,
) -> None:  # fmt: skip
    """Show what NETWORK costs: forward, backward, and the alternatives to deriving.

    At all sizes the time of a step is foretold too, where this machine was measured before, or with --calibrate. With
    --shard it is what each device of a mesh computes, sends and holds; the numbers of devices are called as the axes.
    """
    if shard is not None:
        _sharded(network, shard, dims, devices, calibrate)
        return
    if devices is not None:
        raise click.UsageError("--devices belongs to --shard, which says what is split over them")
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


def _sharded(
    network: str, shard: dict[str, str], dims: dict[str, int] | None, devices: dict[str, int] | None, calibrate: bool
) -> None:
    """What each device of a mesh does."""
    if calibrate:
        raise click.UsageError("--calibrate is for the module on one machine, not for --shard")
    axes = tuple(dict.fromkeys(shard.values()))
    for name in devices or {}:
        if name not in axes:
            raise click.UsageError(f"--devices: expected a mesh axis of --shard ({', '.join(axes)}), found {name}")
    for name in dims or {}:
        if name in axes:
            raise click.UsageError(
                f"--dims: {name} is a mesh axis; how many devices lie along it is --devices {name}=…"
            )
    with Progress("counting", network):
        table = pipeline.cost(networks.find(network), shard).table({**(dims or {}), **(devices or {})})
    say(table)
