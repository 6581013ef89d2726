"""Values to loop nests: every step becomes a nest over the positions that it defines, every reduction one inside it.

What a value is made of is computed in the outermost nest in which all of its axes run. What would be computed there
once more for each position of an axis that it has not, and costs something, gets a tensor of its own before the nest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from math import isinf, prod

from symbackprop.c.nests import Nest, NestFunction, Statement, Store, Subscripts, When
from symbackprop.c.of_integers import of_integers
from symbackprop.c.products import is_worth_it, product_of
from symbackprop.c.ranges import Ranges
from symbackprop.lower.by_kind import EvaluatorByKind
from symbackprop.lower.context import Context
from symbackprop.lower.evaluate_values import term_value
from symbackprop.lower.substitution import at_places
from symbackprop.lower.value_walks import rebuilt
from symbackprop.lower.values import (
    Bind,
    Choose,
    Clear,
    Contract,
    Define,
    Deviation,
    Fold,
    Function,
    If,
    Kind,
    Loop,
    Map,
    MapOp,
    Note,
    Position,
    Read,
    Scalar,
    Step,
    Value,
    children_of,
    inside,
    integer,
    with_children,
)
from symbackprop.terms.build import NIL, logic_not, number
from symbackprop.terms.poly import ZERO, Atom, Index, Poly
from symbackprop.terms.program import DType, Op, Program, Tensor, TensorKind, fresh_name
from symbackprop.terms.term import CONDITIONS, Axis, Constant, ConstantKind, Reduction, Term
from symbackprop.terms.wild import Known

CHEAP = frozenset({
    MapOp.COPY, MapOp.ADD, MapOp.SUBTRACT, MapOp.MULTIPLY, MapOp.SQUARE, MapOp.ABS, MapOp.SIGN, MapOp.MAXIMUM,
    MapOp.MINIMUM, MapOp.GREATER, MapOp.GREATER_EQUAL, MapOp.EQUAL, MapOp.NOT_EQUAL, MapOp.AND, MapOp.OR, MapOp.NOT,
    MapOp.SELECT,
})  # fmt: skip
_NOTHING: dict[Reduction, Term] = {
    Reduction.SUM: NIL,
    Reduction.PRODUCT: number(1),
    Reduction.MAX: Constant(ConstantKind.NEGATIVE_INFINITY),
    Reduction.MIN: Constant(ConstantKind.INFINITY),
}
_OF_TWO = {Reduction.PRODUCT: MapOp.MULTIPLY, Reduction.MAX: MapOp.MAXIMUM, Reduction.MIN: MapOp.MINIMUM}
_KINDS = {Kind.FLOAT: DType.FLOAT, Kind.INT: DType.INT, Kind.BOOL: DType.INT}


def open_nests(function: Function, program: Program) -> NestFunction:
    """The function as nests; `program`: the one that it computes, whose sizes are all numbers."""
    opener = _Opener(function, program)
    body = opener.body(function.body)
    tensors = {**function.tensors, **opener.made}
    return NestFunction(function.name, tensors, function.given, frozenset(opener.locals), tuple(body))


class _Opener:
    def __init__(self, function: Function, program: Program) -> None:
        self.function, self.context = function, Context(program, (), Known())
        self.made: dict[str, Tensor] = {}
        self.locals: set[str] = set()
        self.taken = {*function.taken, *function.tensors, *program.table}
        self.variables: list[Axis] = []  # of the loops around
        self.nests = 0

    # --- names -------------------------------------------------------------------------------------
    def tensor(self, wanted: str, shape: Sequence[Poly], kind: Kind = Kind.FLOAT) -> Tensor:
        name = fresh_name(wanted, self.taken)
        self.made[name] = Tensor(name, TensorKind.INTERMEDIATE, tuple(shape), (ZERO,) * len(shape), _KINDS[kind])
        return self.made[name]

    def local(self, wanted: str, kind: Kind = Kind.FLOAT) -> Tensor:
        tensor = self.tensor(wanted, (), kind)
        self.locals.add(tensor.name)
        return tensor

    def index(self, like: Index) -> Index:
        """One of its own, by which no two nests are mixed up."""
        self.nests += 1
        return Index(f"{like.name.partition('@')[0]}@{self.nests}", 0, like.fresh)

    # --- steps -------------------------------------------------------------------------------------
    def body(self, steps: Iterable[Step]) -> list[Statement]:
        return [statement for step in steps for statement in self.step(step)]

    def step(self, step: Step) -> list[Statement]:
        match step:
            case Note():
                return [step]
            case Clear(name):
                return self.clear(self.tensors(name))
            case Define():
                return self.define(step)
            case Bind():
                raise TypeError("a name for a value is given here, by whoever reads it")
            case If(condition, body, ()):
                return self.when(condition, body)
            case Loop(variable, low, high, descending, body):
                self.variables.append(step.axis)
                inner = self.body(body)
                self.variables.pop()
                return [Loop(variable, low, high, descending, tuple(inner))]
            case _:
                raise TypeError(f"not a step: {step!r}")

    def tensors(self, name: str) -> Tensor:
        return self.made[name] if name in self.made else self.function.tensors[name]

    def when(self, condition: Term, body: Sequence[Step]) -> list[Statement]:
        if not condition.free:
            return self.body(body) if term_value(condition, {}) else []
        levels = _Levels(self, ())
        mask = levels.place(self.evaluator().mask(condition))
        return [*levels.before, *levels.statements[0], When(mask, tuple(self.body(body)))]

    def evaluator(self) -> EvaluatorByKind:
        """Of terms in which the variables of the loops around stand."""
        return EvaluatorByKind(self.context, self.variables)

    def scalar(self, term: Term) -> Value:
        return self.evaluator().operand(term)

    def children(self, value: Value) -> tuple[Value, ...]:
        """The values directly inside; numbers in which a loop's variable stands as integers where these are wanted."""
        if not isinstance(value, Map) or not of_integers(value):
            return children_of(value)
        return tuple(
            self.whole(child.term) if isinstance(child, Scalar) and child.term.free else child for child in value.args
        )

    def whole(self, term: Term) -> Value:
        """The value of an integer, or of a condition."""
        evaluator = self.evaluator()
        return evaluator.mask(term) if isinstance(term, CONDITIONS) else evaluator.integer(term)

    def clear(self, tensor: Tensor) -> list[Statement]:
        axes = [Axis(self.index(Index("i")), ZERO, extent - 1) for extent in tensor.shape]
        store = Store(tensor.name, tuple(Poly.of(axis.index) for axis in axes), Scalar(NIL))
        return _nested(axes, [[] for _ in axes] + [[store]])

    def define(self, step: Define) -> list[Statement]:
        choice = next((part for part in inside(step.value) if isinstance(part, Choose)), None)
        if choice is not None:
            return self.chosen(step, choice)
        product = self.product(step)
        if product is not None:
            return product
        renamed = {axis.index: self.index(axis.index) for axis in step.axes if axis.index in step.left}
        places: dict[Atom, Poly] = {old: Poly.of(new) for old, new in renamed.items()}
        new = frozenset(renamed.values())
        left = [Axis(renamed[axis.index], axis.low, axis.high) for axis in step.axes if axis.index in step.left]
        ranges = {axis.index: axis for axis in step.axes}
        levels = _Levels(self, _in_order(left, step.subscripts, renamed), ranges, name=step.tensor)
        summed = self.summed_outside(step, places, new, ranges)
        if summed is not None:
            return summed
        value = levels.placed_last(at_places(step.value, places, new))
        subscripts = tuple(
            s.substitute(places) if isinstance(s, Poly) else levels.place(at_places(s, places, new))
            for s in step.subscripts
        )
        store: Statement = Store(step.tensor, subscripts, value, step.op)
        if step.padded:
            store = self.kept_inside(store, subscripts, self.tensors(step.tensor).shape, new)
        return levels.nested([store])

    def summed_outside(
        self, step: Define, places: dict[Atom, Poly], new: frozenset[Index], ranges: dict[Index, Axis]
    ) -> list[Statement] | None:
        """A sum whose summands lie side by side along the last axis of what is defined, not along those of the sum:
        with the sum outside, added to what is 0 before."""
        value = step.value
        if not isinstance(value, Contract) or not step.left or step.padded or not value.bound:
            return None
        last = step.subscripts[-1]
        if not isinstance(last, Poly) or not all(isinstance(s, Poly) for s in step.subscripts):
            return None
        steps = Counter[Index]()
        for part in inside(value):
            if isinstance(part, Read) and part.subscripts and isinstance(part.subscripts[-1], Poly):
                steps.update(part.subscripts[-1].indices())
        inner = [index for index in last.indices() if index in step.left]
        if not inner or any(isinstance(part, Contract | Fold) for f in value.factors for part in inside(f)):
            return None
        if steps[inner[-1]] <= max(steps[index] for index in value.bound):
            return None
        names = {index: self.index(index) for index in value.bound}
        moved: dict[Atom, Poly] = places | {old: Poly.of(index) for old, index in names.items()}
        every = new | frozenset(names.values())
        bound = [Axis(names[index], ranges[index].low, ranges[index].high) for index in value.bound]
        left = [Axis(_only(places[index]), ranges[index].low, ranges[index].high) for index in _left_in_order(step)]
        subscripts = tuple(s.substitute(places) for s in step.subscripts if isinstance(s, Poly))
        out: list[Statement] = []
        if step.op is Op.ASSIGN:
            out += _nested(left, [*([] for _ in left), [Store(step.tensor, subscripts, Scalar(NIL))]])
            left = [Axis(self.index(axis.index), axis.low, axis.high) for axis in left]
            again: dict[Atom, Poly] = dict(zip(_left_in_order(step), (Poly.of(a.index) for a in left), strict=True))
            moved, subscripts = moved | again, tuple(s.substitute(again) for s in step.subscripts)  # type: ignore[union-attr]
            every |= frozenset(axis.index for axis in left)
        levels = _Levels(self, [*bound, *left], dict(ranges), name=step.tensor)
        product = levels.placed_last(at_places(_product(value.factors), moved, every))
        return [*out, *levels.nested([Store(step.tensor, subscripts, product, Op.ACCUMULATE)])]

    # --- products ----------------------------------------------------------------------------------
    def product(self, step: Define) -> list[Statement] | None:
        """The step by a product, of whole tensors; what else is in the value is computed of it afterwards."""
        if step.padded:
            return self.added_in_frame(step)
        sums = [part for part in inside(step.value) if isinstance(part, Contract) and part.axes == step.left]
        for value in sums:
            if value is step.value:
                return self.multiplied(step, value)
            if step.op is not Op.ASSIGN or any(
                isinstance(part, Read) and part.tensor == step.tensor for part in inside(step.value)
            ):
                continue
            first = self.multiplied(replace(step, value=value), value)
            if first is None or not all(isinstance(s, Poly) for s in step.subscripts):
                continue
            read = Read(step.tensor, step.subscripts, step.left, Kind.FLOAT, False)
            return [*first, *self.define(step.with_value(_with(step.value, value, read)))]
        return None

    def added_in_frame(self, step: Define) -> list[Statement] | None:
        """What is added at places some of which are outside: to a frame that has them all, and then what is inside."""
        ends = _ends(step.subscripts, step.axes)
        if step.op is not Op.ACCUMULATE or not isinstance(step.value, Contract) or ends is None:
            return None
        frame = self.tensor(f"{step.tensor}_frame", [Poly.of(high - low + 1) for low, high in ends])
        at = tuple(s - low for s, (low, _) in zip(step.subscripts, ends, strict=True) if isinstance(s, Poly))
        product = self.multiplied(replace(step, tensor=frame.name, subscripts=at, padded=False), step.value)
        if product is None:
            del self.made[frame.name]
            return None
        inner, places = [], list[Poly]()
        for (low, high), size in zip(ends, self.tensors(step.tensor).shape, strict=True):
            last = min(high, (size.constant or 0) - 1)
            inner.append(Axis(self.index(Index("i")), Poly.of(max(low, 0)), Poly.of(last)))
            places.append(Poly.of(inner[-1].index))
        there = tuple(place - low for place, (low, _) in zip(places, ends, strict=True))
        value = Read(frame.name, there, frozenset(axis.index for axis in inner), Kind.FLOAT, False)
        store = Store(step.tensor, tuple(places), value, Op.ACCUMULATE)
        return [*self.clear(frame), *product, *_nested(inner, [*([] for _ in inner), [store]])]

    def multiplied(self, step: Define, value: Contract) -> list[Statement] | None:
        names = {axis.index: self.index(axis.index) for axis in step.axes}
        places: dict[Atom, Poly] = {old: Poly.of(new) for old, new in names.items()}
        axes = {names[axis.index]: Axis(names[axis.index], axis.low, axis.high) for axis in step.axes}
        left = [axes[names[axis.index]] for axis in step.axes if axis.index in step.left]
        new = frozenset(axes)
        if not all(isinstance(s, Poly) for s in step.subscripts):
            return None
        subscripts = tuple(s.substitute(places) for s in step.subscripts if isinstance(s, Poly))
        before: list[Statement] = []
        made = set(self.made)
        factors = tuple(
            self.as_elements(at_places(factor, places, new), axes, step.tensor, before) for factor in value.factors
        )
        moved = Contract(factors, tuple(names[index] for index in value.bound), value.quiet)
        found = product_of(step.tensor, subscripts, moved, left, axes)
        if found is not None:
            product, batch = found
            product = replace(product, add=step.op is Op.ACCUMULATE)
            if is_worth_it(product, {**self.function.tensors, **self.made}):
                return [*before, *_nested(batch, [*([] for _ in batch), [product]])]
        for name in self.made.keys() - made:
            del self.made[name]
            self.locals.discard(name)
        return None

    def as_elements(self, factor: Value, axes: Mapping[Index, Axis], name: str, before: list[Statement]) -> Value:
        """The factor as elements that are read where they lie: with zeros around what is 0 outside, and computed first
        where it is more than a look-up and each of its elements serves several times. `before`: what does that."""
        if isinstance(factor, Read) and factor.padded and factor.kind is Kind.FLOAT and not factor.children:
            return self.framed(factor, axes, name, before)
        own = [axis for axis in axes.values() if axis.index in factor.axes]
        positions, whole = (_positions(each) for each in (own, axes.values()))
        serves = isinstance(factor, Map) and factor.kind is Kind.FLOAT and 0 < positions <= whole // 8
        if not serves or any(isinstance(part, Contract | Fold) for part in inside(factor)):
            return factor
        made = self.tensor(f"{name}_factor", [axis.extent for axis in own])
        at = tuple(Poly.of(axis.index) - axis.low for axis in own)
        before += self.define(Define(made.name, at, tuple(own), factor, Op.ASSIGN))
        return Read(made.name, at, factor.axes, Kind.FLOAT, False)

    def framed(self, factor: Read, axes: Mapping[Index, Axis], name: str, before: list[Statement]) -> Value:
        """The read of a copy with zeros around it, which it never leaves."""
        ends = _ends(factor.subscripts, axes.values())
        if ends is None:
            return factor
        size, own = prod(high - low + 1 for low, high in ends), self.tensors(factor.tensor)
        if size > 8 * prod(extent.constant or 0 for extent in own.shape) + 64:
            return factor
        frame = self.tensor(f"{name}_frame", [Poly.of(high - low + 1) for low, high in ends])
        inner = [Axis(self.index(Index("i")), ZERO, extent - 1) for extent in frame.shape]
        places = tuple(Poly.of(axis.index) for axis in inner)
        there = tuple(place + low for place, (low, _) in zip(places, ends, strict=True))
        copied = Read(factor.tensor, there, frozenset(axis.index for axis in inner), Kind.FLOAT, True)
        before += _nested(inner, [*([] for _ in inner), [Store(frame.name, places, copied)]])
        at = tuple(s - low for s, (low, _) in zip(factor.subscripts, ends, strict=True) if isinstance(s, Poly))
        return Read(frame.name, at, factor.over, Kind.FLOAT, False)

    def kept_inside(
        self, store: Statement, subscripts: Subscripts, shape: Sequence[Poly], axes: frozenset[Index]
    ) -> Statement:
        """The store where all subscripts are inside the tensor."""
        for subscript, size in zip(subscripts, shape, strict=True):
            place = integer(subscript, axes) if isinstance(subscript, Poly) else subscript
            above = Map(MapOp.GREATER_EQUAL, (place, Scalar(NIL)), Kind.BOOL, True)
            below = Map(MapOp.GREATER, (integer(size, axes), place), Kind.BOOL, True)
            store = When(Map(MapOp.AND, (above, below), Kind.BOOL, True), (store,))
        return store

    def chosen(self, step: Define, choice: Choose) -> list[Statement]:
        """The definition for each branch, of which one is computed."""
        return [
            statement
            for condition, branch in ((choice.condition, choice.then), (logic_not(choice.condition), choice.otherwise))
            for statement in self.when(condition, [step.with_value(_with(step.value, choice, branch))])
        ]


