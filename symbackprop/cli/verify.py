"""`symbackprop verify`: the gradients of a network checked, a table, and a verdict."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import click

import symbackprop
from symbackprop.cli import networks
from symbackprop.cli.files import deliver
from symbackprop.cli.options import debug_option, dims_option, network_argument
from symbackprop.cli.progress import Progress

__all__ = ["verify_command"]


@click.command("verify")
@network_argument
@dims_option("The sizes to check at; small distinct primes by default.")
@click.option("--method", default="all", show_default=True, help="Which checks: all, or the name of one.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path), help="Write the report as JSON too (- for stdout)."
)
@debug_option
def verify_command(network: str, dims: dict[str, int] | None, method: str, seed: int, json_file: Path | None) -> int:
    """Check every gradient of NETWORK; exit 1 when one is wrong."""
    with Progress("verifying") as progress:
        progress.step(network)
        report = symbackprop.verify(networks.find(network), dims=dims, method=method, seed=seed)
    to_stdout = json_file is not None and str(json_file) == "-"
    click.echo(str(report), err=to_stdout)
    if json_file is not None:
        deliver(json.dumps(plain(report), indent=2, ensure_ascii=False, allow_nan=False) + "\n", json_file)
    return 0 if report.passed else 1


def plain(value: Any) -> Any:
    """A report in what JSON knows: records by their fields (and `passed`), a number that JSON lacks by its name."""
    if is_dataclass(value):
        record = {field.name: plain(getattr(value, field.name)) for field in fields(value)}
        return {"passed": value.passed, **record} if hasattr(value, "passed") else record
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    number = float(value)  # NumPy's numbers too
    return number if math.isfinite(number) else str(number)
