"""Smart constructors: the only way terms are made, so that they are always in normal form.

Normal form: sums and products flat, sorted, numbers first; like terms and equal bases collected; a factor that is
guarded guards the whole product (`a*Where(c, b, 0)` is `Where(c, a*b, 0)`, so an infinity behind the guard is never
multiplied); integer conditions are `poly >= 0`, `poly == 0` or `poly != 0`; a sum keeps what its indices do not
touch outside; nested reductions of one kind are one reduction.

The constructors stand in `leaves`, `conditions`, `arithmetic` and `binders`; import them from here.
"""

from symbackprop.terms.arithmetic import (
    add,
    apply,
    div,
    has_minus,
    mul,
    neg,
    power,
    reads_negative,
    split_coefficient,
    sqrt,
    sub,
)
from symbackprop.terms.binders import (
    first_places,
    fresh_index,
    fresh_indices,
    map_children,
    open_reduce,
    reduce,
    replace_terms,
    substitute,
)
from symbackprop.terms.conditions import (
    at_least_zero,
    compare,
    conjuncts,
    guarded,
    indicator,
    integer_condition,
    logic_and,
    logic_not,
    logic_or,
    split_guards,
    where,
)
from symbackprop.terms.leaves import (
    FALSE,
    INFINITY,
    MINUS,
    NEGATIVE_INFINITY,
    NIL,
    TRUE,
    UNIT,
    Numeric,
    access,
    number,
    poly_value,
    sort_key,
)

__all__ = [
    "FALSE",
    "INFINITY",
    "MINUS",
    "NEGATIVE_INFINITY",
    "NIL",
    "TRUE",
    "UNIT",
    "Numeric",
    "access",
    "add",
    "apply",
    "at_least_zero",
    "compare",
    "conjuncts",
    "div",
    "first_places",
    "fresh_index",
    "fresh_indices",
    "guarded",
    "has_minus",
    "indicator",
    "integer_condition",
    "logic_and",
    "logic_not",
    "logic_or",
    "map_children",
    "mul",
    "neg",
    "number",
    "open_reduce",
    "poly_value",
    "power",
    "reads_negative",
    "reduce",
    "replace_terms",
    "sort_key",
    "split_coefficient",
    "split_guards",
    "sqrt",
    "sub",
    "substitute",
    "where",
]
