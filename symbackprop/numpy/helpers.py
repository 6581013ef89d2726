"""The numerical helpers that a module may hold, each a template of its own name, and what calls which."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from symbackprop.terms.term import Apply, Function, Term, subterms


class Helper(Enum):
    """A function of the module. The order is that in which they stand there."""

    LAST_ROWS = "_last_rows"
    WINDOW = "_window"
    BLOCKS = "_blocks"
    ERF = "_erf"
    SIGMOID = "_sigmoid"
    SOFTPLUS = "_softplus"
    LOG_SIGMOID = "_log_sigmoid"
    LOG_COSH = "_log_cosh"
    EXP_NORMALIZED = "_exp_normalized"
    POWERS = "_powers"
    MASKED = "_masked"
    SCATTER_ADD = "_scatter_add"
    DOT_ROWS = "_dot_rows"
    ONES = "_ones"
    SUM_LAST = "_sum_last"
    SUM_ROWS = "_sum_rows"
    SUM_PRODUCTS = "_sum_products"
    SQUARED_DISTANCES = "_squared_distances"
    SUM_DEVIATIONS = "_sum_deviations"


_CALLS = {  # what each calls
    Helper.LOG_SIGMOID: {Helper.SOFTPLUS}, Helper.SUM_LAST: {Helper.ONES}, Helper.SUM_ROWS: {Helper.ONES},
    Helper.SUM_PRODUCTS: {Helper.SUM_ROWS},
}  # fmt: skip


def helpers_in(term: Term) -> set[Helper]:
    """What a number known from sizes is worked out with."""
    functions = {inner.function for inner in subterms(term) if isinstance(inner, Apply)}
    return {Helper.ERF} if Function.ERF in functions else set()


def held(called: Iterable[Helper]) -> list[Helper]:
    """The helpers that a module holds which calls these."""
    wanted, new = set[Helper](), set(called)
    while new:
        wanted |= new
        new = {inner for helper in new for inner in _CALLS.get(helper, ())} - wanted
    return [helper for helper in Helper if helper in wanted]


__all__ = ["Helper", "held", "helpers_in"]
