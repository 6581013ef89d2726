"""`symbackprop check-derivation`: gradients derived by hand, each proved or refuted."""

from __future__ import annotations

from pathlib import Path

import click

import symbackprop
from symbackprop.cli import networks
from symbackprop.cli.debug import debug_option
from symbackprop.cli.files import deliver_report
from symbackprop.cli.options import dims_option, json_option, network_argument, seed_option
from symbackprop.cli.progress import Progress
from symbackprop.language import names_of

__all__ = ["check_derivation_command"]


@click.command("check-derivation")
@network_argument
@click.argument("claims", required=False, type=click.Path(path_type=Path))
@dims_option("The sizes to look at; small distinct primes by default.")
@seed_option
@json_option
@debug_option
def check_derivation_command(
    network: str, claims: Path | None, dims: dict[str, int] | None, seed: int, json_file: Path | None
) -> int:
    """Prove or refute what is claimed about the gradients of NETWORK; exit 1 unless every claim is proved.

    A claim is net.claim(delta(z)[n, j], value), in NETWORK's own file or in CLAIMS, a Python file that runs with the
    network as `net`, its tensors, sizes and indices by name, and `delta`, the derivative of the loss by a tensor.
    """
    with Progress("checking", network):
        net = networks.find_anew(network)
        if claims is not None:
            if not claims.is_file():
                raise click.ClickException(f"{claims} is a folder" if claims.is_dir() else f"{claims}: no such file")
            networks.run(claims, {**names_of(net), "net": net, "delta": symbackprop.delta})
        report = symbackprop.check_derivation(net, dims=dims, seed=seed)
    return deliver_report(report, json_file)
