"""`symbackprop list`: the zoo, a line each."""

from __future__ import annotations

import click

from symbackprop import zoo
from symbackprop.cli.options import debug_option

__all__ = ["list_command"]


@click.command("list")
@debug_option
def list_command() -> None:
    """List the zoo, a line each."""
    names = zoo.names()
    width = max(map(len, names))
    for name in names:
        click.echo(f"{name:{width}}  {zoo.summary(name)}")
