"""The statements that are audited: each operation, reduction and kind of statement, over windows of all kinds."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product

from symbackprop.lower.check_values import IllFormed
from symbackprop.lower.values import Kind, MapOp
from symbackprop.numpy.array import (
    Allocate,
    Array,
    Blocks,
    Buffer,
    Contract,
    Counter,
    Deviation,
    Fold,
    Function,
    Gather,
    Map,
    Operand,
    Scalar,
    Scatter,
    Statement,
    reads,
    whole,
)
from symbackprop.numpy.check_statements import check
from symbackprop.terms.build import number
from symbackprop.terms.poly import ONE, ZERO, Dim, Index, Poly
from symbackprop.terms.term import Reduction

from .windows import Layout, Style, extent, plain, window

FLOAT, INT, BOOL = Kind.FLOAT, Kind.INT, Kind.BOOL
UNARY, BINARY, COMPARED = ((FLOAT,), FLOAT), ((FLOAT, FLOAT), FLOAT), ((FLOAT, FLOAT), BOOL)
WHOLE, BOTH = ((INT, INT), INT), ((INT, INT), BOOL)
Signature = tuple[tuple[Kind, ...], Kind]

# What each operation may read and write. A test sees that none is missing.
SIGNATURES: dict[MapOp, tuple[Signature, ...]] = {
    MapOp.COPY: (UNARY, ((INT,), FLOAT), ((BOOL,), FLOAT), ((INT,), INT)),
    MapOp.ADD: (BINARY, WHOLE), MapOp.SUBTRACT: (BINARY,), MapOp.MULTIPLY: (BINARY, WHOLE), MapOp.DIVIDE: (BINARY,),
    MapOp.FLOOR_DIVIDE: (WHOLE,), MapOp.POWER: (BINARY,), MapOp.ATAN2: (BINARY,),
    MapOp.LOG_ADD_EXP: (BINARY,),
    MapOp.MAXIMUM: (BINARY, WHOLE), MapOp.MINIMUM: (BINARY, WHOLE), MapOp.EXP_NORMALIZED: (BINARY,),
    MapOp.ABS: (UNARY, ((INT,), INT)), MapOp.SIGN: (UNARY, ((INT,), INT)),
    **dict.fromkeys((MapOp.GREATER, MapOp.GREATER_EQUAL, MapOp.EQUAL, MapOp.NOT_EQUAL), (COMPARED, BOTH)),
    MapOp.AND: (((BOOL, BOOL), BOOL),), MapOp.OR: (((BOOL, BOOL), BOOL),), MapOp.NOT: (((BOOL,), BOOL),),
    MapOp.SELECT: (((BOOL, FLOAT, FLOAT), FLOAT),),
    **dict.fromkeys((
        MapOp.SQUARE, MapOp.SQRT, MapOp.EXP, MapOp.EXPM1, MapOp.LOG, MapOp.LOG1P, MapOp.SIN, MapOp.COS, MapOp.TAN,
        MapOp.ASIN, MapOp.ACOS, MapOp.ATAN, MapOp.SINH, MapOp.COSH, MapOp.TANH, MapOp.ASINH, MapOp.ACOSH, MapOp.ATANH,
        MapOp.ERF, MapOp.LOG_COSH, MapOp.SIGMOID, MapOp.LOG_SIGMOID, MapOp.SOFTPLUS, MapOp.FLOOR,
        MapOp.CEILING), (UNARY,)),
}  # fmt: skip
FOLDED = (Reduction.SUM, Reduction.PRODUCT, Reduction.MAX, Reduction.MIN)
# Where each operation's arguments lie; elsewhere between -2 and 2.
DOMAINS = {
    MapOp.LOG: (0.1, 4.0), MapOp.SQRT: (0.0, 4.0), MapOp.LOG1P: (-0.5, 3.0), MapOp.ASIN: (-0.9, 0.9),
    MapOp.ACOS: (-0.9, 0.9), MapOp.ATANH: (-0.9, 0.9), MapOp.ACOSH: (1.1, 4.0), MapOp.POWER: (0.2, 2.0),
    MapOp.DIVIDE: (0.2, 2.0), MapOp.TAN: (-1.2, 1.2), MapOp.FLOOR_DIVIDE: (1.0, 9.0),
    **dict.fromkeys((MapOp.GREATER, MapOp.GREATER_EQUAL, MapOp.EQUAL, MapOp.NOT_EQUAL), (-1.0, 1.0)),
}  # fmt: skip
_COUNTED = tuple(product((ZERO, ONE), (ONE, Poly.of(3), Poly.of(Dim("n")), Poly.of(Dim("n")) - 4)))
AXES = ("i", "j", "k", "l")


@dataclass(frozen=True, slots=True)
class Case:
    """`systematic`: over all strides, lengths and dtypes; else at sizes drawn at random. `least`: of every step."""

    statement: Statement
    systematic: bool = False
    least: int = 1

    @property
    def out(self) -> Array:
        return whole(self.statement.out) if isinstance(self.statement, Scatter) else self.statement.out

    @property
    def domain(self) -> tuple[float, float]:
        if isinstance(self.statement, Map) and self.statement.op is MapOp.POWER and _counts(self.statement.args[1]):
            return 0.9, 1.1  # to high powers
        return DOMAINS.get(self.statement.op, (-2.0, 2.0)) if isinstance(self.statement, Map) else (-2.0, 2.0)


def _counts(operand: Operand) -> bool:
    return isinstance(operand, Counter)


STEP, BACK = Layout(("i",), (Style.STEP,)), Layout(("i",), (Style.BACK,))
COLUMN, DIAGONAL = Layout(("i",), (Style.WHOLE,), column=True), Layout(("i",), (Style.WHOLE,), diagonal=True)
LINE, POINT = plain("i"), plain()


# --- element by element, along one axis ----------------------------------------------------------------
def maps_along_one_axis() -> Iterator[Case]:
    for op, signatures in SIGNATURES.items():
        for kinds, kind in signatures:
            for layouts, out in _lines(len(kinds)):
                args = [window(name, layout, k) for name, layout, k in zip("abc", layouts, kinds, strict=False)]
                yield Case(Map(op, window("o", out, kind), tuple(args)), True)
            yield from _in_place(op, kinds, kind)
            yield from _with_numbers(op, kinds, kind)


def _lines(count: int) -> Iterator[tuple[tuple[Layout, ...], Layout]]:
    outs = (STEP, BACK, COLUMN, LINE)
    firsts = (STEP, BACK, COLUMN, DIAGONAL) if count == 1 else (STEP, BACK, POINT)
    for first, out in product(firsts, outs):
        yield (first, *[STEP] * (count - 1)), out
    for out in outs:
        if count > 1:
            yield (STEP, *[POINT] * (count - 1)), out
            yield (STEP, *[BACK] * (count - 1)), out
    yield (POINT,) * count, POINT


def _in_place(op: MapOp, kinds: Sequence[Kind], kind: Kind) -> Iterator[Case]:
    """The result in an argument's place, and in the argument's buffer one further (`np.add(x[:-1], 1, out=x[1:])`)."""
    for place, layout in product(range(len(kinds)), (STEP, BACK, COLUMN, LINE)):
        if kinds[place] is not kind or (op is MapOp.SELECT and place < 2) or (op is MapOp.EXP_NORMALIZED and place):
            continue  # lowering does not make these
        args = [window(name, layout, k) for name, k in zip("abc", kinds, strict=False)]
        yield Case(Map(op, args[place], tuple(args)), True)
        if layout in (STEP, BACK) and op is not MapOp.SELECT and op is not MapOp.EXP_NORMALIZED:
            shifted = replace(args[place], subscripts=(args[place].subscripts[0] + 1,))
            yield Case(Map(op, shifted, tuple(args)), True)


def _with_numbers(op: MapOp, kinds: Sequence[Kind], kind: Kind) -> Iterator[Case]:
    """A number, or a counter, for one argument."""
    if op in (MapOp.AND, MapOp.OR):
        return
    for place in range(len(kinds)):
        choices: list[Operand] = []
        if kinds[place] is FLOAT:
            choices = [Scalar(number(Fraction(value))) for value in (("1/2",) if op in DOMAINS else ("-1", "1/2"))]
            choices += [Scalar(number(0))] if op is MapOp.SELECT else []  # a product with the mask
        elif kinds[place] is INT:
            choices = [Counter(Index("i"), extent("i"), start, step) for start, step in _COUNTED]
            choices += [Scalar(number(3))] if len(kinds) > 1 else []
        for choice, layout in product(choices, (STEP, BACK, LINE)):
            if isinstance(choice, Scalar) and len(kinds) == 1 and op is not MapOp.COPY:
                continue  # computed while generating
            args: list[Operand] = [window(name, layout, k) for name, k in zip("abc", kinds, strict=False)]
            args[place] = choice
            yield Case(Map(op, window("o", LINE if layout is BACK else layout, kind), tuple(args)), True)
            other = next((arg for arg in args if isinstance(arg, Array) and arg.kind is kind), None)
            if other is not None and (op is not MapOp.SELECT or other == args[2]) and op is not MapOp.EXP_NORMALIZED:
                yield Case(Map(op, other, tuple(args)), True)


def tables_of_powers() -> Iterator[Case]:
    """base**(a + b·k) along an axis that the base does not have."""
    styles = (Style.WHOLE, Style.STEP, Style.BACK)
    bases = [POINT, *(replace(layout, axes=("j",)) for layout in (STEP, BACK, COLUMN, LINE))]
    for start, step in product((ZERO, ONE, Poly.of(-2), Poly.of(3), Poly.of(Dim("n"))), (ONE, -ONE, Poly.of(2))):
        exponent = Counter(Index("i"), extent("i"), start, step)
        for base in bases:
            argument = window("a", base)
            for outer, inner, flip in product(styles, styles, (False, True)):
                axes, layout = (("j", "i"), (outer, inner)) if base.axes else (("i",), (inner,))
                out = Layout(axes[::-1], layout[::-1]) if flip else Layout(axes, layout)
                yield Case(Map(MapOp.POWER, window("o", out), (argument, exponent)), True)


# --- folds along one axis of one or two ----------------------------------------------------------------
def folds_along_one_axis() -> Iterator[Case]:
    styles = (Style.WHOLE, Style.STEP, Style.BACK)
    for reduction in FOLDED:
        for source in (STEP, BACK, COLUMN, DIAGONAL):
            yield Case(Fold(reduction, window("o", POINT), window("a", source)), True)
        for outer, inner, column, flip in product(styles, styles, (False, True), (False, True)):
            axes = ("j", "i") if flip else ("i", "j")
            source = window("a", Layout(axes, (outer, inner), column))
            for out in (LINE, STEP, BACK, COLUMN):
                yield Case(Fold(reduction, window("o", out), source), True)


# --- the result beside an argument, in one buffer, as in a recurrence ---------------------------------
def steps_of_recurrences() -> Iterator[Case]:
    """h[.., t] from h[.., t - 1]: interleaved in memory where t is not the first dimension."""
    c, size = Poly.of(Dim("h_c")), extent("j")
    i, j, k = (Poly.of(Index(axis)) for axis in "ijk")
    square = Array(Buffer("u", (size, size)), (j, k), (Index("j"), Index("k")), (size, size))
    for place in range(3):

        def at(t: Poly, *others: Poly, place: int = place, by: str = "j") -> Array:
            shape, subscripts = [extent("i"), size], list(others)
            shape.insert(place, c)
            subscripts.insert(place, t)
            lengths = {Index("i"): extent("i"), Index(by): size}
            axes = tuple(axis for axis in lengths if Poly.of(axis) in others)
            extents = tuple(lengths[axis] for axis in axes)
            return Array(Buffer("h", tuple(shape)), tuple(subscripts), axes, extents)

        before, after = at(c - 2, i, k, by="k"), at(c - 1, i, j)
        for transposed in (square, replace(square, subscripts=(k, j))):
            product_ = Contract(after, before, transposed, (), (Index("k"),))
            try:
                _checked(product_)
            except IllFormed:  # h's last dimension is t: lowering copies then
                continue
            yield Case(product_, True, least=2)
        weights = Array(Buffer("w", (extent("i"), size)), (i, k), (Index("i"), Index("k")), (extent("i"), size))
        yield Case(Contract(at(c - 1, i, Poly.of(0)), before, weights, (Index("i"),), (Index("k"),)), True, least=2)
        for reduction in FOLDED:
            yield Case(Fold(reduction, at(c - 1, i, Poly.of(0)), before), True, least=2)
        yield Case(Map(MapOp.TANH, after, (at(c - 2, i, j),)), True, least=2)
        yield Case(Map(MapOp.ADD, after, (after, at(c - 2, i, j))), True, least=2)
        if place == 0:
            source = after.buffer
            index = Array(Buffer("x", (extent("i"),), INT), (i,), (Index("i"),), (extent("i"),))
            yield Case(Gather(after, source, 2, index), True, least=2)


# --- anything, at random -------------------------------------------------------------------------------
def some_layout(rng: random.Random, axes: Sequence[str], merge: bool = True) -> Layout:
    order = tuple(rng.sample(axes, len(axes)))
    if merge and len(axes) > 1 and rng.random() < 0.15:
        dense, start = rng.random() < 0.5, rng.choice((0, 0, 2))
        return Layout(order, (Style.STEP,) * len(axes), merged=True, dense=dense, start=start)
    styles = tuple(rng.choice((Style.WHOLE, Style.WHOLE, Style.STEP, Style.BACK)) for _ in axes)
    return Layout(order, styles, column=bool(axes) and rng.random() < 0.25)


def some_map(rng: random.Random) -> Case:
    op = rng.choice(list(MapOp))
    kinds, kind = rng.choice(SIGNATURES[op])
    axes = AXES[: rng.choice((2, 2, 3, 4))]
    out = window("o", some_layout(rng, axes, merge=False), kind, axes)
    args: list[Operand] = []
    missing = set() if op is MapOp.COPY else set(axes)  # no other result has axes that all arguments lack
    for name, k in zip("abc", kinds, strict=False):
        mine = [axis for axis in axes if rng.random() < 0.8 or (len(args) == len(kinds) - 1 and axis in missing)]
        missing -= set(mine)
        args.append(window(name, some_layout(rng, mine), k))
    if rng.random() < 0.3:
        fitting = [p for p, k in enumerate(kinds) if k is kind and (op is not MapOp.SELECT or p == 2)]
        if fitting and op is not MapOp.EXP_NORMALIZED:
            place = rng.choice(fitting)
            args[place] = out = window("a b c".split()[place], some_layout(rng, axes, merge=False), kind, axes)
    return Case(Map(op, out, tuple(args)))


def some_fold(rng: random.Random) -> Case:
    axes = AXES[: rng.choice((2, 3, 3, 4))]
    kept = [axis for axis in axes if rng.random() < 0.5]
    if len(kept) == len(axes):
        kept.pop(rng.randrange(len(kept)))
    source = window("a", some_layout(rng, axes))
    return Case(Fold(rng.choice(FOLDED), window("o", some_layout(rng, kept, merge=False)), source))


def some_contraction(rng: random.Random) -> Case:
    """Any grouping of axes that the checker allows."""
    while True:
        axes = list(AXES)
        rng.shuffle(axes)
        counts = rng.choice(((0, 1, 1, 1), (0, 1, 1, 1), (1, 1, 1, 1), (0, 1, 0, 1), (0, 0, 1, 1), (1, 1, 0, 1),
                             (1, 0, 0, 1), (2, 0, 0, 1), (1, 0, 0, 2), (0, 2, 1, 1), (0, 1, 1, 2), (1, 0, 1, 1),
                             (0, 0, 0, 1), (0, 0, 0, 2), (2, 1, 1, 0), (1, 1, 1, 0)))  # fmt: skip
        if not counts[3]:
            continue
        batch, rows, columns, inner = ([axes.pop() for _ in range(count)] for count in counts)
        lone = rng.choice((batch, [])) if rows and columns else batch  # a batch axis that one factor lacks
        sides = [[*lone, *rows, *inner], [*batch, *inner, *columns]]
        left, right = (window(n, _matrix(rng, side)) for n, side in zip("ab", sides, strict=True))
        out = window("o", _matrix(rng, [*batch, *rows, *columns]), FLOAT, [*batch, *rows, *columns])
        as_indices = [tuple(Index(axis) for axis in group) for group in (batch, inner)]
        statement = Contract(out, left, right, *as_indices)
        try:
            _checked(statement)
        except IllFormed:
            continue
        return Case(statement)


def some_deviation(rng: random.Random) -> Case:
    """Squares, or with a weight: of any axes that are rows, columns and summed over."""
    while True:
        axes = list(AXES)
        rng.shuffle(axes)
        rows, columns, inner = (
            [axes.pop() for _ in range(n)] for n in rng.choice(((1, 1, 1), (1, 2, 1), (2, 1, 1), (1, 1, 2)))
        )
        weighted = rng.random() < 0.5
        sides = (
            [[*rows, *inner], [*inner, *columns], [*rows, *columns]]
            if weighted
            else [[*rows, *inner], [*columns, *inner]]
        )
        first, second, *third = (window(n, _matrix(rng, side)) for n, side in zip("abc", sides, strict=False))
        left, right, weight = (second, third[0], first) if third else (first, second, None)
        out = window("o", _matrix(rng, [*rows, *columns]), FLOAT, [*rows, *columns])
        statement = Deviation(out, left, right, weight, tuple(map(Index, inner)))
        try:
            _checked(statement)
        except IllFormed:
            continue
        return Case(statement)


# --- a matrix by blocks of columns, of which there is one ----------------------------------------------
def products_by_blocks() -> Iterator[Case]:
    """Made, and multiplied with."""
    rows, inner = window("a", Layout(("i", "k"), (Style.STEP, Style.WHOLE))), Index("k")
    yield Case(Contract(window("o", plain("i", "j")), rows, _stored("b"), (), (inner,)), True)
    for source in (window("a", plain("k", "j")), window("a", plain("j", "k"), order=("k", "j"))):
        yield Case(Map(MapOp.COPY, _stored("o"), (source,)), True)


def _stored(name: str) -> Array:
    matrix = window(name, plain("k", "j"))
    return replace(matrix, buffer=replace(matrix.buffer, blocks=Blocks(1, ONE)))


def _checked(statement: Contract | Deviation) -> None:
    """Raises IllFormed where lowering would not make it, but copy first."""
    given = tuple({array.buffer for array in reads(statement) if isinstance(array, Array)} - {statement.out.buffer})
    check(Function("audited", given, (Allocate(statement.out.buffer), statement), ()))


def _matrix(rng: random.Random, axes: Sequence[str]) -> Layout:
    """A layout whose last dimension is most often whole, as BLAS needs it."""
    order = tuple(axes) if rng.random() < 0.5 else tuple(rng.sample(axes, len(axes)))
    styles = [Style.WHOLE] * len(axes)
    for place in range(len(axes)):
        if rng.random() < (0.4 if place < len(axes) - 1 else 0.1):
            styles[place] = rng.choice((Style.STEP, Style.BACK))
    return Layout(order, tuple(styles), column=rng.random() < 0.1)


def some_gather(rng: random.Random) -> Case:
    rows = rng.choice((1, 1, 2))
    picks, rest = rng.choice((("i",), ("i", "k"))), rng.choice(((), ("j",), ("j", "l")))
    shape = [Poly.of(Dim(f"s_{place}")) for place in range(rows)] + [extent(axis) for axis in rest]
    kind = rng.choice((FLOAT, FLOAT, INT))
    source = Buffer("s", tuple(shape), kind)
    index = window("x", some_layout(rng, picks), INT, picks)
    out = window("o", some_layout(rng, [*picks, *rest], merge=False), kind, [*picks, *rest])
    return Case(Gather(out, source, rows, index))


def some_scatter(rng: random.Random) -> Case:
    rows = rng.choice((1, 1, 2))
    picks, rest = rng.choice((("i",), ("i", "k"))), rng.choice(((), ("j",), ("j", "l")))
    shape = [Poly.of(Dim(f"s_{place}")) for place in range(rows)] + [extent(axis) for axis in rest]
    unique = rng.random() < 0.4
    index = window("x", some_layout(rng, picks, merge=not unique), INT, picks)
    axes = [*picks, *rest]
    if rows == len(picks) and rng.random() < 0.3:  # elements of the target itself
        places = tuple(map(Index, axes))
        target = Buffer("s", tuple(map(extent, axes)))
        source = Array(target, tuple(map(Poly.of, places)), places, target.shape)
        return Case(Scatter(target, rows, index, source, unique))
    source = window("a", some_layout(rng, axes), FLOAT, axes)
    return Case(Scatter(Buffer("s", tuple(shape)), rows, index, source, unique))


SAMPLED = (some_map, some_fold, some_contraction, some_deviation, some_gather, some_scatter)
COMPUTING = (Map, Fold, Contract, Deviation, Gather, Scatter, Allocate)  # statements that NumPy computes