def _with(top: Value, old: Value, new: Value) -> Value:
    return rebuilt(top, lambda value, children: new if value is old else with_children(value, children))


def _in_order(axes: Sequence[Axis], subscripts: Subscripts, renamed: dict[Index, Index]) -> list[Axis]:
    """As the elements lie: the last dimension innermost."""
    found = [renamed[i] for s in subscripts if isinstance(s, Poly) for i in s.indices() if i in renamed]
    place = {index: place for place, index in enumerate(found)}
    return sorted(axes, key=lambda axis: place.get(axis.index, -1))


def _ends(subscripts: Subscripts, axes: Iterable[Axis]) -> list[tuple[int, int]] | None:
    """Of each subscript the least and the greatest position; None where one is no number, or there is none."""
    ranges, out = Ranges(), list[tuple[int, int]]()
    with ExitStack() as around:
        for axis in axes:
            around.enter_context(ranges.within(axis))
        for subscript in subscripts:
            low, high = ranges.of(subscript)
            if isinf(low) or isinf(high) or high < low:
                return None
            out.append((int(low), int(high)))
    return out


def _positions(axes: Iterable[Axis]) -> int:
    return prod(max(axis.extent.constant or 0, 0) for axis in axes)


def _left_in_order(step: Define) -> list[Index]:
    found = dict.fromkeys(i for s in step.subscripts if isinstance(s, Poly) for i in s.indices() if i in step.left)
    return list(found)


