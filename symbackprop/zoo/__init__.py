"""The zoo: networks written as equations, one readable file each.

>>> from symbackprop import zoo
>>> "mlp" in zoo.names()
True
>>> zoo.summary("mlp")
'A multilayer perceptron with one hidden layer and a softmax classifier.'
>>> zoo.load("mlp").name
'mlp'
>>> print(zoo.parameter_count("mlp"))
C*H + D*H + C + H
"""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from symbackprop.terms.poly import ONE, ZERO, Floor, Poly
from symbackprop.terms.program import TensorKind
from symbackprop.terms.prove import Facts

if TYPE_CHECKING:
    from symbackprop import Network

__all__ = ["load", "names", "parameter_count", "path", "summary"]

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
    """The network `name`; KeyError if the zoo has no such network."""
    path(name)
    network: Network = importlib.import_module(f"{__name__}.{name}").net
    return network


def parameter_count(name: str) -> Poly:
    """How many numbers the network `name` learns, in its sizes; KeyError if the zoo has no such network."""
    program = load(name).to_program()
    count = ZERO
    for tensor in program.of_kind(TensorKind.PARAMETER):
        size = ONE
        for extent in tensor.shape:
            size = size * extent
        count = count + size
    facts = Facts.of((), [assumption.condition for assumption in program.assumptions])
    return _without_exact_floors(count, facts)


def _without_exact_floors(poly: Poly, facts: Facts) -> Poly:
    """A*⌊D/A⌋ is D where A is known to divide D."""
    for floor in poly.atoms(deep=False):
        if isinstance(floor, Floor) and facts.proves_zero(floor.numerator - floor.denominator * Poly.of(floor)):
            out = ZERO
            for monomial, coefficient in poly.terms:
                term = Poly({monomial: coefficient})
                rest = term.coefficient(floor) // floor.denominator
                exact = rest * floor.denominator * Poly.of(floor) == term
                out = out + (rest * floor.numerator if exact else term)
            poly = out
    return poly
