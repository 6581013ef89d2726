"""Values for the elements of tensors that meet what a network assumes of them.

The walk::

    system      assumptions at given sizes as constraints between elements
    polynomial  an assumption read as a polynomial in elements (`element`: in the one that it reads)
    meet        first integers and what has few values, then the other elements
    choices     elements with finitely many values: depth first
    intervals   inequalities between one element and a number, and what no values in there can meet
    reals       numbers inside their bounds; what is tied together by steps of `newton`
    triangular  equations solved exactly, over rationals or modulo a prime
    check       each assumption read anew, however its data were found

A constraint is `polynomial relation 0`, said by a fact; what is no polynomial is read by the interpreter.
What the sizes must satisfy before any of that: `size_conditions`.
"""

from symbackprop.feasible.check_data import meets
from symbackprop.feasible.meet import meet
from symbackprop.feasible.unmet import UnmetAssumption, World, described

__all__ = ["UnmetAssumption", "World", "described", "meet", "meets"]
