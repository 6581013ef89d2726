"""`symbackprop list`: the zoo, a line each: name, what it is, how many parameters it has."""

from __future__ import annotations

import click

from symbackprop import zoo
from symbackprop.cli.debug import debug_option
from symbackprop.cli.files import say

__all__ = ["list_command"]


@click.command("list")
@debug_option
def list_command() -> None:
    """List the zoo, a line each, with the number of parameters in the network's sizes."""
    names = zoo.names()
    width = max(map(len, names))
    for name in names:
        say(f"{name:{width}}  {zoo.summary(name)} Parameters: {zoo.parameters(name)}.")
