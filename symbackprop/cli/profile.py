"""`symbackprop profile`: a measured step by equation."""

from __future__ import annotations

from pathlib import Path

import click

from symbackprop import pipeline
from symbackprop.cli import networks
from symbackprop.cli.debug import debug_option
from symbackprop.cli.files import deliver, say
from symbackprop.cli.options import calibrate_option, dims_option, json_option, network_argument
from symbackprop.cli.progress import Progress

__all__ = ["profile_command"]


@click.command("profile")
@network_argument
@dims_option("The sizes of the step, every one of the network's.")
@calibrate_option
@json_option
@debug_option
def profile_command(network: str, dims: dict[str, int] | None, calibrate: bool, json_file: Path | None) -> None:
    """Measure a step of NETWORK, equation by equation, beside what each counts."""
    net = networks.find(network)
    with Progress("measuring", network):
        found = pipeline.profile(net, dims, calibrate=calibrate)
    say(str(found), err=str(json_file) == "-")
    if json_file is not None:
        deliver(found.to_json() + "\n", json_file)
