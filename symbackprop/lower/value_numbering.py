"""Value numbering: what one equation computes, the next reads.

Two values are the same where they are alike up to the names of their axes, over the same ranges, of tensors that
nothing has written in between, and where the first is computed before the second, in the same body of steps, in one
around it, or in one of these under the same condition. The first is bound to a name; or read from the tensor that it
defines. What stands in the branches of a choice is left there.

Source: J. Cocke and J. T. Schwartz, Programming languages and their compilers (1970), on value numbers; over extended
basic blocks, as P. Briggs, K. D. Cooper and L. T. Simpson, Value numbering (1997).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from symbackprop.lower.value_walks import (
    always_computed,
    parts_first,
    rewritten,
    steps_in,
)
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
    Position,
    Read,
    Scalar,
    Step,
    Value,
    children_of,
    inside,
    wanted_axes,
    with_children,
)
from symbackprop.terms.poly import Atom, Index, Poly
from symbackprop.terms.program import Op, fresh_name
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis, Term

Key = tuple[object, ...]


@dataclass(slots=True, eq=False)
class _First:
    """A value where it is first computed. `order`: its axes as they are met; `subscripts`: of the tensor `name` that
    holds it, as polynomials in its axes, once that is known, and `version`, that of the tensor then; `shared`: whether
    it is to be bound; `quiet`: whether floating-point errors mean nothing to any reader."""

    value: Value
    order: tuple[Index, ...]
    quiet: bool
    name: str = ""
    subscripts: tuple[Poly, ...] = ()
    version: int = 0
    shared: bool = False


@dataclass(frozen=True, slots=True)
class _Again:
    """The same value over other axes."""

    first: _First
    order: tuple[Index, ...]

    def read(self) -> Read:
        names: dict[Atom, Poly] = {old: Poly.of(new) for old, new in zip(self.first.order, self.order, strict=True)}
        subscripts = tuple(subscript.substitute(names) for subscript in self.first.subscripts)
        return Read(self.first.name, subscripts, frozenset(self.order), self.first.value.kind, False)


def number_values(function: Function) -> Function:
    """The function with each value computed once."""
    numbering = _Numbering(function)
    numbering.look(function.body)
    return replace(function, body=rewritten(function.body, numbering.rewritten, function.facts))


def blind(value: Value, numbers: dict[Value, int]) -> int:
    """A number that like values share, whatever their axes are called; `numbers`: those of values so far."""
    for part in parts_first(value, numbers):
        numbers[part] = hash((type(part), _plain(part), *[numbers[child] for child in part.children]))
    return numbers[value]


class _Numbering:
    def __init__(self, function: Function) -> None:
        self.blind: dict[Value, int] = {}
        self.count = Counter(
            blind(value, self.blind)
            for step in steps_in(function.body)
            if isinstance(step, Define)
            for value in inside(step.value, always_computed)
        )
        self.taken = {*function.taken, *function.tensors}
        self.versions: Counter[str] = Counter()
        self.scopes: list[dict[Key, _First]] = [{}]
        self.branches: list[dict[Term, dict[Key, _First]]] = [{}]  # of each scope those under conditions
        self.found: dict[int, dict[Value, _First | _Again]] = {}  # by the step's identity

    # --- what is the same --------------------------------------------------------------------------
    def look(self, steps: Iterable[Step]) -> None:
        for step in steps:
            match step:
                case Define():
                    self._define(step)
                case Clear(tensor):
                    self.versions[tensor] += 1
                case Loop(_, _, _, _, body) | If(_, body):
                    written = {s.tensor for s in steps_in(body) if isinstance(s, Define | Clear)}
                    for tensor in written if isinstance(step, Loop) else ():
                        self.versions[tensor] += 1  # another turn may have written it
                    self.scopes.append(self.branches[-1].setdefault(step.condition, {}) if isinstance(step, If) else {})
                    self.branches.append({})
                    self.look(body)
                    self.scopes.pop()
                    self.branches.pop()
                    for tensor in written:
                        self.versions[tensor] += 1

    def _define(self, step: Define) -> None:
        ranges = {axis.index: axis for axis in step.axes}
        found = self.found[id(step)] = {}
        stack = [step.value]
        seen: set[Value] = set()
        while stack:
            value = stack.pop()
            if value in seen:
                continue
            seen.add(value)
            if self.count[self.blind[value]] > 1 and _worth_keeping(value):
                key, order = _key(value, ranges, self.versions)
                first = self._before(key)
                if first is not None:
                    first.shared, first.quiet = not first.name, first.quiet and _is_quiet(value)
                    found[value] = _Again(first, order)
                    continue
                found[value] = self.scopes[-1][key] = _First(value, order, _is_quiet(value))
            stack += reversed(always_computed(value))
        self.versions[step.tensor] += 1
        self._defined(step, found.get(step.value))

    def _before(self, key: Key) -> _First | None:
        first = next((scope[key] for scope in reversed(self.scopes) if key in scope), None)
        return None if first is None or (first.name and first.version != self.versions[first.name]) else first

    def _defined(self, step: Define, first: _First | _Again | None) -> None:
        """The tensor holds the value, until it is written again."""
        if not isinstance(first, _First) or first.shared or step.op is not Op.ASSIGN or step.value.axes != step.left:
            return
        places = [subscript for subscript in step.subscripts if isinstance(subscript, Poly)]
        plain = [s.indices() for s in places if set(s.indices()) & step.left]
        if len(places) == len(step.subscripts) and all(len(indices) == 1 for indices in plain):
            first.name, first.subscripts, first.version = step.tensor, tuple(places), self.versions[step.tensor]

    # --- rewriting ---------------------------------------------------------------------------------
    def rewritten(self, step: Step, _: Facts) -> Iterable[Step]:
        return self._rewritten(step) if isinstance(step, Define) else [step]

    def _rewritten(self, step: Define) -> Iterator[Step]:
        found = self.found[id(step)]
        if not found:
            yield step
            return
        new: dict[Value, Value] = {}

        def parts(value: Value) -> tuple[Value, ...]:
            return () if isinstance(found.get(value), _Again) else always_computed(value)

        for value in parts_first(step.value, new, parts):
            match found.get(value):
                case _Again() as again:
                    new[value] = again.read()
                    continue
                case known:
                    mine = parts(value)
                    changed = with_children(value, tuple(new[part] for part in mine)) if mine else value
            if known is not None and known.shared:
                yield self._bound(known, changed, step)
                changed = _Again(known, known.order).read()
            new[value] = changed
        changed = new[step.value]
        yield step if changed is step.value else step.with_value(changed)

    def _bound(self, first: _First, value: Value, step: Define) -> Bind:
        first.name = fresh_name("value", self.taken)
        outer = tuple(axis for axis in step.axes if axis.index in value.axes)
        first.subscripts = tuple(Poly.of(axis.index) - axis.low for axis in outer)
        if not first.quiet:
            value = _loud(value)
        return Bind(first.name, tuple(axis.index for axis in outer), wanted_axes(step.axes, value.axes, value), value)


def _worth_keeping(value: Value) -> bool:
    """Whether it is no mere look-up or number."""
    match value:
        case Read(_, subscripts):
            return any(isinstance(subscript, Value) for subscript in subscripts)
        case Map(_, _, kind):
            return kind is Kind.BOOL or (kind is Kind.FLOAT and bool(value.axes))
        case Contract() | Fold() | Deviation() | Choose():
            return True
        case _:
            return False


def _is_quiet(value: Value) -> bool:
    return isinstance(value, Map | Contract | Fold | Deviation | Choose) and value.quiet


def _loud(value: Value) -> Value:
    """The value with floating-point errors that mean something to a reader."""
    if not _is_quiet(value):
        return value
    parts = {name: getattr(value, name) for name in value.__match_args__}
    return type(value)(*(parts | {"quiet": False}).values())


def _plain(value: Value) -> Key:
    """What it is besides its parts, its axes left out."""
    match value:
        case Scalar(term):
            return (term,)
        case Position(poly):
            return (len(poly.terms),)
        case Read(tensor, subscripts, _, kind, padded):
            return tensor, len(subscripts), kind, padded
        case Map(op, args, kind):
            return op, len(args), kind
        case Contract(factors, bound):
            return len(factors), len(bound)
        case Fold(reduction, _, bound):
            return reduction, len(bound)
        case Deviation(weights, _, _, bound):
            return len(weights), len(bound)
        case Choose(condition):
            return (condition,)
        case _:
            raise TypeError(f"not a value: {value!r}")


def _key(value: Value, ranges: Mapping[Index, Axis], versions: Mapping[str, int]) -> tuple[Key, tuple[Index, ...]]:
    """(the value in writing, its axes numbered as they are met, its own axes in that order)."""
    numbers: dict[Index, Index] = {}
    places: dict[Value, int] = {}
    out: list[object] = []

    def number(indices: Iterable[Index]) -> None:
        for index in indices:
            axis = ranges.get(index)
            if axis is not None and index not in numbers:
                numbers[index] = Index(f"#{len(numbers)}")
                out.append((axis.low, axis.high))

    def renamed(poly: Poly) -> Poly:
        number(poly.indices())
        return poly.substitute({old: Poly.of(new) for old, new in numbers.items()})

    stack = [value]
    while stack:
        top = stack.pop()
        if top in places:
            out.append(places[top])
            continue
        places[top] = len(places)
        out.append((type(top), *_plain(top)))
        match top:
            case Position(poly):
                out.append(renamed(poly))
            case Read(tensor, subscripts):
                out.append(versions[tensor])
                out.extend(renamed(s) if isinstance(s, Poly) else None for s in subscripts)
            case Contract(_, bound) | Fold(_, _, bound) | Deviation(_, _, _, bound):
                number(bound)
                out.append(tuple(numbers[index] for index in bound))
        stack += reversed(children_of(top))
    return tuple(out), tuple(index for index in numbers if index in value.axes)