def _only(poly: Poly) -> Index:
    (index,) = poly.indices()
    return index


def _nested(axes: Sequence[Axis], statements: Sequence[Sequence[Statement]]) -> list[Statement]:
    """`statements`: those of each depth, from outside all nests to inside all."""
    body = list(statements[-1])
    for axis, outer in zip(reversed(axes), reversed(statements[:-1]), strict=True):
        body = [*outer, Nest(axis, tuple(body))]
    return body


class _Levels:
    """The nests around one value, with the statements that stand in each before the next. `before`: what comes before
    them all; `ranges`: of the axes that the value is summed over."""

    def __init__(
        self, opener: _Opener, axes: Sequence[Axis], ranges: dict[Index, Axis] | None = None, name: str = "value",
        outer: _Levels | None = None, depth: int = 0,
    ) -> None:  # fmt: skip
        self.opener, self.name, self.ranges = opener, name, ranges or {}
        self.outer, self.inherited = outer, depth if outer is not None else 0
        if outer is None:
            self.before: list[Statement] = []
            self.axes = list(axes)
            self.statements: list[list[Statement]] = [[] for _ in range(len(self.axes) + 1)]
            self.memos: list[dict[Value, Value]] = [{} for _ in self.statements]
        else:  # those within a reduction at that depth of the outer ones
            self.before = outer.before
            self.axes = [*outer.axes[:depth], *axes]
            self.statements = [*outer.statements[: depth + 1], *([] for _ in axes)]
            self.memos = [*outer.memos[: depth + 1], *({} for _ in axes)]
        self.places = {axis.index: place for place, axis in enumerate(self.axes)}
        self.uses: Counter[Value] = Counter()

    def nested(self, innermost: Sequence[Statement]) -> list[Statement]:
        inner = self.axes[self.inherited :]
        statements = [list(each) for each in self.statements[self.inherited :]]
        if self.outer is not None:  # those before the first nest stand in the outer ones
            statements[0] = []
        statements[-1] += innermost
        return [*(self.before if self.outer is None else ()), *_nested(inner, statements)]

    # --- values ------------------------------------------------------------------------------------
    def placed_last(self, top: Value) -> Value:
        """As `place`, of what all nests are for."""
        for part in inside(top):
            self.uses.update(children_of(part))
        return self.place(top)

    def depth(self, value: Value) -> int:
        """How many nests there are around the outermost place at which the value is known."""
        return max((self.places[axis] + 1 for axis in value.axes if axis in self.places), default=0)

    def own(self, value: Value) -> list[Axis]:
        return [axis for axis in self.axes if axis.index in value.axes]

    def place(self, value: Value) -> Value:
        depth = self.depth(value)
        found = self.memos[depth].get(value)
        if found is None:
            found = self.memos[depth][value] = self.made(value, depth)
        return found

    def made(self, value: Value, depth: int) -> Value:
        own = self.own(value)
        if own and len(own) < depth and value.kind is Kind.FLOAT and _costs(value):
            return self.materialised(value, own)
        match value:
            case Scalar(term):
                return value if not term.free else self.place(self.opener.scalar(term))
            case Position():
                return value
            case Contract() | Fold():
                return self.reduced(value, depth)
            case Map() | Read():
                new = with_children(value, tuple(self.place(child) for child in self.opener.children(value)))
                named = isinstance(value, Map) and value.op is not MapOp.COPY
                if named and (self.uses[value] > 1 or (depth < len(self.axes) and _costs(value))):
                    return self.named(new, depth)
                return new
            case Deviation():
                raise TypeError("deviations are sums here")
            case _:
                raise TypeError(f"not a value: {value!r}")

    def named(self, value: Value, depth: int) -> Value:
        local = self.opener.local(f"{self.name}_part", value.kind)
        self.statements[depth].append(Store(local.name, (), value))
        return Read(local.name, (), frozenset(), value.kind, False)

    def materialised(self, value: Value, own: Sequence[Axis]) -> Value:
        """A tensor of the value over its own axes."""
        opener = self.opener
        tensor = opener.tensor(f"{self.name}_part", [axis.extent for axis in own])
        ranges = self.ranges | {axis.index: axis for axis in own}
        subscripts = tuple(Poly.of(axis.index) - axis.low for axis in own)
        bound = {i for part in inside(value) if isinstance(part, Contract | Fold) for i in part.bound}
        axes = (*own, *(ranges[index] for index in bound))
        self.before += opener.define(Define(tensor.name, subscripts, axes, value, Op.ASSIGN))
        return Read(tensor.name, subscripts, frozenset(axis.index for axis in own), value.kind, False)

    # --- reductions --------------------------------------------------------------------------------
    def reduced(self, value: Contract | Fold, depth: int) -> Value:
        """A variable, after a nest over what is bound that adds to it."""
        opener = self.opener
        bound, parts = self._renamed(value)
        if isinstance(value, Contract):
            reduction, name = Reduction.SUM, f"{self.name}_sum"
            indices = {axis.index for axis in bound}
            outer, parts = _split(parts, lambda part: not indices & part.axes)
        else:
            reduction, name, outer = value.reduction, f"{self.name}_{value.reduction.value.lower()}", []
        total = opener.local(name)
        inner = _Levels(opener, _unit_stride_last(bound, parts), self.ranges, self.name, self, depth)
        for part in parts:
            for each in inside(part):
                inner.uses.update(children_of(each))
        placed = [inner.place(part) for part in parts]
        read = Read(total.name, (), frozenset(), Kind.FLOAT, False)
        self.statements[depth].append(Store(total.name, (), Scalar(_NOTHING[reduction])))
        if reduction is Reduction.SUM:
            store = Store(total.name, (), _product(placed), Op.ACCUMULATE)
        else:
            (source,) = placed
            store = Store(total.name, (), Map(_OF_TWO[reduction], (read, source), Kind.FLOAT, True))
        self.statements[depth] += inner.nested([store])
        return _product([*(self.place(factor) for factor in outer), read]) if outer else read

    def _renamed(self, value: Contract | Fold) -> tuple[list[Axis], list[Value]]:
        """(the bound axes under indices of their own, what is reduced over them)."""
        parts = list(value.factors) if isinstance(value, Contract) else [value.source]
        names = {index: self.opener.index(index) for index in value.bound}
        places: dict[Atom, Poly] = {old: Poly.of(new) for old, new in names.items()}
        new = frozenset(names.values())
        axes = [replace_index(self.ranges[old], index) for old, index in names.items()]
        self.ranges = self.ranges | {axis.index: axis for axis in axes}
        return axes, [at_places(part, places, new) for part in parts]


