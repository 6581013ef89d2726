"""The passes over a derived pair of programs, in the order they run. Each is a function Derived -> Derived."""

from __future__ import annotations

from collections.abc import Callable

from symbackprop.derive.differentiate import Derived
from symbackprop.optimise.assumptions import apply_assumptions
from symbackprop.optimise.compact import compact_statistics
from symbackprop.optimise.dead import drop_dead, drop_zeros
from symbackprop.optimise.inline import inline_adjoints
from symbackprop.optimise.reassociate import reassociate
from symbackprop.optimise.reuse import reuse_values
from symbackprop.optimise.share import share_subterms

PASSES: tuple[Callable[[Derived], Derived], ...] = (
    reuse_values,
    apply_assumptions,
    inline_adjoints,
    reuse_values,
    compact_statistics,
    reassociate,
    drop_zeros,
    share_subterms,
    drop_dead,
)


def optimise(derived: Derived) -> Derived:
    """The same gradients in fewer operations and in the form that textbooks print."""
    for one_pass in PASSES:
        derived = one_pass(derived)
    return derived
