"""The kinds of edits, and one edit."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from symbackprop.terms.build import NIL
from symbackprop.terms.poly import Index
from symbackprop.terms.term import Term


class Kind(Enum):
    """What is done; `value`: to the right formula, in words."""

    NEGATED = "sign flipped"
    ADDEND_DROPPED = "term dropped"
    ADDEND_SCALED = "a term scaled"
    POWER = "another power"
    GUARD_TURNED = "guard the wrong way round"
    GUARD_DROPPED = "guard dropped"
    GUARD_MOVED = "guard off by one"
    UNDER_THE_SUM = "factor moved under a sum"
    KERNEL_FLIPPED = "kernel flipped"
    SUM_OVER_ANOTHER = "sum over another index"
    MEAN_OVER_ANOTHER = "mean over another index"
    SUM_DROPPED = "sum dropped, its index fixed"
    FACTOR_DROPPED = "factor dropped"
    SCALE_DROPPED = "size or constant dropped"
    FACTOR_ADDED = "factor put in"
    TRANSPOSED = "subscripts transposed"
    ANOTHER_TENSOR = "another tensor read"
    AXIS_FLIPPED = "axis the other way round"
    INDEX_FLIPPED = "index the other way round"
    STEP_FLIPPED = "step the other way"
    SHIFTED = "shifted by one"
    ANOTHER_INDEX = "another index"


@dataclass(frozen=True, slots=True)
class Edit:
    """`term`: what the edit makes of the term at a place. `old`: the part of it that is changed, as it stood; `new`:
    what then stands there, none where it is dropped, of `ADDEND_SCALED` and `FACTOR_ADDED` the factor beside it.
    `indices`: the one that runs otherwise; of a sum the one that was summed over, and the one that then is."""

    kind: Kind
    term: Term
    old: Term = NIL
    new: Term = NIL
    indices: tuple[Index, ...] = ()