def replace_index(axis: Axis, index: Index) -> Axis:
    return Axis(index, axis.low, axis.high)


def _split(parts: Sequence[Value], holds: Callable[[Value], bool]) -> tuple[list[Value], list[Value]]:
    return [part for part in parts if holds(part)], [part for part in parts if not holds(part)]


def _product(factors: Sequence[Value]) -> Value:
    if not factors:
        return Scalar(number(1))
    first, *others = factors
    for other in others:
        first = Map(MapOp.MULTIPLY, (first, other), Kind.FLOAT, True)
    return first


def _costs(value: Value) -> bool:
    """Whether computing it once more is to be spared."""
    return any(
        isinstance(part, Contract | Fold) or (isinstance(part, Map) and part.op not in CHEAP) for part in inside(value)
    )


def _unit_stride_last(axes: Sequence[Axis], values: Sequence[Value]) -> list[Axis]:
    """The axes, along which the most reads go from element to the next last."""
    steps: Counter[Index] = Counter()
    for value in values:
        for part in inside(value):
            if isinstance(part, Read) and part.subscripts and isinstance(part.subscripts[-1], Poly):
                steps.update(part.subscripts[-1].indices())
    return sorted(axes, key=lambda axis: steps[axis.index])


__all__ = ["CHEAP", "open_nests"]
