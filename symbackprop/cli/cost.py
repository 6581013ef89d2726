"""`symbackprop cost`: operations, bytes and memory, as polynomials in the sizes or as numbers."""

from __future__ import annotations

from pathlib import Path

import click

from symbackprop import pipeline
from symbackprop.cli import networks
from symbackprop.cli.debug import debug_option
from symbackprop.cli.files import deliver, say, target, when_given
from symbackprop.cli.options import calibrate_option, devices_option, dims_option, network_argument, shard_option
from symbackprop.cli.progress import Progress

__all__ = ["cost_command"]


@click.command("cost")
@network_argument
@dims_option("Evaluate the polynomials at these sizes.")
@calibrate_option
@shard_option("Split these indices over the axes of a mesh of devices, and show what each device does.")
@devices_option
@click.option("--plot", callback=when_given(target), metavar="FILE.svg",
              help="Draw the bytes that a device sends and holds over the number of devices, at --dims.")  # fmt: skip
@debug_option
def cost_command(
    network: str, dims: dict[str, int] | None, calibrate: bool, shard: dict[str, str] | None,
    devices: dict[str, int] | None, plot: Path | None,
) -> None:  # fmt: skip
    """Show what NETWORK costs: forward, backward, and the alternatives to deriving.

    At all sizes the time of a step is foretold too, where this machine was measured before, or with --calibrate. With
    --shard it is what each device of a mesh computes, sends and holds; the numbers of devices are called as the axes.
    """
    if shard is not None:
        if calibrate:
            raise click.UsageError("--calibrate is for the module on one machine, not for --shard")
        _sharded(network, shard, dims or {}, devices or {}, plot)
        return
    for option, given in (("--devices", devices), ("--plot", plot)):
        if given is not None:
            raise click.UsageError(f"{option} belongs to --shard, which says what is split over devices")
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
    network: str, shard: dict[str, str], dims: dict[str, int], devices: dict[str, int], plot: Path | None
) -> None:
    """What each device of a mesh does."""
    axes = tuple(dict.fromkeys(shard.values()))
    for name in devices:
        if name not in axes:
            raise click.UsageError(f"--devices: expected a mesh axis of --shard ({', '.join(axes)}), found {name}")
    for name in dims:
        if name in axes:
            raise click.UsageError(
                f"--dims: {name} is a mesh axis; how many devices lie along it is --devices {name}=…"
            )
    if plot is not None and plot.suffix not in ("", ".svg"):
        raise click.UsageError(f"expected an .svg file to draw, found {plot}")
    with Progress("counting", network):
        cost = pipeline.cost(networks.find(network), shard)
        table = cost.table({**dims, **devices})
    if plot is not None:
        from symbackprop.picture.device_plot import device_plot

        with Progress("drawing", network):
            deliver(device_plot(cost, {**dims, **devices}), plot)
    say(table)
