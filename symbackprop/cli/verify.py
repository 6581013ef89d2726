"""`symbackprop verify`: the gradients of a network checked, a table, and a verdict."""

from __future__ import annotations

from pathlib import Path

import click

import symbackprop
from symbackprop.cli import networks
from symbackprop.cli.debug import debug_option
from symbackprop.cli.files import deliver_report
from symbackprop.cli.options import dims_option, json_option, network_argument, seed_option
from symbackprop.cli.progress import Progress
from symbackprop.sources import BACKENDS

__all__ = ["verify_command"]


@click.command("verify")
@network_argument
@dims_option("The sizes to check at; small distinct primes by default.")
@click.option("--method", default="all", show_default=True, help="Which checks: all, or the name of one.")
@click.option("--backend", type=click.Choice(BACKENDS), default="numpy", show_default=True,
              help="Whose module is checked.")  # fmt: skip
@seed_option
@json_option
@debug_option
def verify_command(
    network: str, dims: dict[str, int] | None, method: str, backend: str, seed: int, json_file: Path | None
) -> int:
    """Check every gradient of NETWORK; exit 1 when one is wrong."""
    with Progress("verifying", network):
        report = symbackprop.verify(networks.find(network), dims=dims, method=method, seed=seed, backend=backend)
    return deliver_report(report, json_file)
