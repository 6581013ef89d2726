"""The zoo: networks written as equations, one readable file each.

>>> from symbackprop import zoo
>>> "mlp" in zoo.names()
True
>>> zoo.summary("mlp")
'A multilayer perceptron with one hidden layer and a softmax classifier.'
>>> zoo.load("mlp").name
'mlp'
>>> zoo.parameters("mlp")
'C·H + D·H + C + H'
"""

from __future__ import annotations

import ast
import importlib
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from symbackprop.zoo._chinese import CHINESE

if TYPE_CHECKING:
    from symbackprop import Network

__all__ = ["load", "names", "parameters", "path", "summary"]

_FOLDER = Path(__file__).resolve().parent


def names() -> tuple[str, ...]:
    """The names of the networks, sorted: the files of this folder."""
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.py") if not file.stem.startswith("_")))


def path(name: str) -> Path:
    """The file that holds the equations of `name`; KeyError if the zoo has no such network."""
    if name not in names():
        raise KeyError(name)
    return _FOLDER / f"{name}.py"


def summary(name: str) -> str:
    """The first line of a network's docstring, read without importing it."""
    docstring = ast.get_docstring(ast.parse(path(name).read_text(encoding="utf-8"))) or ""
    return docstring.partition("\n")[0]


def load(name: str) -> Network:
    """The network `name`, described by its file's docstring and in Chinese; KeyError if the zoo has no such network."""
    path(name)
    module = importlib.import_module(f"{__name__}.{name}")
    network: Network = module.net
    if not network.description:
        network.description = {"en": module.__doc__ or "", "zh": CHINESE[name]}
    return network


def parameters(name: str) -> str:
    """How many numbers the network `name` learns, as a polynomial in its sizes; KeyError if the zoo has no such
    network. Read from the list that `python -m symbackprop.zoo` writes: nothing is derived or imported.
    """
    return _listed()[name]


@cache
def _listed() -> dict[str, str]:
    listed: dict[str, str] = json.loads((_FOLDER / "parameters.json").read_text(encoding="utf-8"))
    return listed
