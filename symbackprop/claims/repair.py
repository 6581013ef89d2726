"""Repairs of a false claim: each edit of its right-hand side (`edits`), told as the mistake that it undoes.

Where the edit drops a factor there was a factor too many, and so on. Whether a repair makes the claim true is for
`trial` to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from symbackprop.claims.words import Words
from symbackprop.edits import Edit, Edits, Factor, Kind, Place, places
from symbackprop.terms.binders import renamed
from symbackprop.terms.build import mul, substitute
from symbackprop.terms.poly import Index
from symbackprop.terms.rewrite import Ranges
from symbackprop.terms.term import Axis, Number, Reduce, Term, Where


class Mistake(Enum):
    """What is wrong with a claim; the plainer kinds first."""

    SIGN = "wrong sign"
    POWER = "wrong power"
    TRANSPOSED = "transposed"
    TENSOR = "another tensor"
    SHIFTED = "shifted"
    FLIPPED = "the other way round"
    INDEX = "another index"
    CONDITION = "wrong condition"
    SUM = "a sum over another index"
    EXTRA_FACTOR = "a factor too many"
    EXTRA = "a term too many"
    FACTOR = "off by a factor"
    MISSING_FACTOR = "a factor is missing"
    MISSING = "a term is missing"
    TERM = "another term"
    ASSUMED = "true under an assumption"
    UNKNOWN = "different"


_MISTAKES = {
    Kind.NEGATED: Mistake.SIGN, Kind.ADDEND_DROPPED: Mistake.EXTRA, Kind.ADDEND_SCALED: Mistake.FACTOR,
    Kind.POWER: Mistake.POWER, Kind.GUARD_TURNED: Mistake.CONDITION, Kind.GUARD_DROPPED: Mistake.CONDITION,
    Kind.GUARD_MOVED: Mistake.CONDITION, Kind.UNDER_THE_SUM: Mistake.INDEX, Kind.KERNEL_FLIPPED: Mistake.FLIPPED,
    Kind.SUM_OVER_ANOTHER: Mistake.SUM, Kind.MEAN_OVER_ANOTHER: Mistake.SUM,
    Kind.FACTOR_DROPPED: Mistake.EXTRA_FACTOR, Kind.SCALE_DROPPED: Mistake.EXTRA_FACTOR,
    Kind.FACTOR_ADDED: Mistake.MISSING_FACTOR, Kind.TRANSPOSED: Mistake.TRANSPOSED,
    Kind.ANOTHER_TENSOR: Mistake.TENSOR, Kind.AXIS_FLIPPED: Mistake.FLIPPED, Kind.INDEX_FLIPPED: Mistake.FLIPPED,
    Kind.STEP_FLIPPED: Mistake.FLIPPED, Kind.SHIFTED: Mistake.SHIFTED, Kind.ANOTHER_INDEX: Mistake.INDEX,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Repair:
    """An edit of the claim at a place of it. `term`: the right-hand side without that mistake."""

    place: Place
    edit: Edit
    term: Term

    @property
    def mistake(self) -> Mistake:
        return _MISTAKES[self.edit.kind]


@dataclass(frozen=True, slots=True)
class Repairs:
    """`tensors`: what may stand in place of another tensor; `factors`: what may have been forgotten."""

    words: Words
    tensors: tuple[str, ...]
    factors: tuple[Factor, ...]

    def __call__(self, term: Term, ranges: Ranges) -> Iterator[Repair]:
        ground = self.words.ground
        edits = Edits(ground.table, self.tensors, ground.program.dims, self.factors, self.opened)
        for place in places(term, ranges, self.opened):
            for edit in edits(place):
                if _is_plausible(edit):
                    yield Repair(place, edit, place.whole(edit.term))

    def opened(self, term: Reduce, ranges: Ranges) -> tuple[list[Axis], Term]:
        """(axes, body) under the names that the reduction's indices are printed with."""
        names = self.words.printer.letters.names(term, {}, {str(index) for index in ranges})
        axes, opened = renamed(term.axes, (Index(names[axis.index]) for axis in term.axes))
        return axes, substitute(term.body, opened)

    def told(self, repair: Repair) -> str:
        """What was wrong."""
        edit, term, condition = repair.edit, self.words.term, self.words.condition
        match edit.kind:
            case Kind.NEGATED | Kind.ADDEND_DROPPED | Kind.ADDEND_SCALED:
                return self._addend(repair.place.term, edit)
            case Kind.POWER:
                return f"claim has {term(edit.old)}, derived has {term(edit.new)}"
            case Kind.GUARD_TURNED:
                return f"the condition {condition(edit.old)} is the wrong way round"
            case Kind.GUARD_DROPPED:
                return f"the condition {condition(edit.old)} does not belong"
            case Kind.GUARD_MOVED:
                return f"claim has the condition {condition(edit.old)}, derived has {condition(edit.new)}"
            case Kind.FACTOR_DROPPED | Kind.SCALE_DROPPED:
                return f"the factor {term(edit.old)} does not belong"
            case Kind.FACTOR_ADDED:
                what = "condition" if isinstance(edit.new, Where) else "factor"
                return f"the {what} {term(edit.new)} is missing"
            case Kind.SUM_OVER_ANOTHER | Kind.MEAN_OVER_ANOTHER:
                old, new = edit.indices
                sums = "sums" if edit.kind is Kind.SUM_OVER_ANOTHER else "averages"
                return f"{sums} over {old.name.rstrip(_SHADOWING)} where {new} belongs"
            case _:
                return f"reads {term(edit.old)} where {term(edit.new)} belongs{_how(edit)}"

    def _addend(self, whole: Term, edit: Edit) -> str:
        if not edit.old.tensors:  # a number by itself says little
            return f"claim has {self.words.term(whole)}, derived has {self.words.term(edit.term)}"
        addend = self.words.term(edit.old)
        if edit.kind is Kind.ADDEND_DROPPED:
            return f"the term {addend} does not belong"
        if edit.kind is Kind.ADDEND_SCALED and not isinstance(edit.new, Number):
            return f"the factor {self.words.term(edit.new)} is missing in the term {addend}"
        new = mul(edit.new, edit.old) if edit.kind is Kind.ADDEND_SCALED else edit.new
        return f"claim has {self.words.signed(edit.old)}, derived has {self.words.signed(new)}"


_SHADOWING = "'"  # behind the name of an index that shadows a free one


def _is_plausible(edit: Edit) -> bool:
    """Whether people write what the edit mends: a sum for its first term they do not, and the power of a size is a
    factor that is missing or too many."""
    return edit.kind is not Kind.SUM_DROPPED and (edit.kind is not Kind.POWER or bool(edit.old.tensors))


def _how(edit: Edit) -> str:
    """Of an element that is read, how it differs from the one that belongs."""
    match edit.kind:
        case Kind.TRANSPOSED:
            return ", transposed"
        case Kind.AXIS_FLIPPED:
            return ", the axis the other way round"
        case Kind.INDEX_FLIPPED:
            return f", {edit.indices[0]} the other way round"
        case Kind.STEP_FLIPPED:
            return ", the step the other way"
        case Kind.UNDER_THE_SUM:
            return ", under the sum"
        case Kind.KERNEL_FLIPPED:
            return f": {edit.indices[0]} runs the other way, the kernel is flipped"
        case Kind.ANOTHER_TENSOR | Kind.SHIFTED | Kind.ANOTHER_INDEX:
            return ""
        case _:
            raise TypeError(f"{edit.kind} is no edit of what is read")
