"""Naming the parts: every nested non-linear value gets an equation of its own before the sweep.

Textbook forms come from naming, not from simplifying: a named value is computed once, its derivative is stated in
itself (1 - a², p), and its adjoint is one equation that all its readers share. After this pass a right-hand side is

    root  ::= a linear combination of `flat` (through sums over indices and guards)
            | one function, power or reduction of arguments
    flat  ::= product of elements, constants, integer powers and guards
    argument ::= an element, scaled or shifted by constants, or a positive integer power

Parts under a guard keep their guard, so that nothing is evaluated where the network would not evaluate it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain

from symbackprop.derive.axis_names import axis_names
from symbackprop.derive.flat import is_compound, is_flat, is_polynomial, widely_shared
from symbackprop.derive.looked_up import equality
from symbackprop.derive.placement import Place, inside, is_whole
from symbackprop.derive.quotient import find_quotient
from symbackprop.derive.repeated_sums import repeated_sums, taken_apart
from symbackprop.errors import NestedTooDeep
from symbackprop.terms.build import (
    access,
    add,
    apply,
    conjuncts,
    guarded,
    logic_not,
    map_children,
    mul,
    number,
    open_reduce,
    power,
    reduce,
    where,
)
from symbackprop.terms.domains import Span, named_by
from symbackprop.terms.held_values import ValueTable, held_by
from symbackprop.terms.inside import is_inside, reads_outside
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Equation, Op, Program, Tensor, fresh_name, recurrent_tensors
from symbackprop.terms.readings import either_of, nonempty, readings
from symbackprop.terms.rewrite import ranges_of
from symbackprop.terms.size_facts import size_facts
from symbackprop.terms.term import (
    Access,
    Add,
    Apply,
    Axis,
    Compare,
    Constant,
    Logic,
    Mul,
    Number,
    PolyValue,
    Power,
    Reduce,
    Reduction,
    Term,
    Where,
)
from symbackprop.terms.wild import is_wild, known_of, wildness

_MOST_SCOPES = 1000  # in which the shared parts of one equation are named


def name_parts(program: Program) -> Program:
    """The program with its nested parts named.

    A value that a tensor holds is read from it wherever it occurs, except from an opaque one: it is read by the
    equations that name it alone, so that its adjoint is by these.
    """
    return _Namer(program).run()


@dataclass(frozen=True, slots=True)
class _Scope:
    """The equation at hand: its axes and guards, and those of the binders met on the way in."""

    owner: str
    axes: tuple[Axis, ...]
    guards: tuple[Term, ...] = ()

    def within(self, axes: list[Axis]) -> _Scope:
        return replace(self, axes=self.axes + tuple(axes))

    def under(self, condition: Term) -> _Scope:
        return replace(self, guards=self.guards + conjuncts(condition))


class _Namer:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.tensors: dict[str, Tensor] = dict(program.table)
        self.taken = {tensor.name for tensor in program.tensors} | set(program.dims)
        self.values = ValueTable.of(program)
        self.out: list[Equation] = []
        self.recurrent = recurrent_tensors(program.equations)  # a guard may say when they are known
        self.known = known_of(program)
        self.facts = size_facts(program)
        self.visited: dict[tuple[Term, Place, _Scope], Term] = {}
        self.shared: set[Term] = set()  # of the equation at hand, where it unfolds to a tree that is far larger,
        self.scopes: dict[Term, _Scope] = {}  # and the scopes in which these are named, for all their readers
        self.repeated: set[Term] = set()  # those of them that stand inside sums, too
        self.opened: list[Index] = []  # of the reductions that are being visited
        self.again = 0  # how often a shared part of the equation is named in the scope of one reader

    def run(self) -> Program:
        for equation in self.program.equations:
            self.values.note(equation, self.tensors[equation.target])
        for equation in self.program.equations:
            scope = _Scope(equation.target, equation.axes)
            self.visited, self.again = {}, 0
            whole = equation.op is Op.ASSIGN and equation.target not in self.values.partial
            start = Place.ROOT if whole else Place.LINEAR
            with self._shared_in(equation.rhs, scope):
                rhs = self.visit(equation.rhs, start, scope)
            done = equation.with_rhs(rhs)
            self.values.note(done, self.tensors[equation.target])
            self.out.append(done)
        return self.program.with_(tensors=tuple(self.tensors.values()), equations=tuple(self.out))

    # --- what stands in many places --------------------------------------------------------------------
    @contextmanager
    def _shared_in(self, root: Term, scope: _Scope) -> Iterator[None]:
        """While the term is visited: each of its widely shared parts and repeated sums is named once, where any of its
        readers needs it.

        Under exactly the conditions of the readers where these can be told, else under those that they have in common,
        as if it had been written as a tensor; or in the scope of each reader, where what it reads needs that.
        """
        before = self.shared, self.scopes, self.repeated
        repeated = repeated_sums(root)
        several = widely_shared(root) | repeated.keys()
        if several:
            self.shared, self.scopes = self.shared | several, dict(self.scopes)
            self.repeated = self.repeated | repeated.keys()
            found = readings(root, lambda condition: self._is_there(condition, scope))
            for term in several - before[1].keys():
                readers = [term, *repeated.get(term, ())]
                if not found.keys() >= set(readers):
                    continue
                reading = either_of([found[reader] for reader in readers])
                guards = [self._condition(guard, scope) for guard in reading.guards]
                narrow = replace(scope, guards=tuple(dict.fromkeys((*scope.guards, *guards))))
                if reading.exact or self._is_there(term, narrow):
                    self.scopes[term] = narrow
        yield
        self.shared, self.scopes, self.repeated = before

    def _is_there(self, term: Term, scope: _Scope) -> bool:
        """Whether all that the term reads is there and known wherever the scope's guards hold."""
        return not term.tensors & self.recurrent and self._in_range([term], scope.axes, scope.guards)

    # --- the walk ----------------------------------------------------------------------------------
    def visit(self, term: Term, place: Place, scope: _Scope) -> Term:
        """The term with its nested parts replaced by the tensors that hold them."""
        if not term.tensors:
            return term
        if place is not Place.ROOT and term in self.shared and is_compound(term):
            place = Place.ARGUMENT  # where it is named
        scope = self.scopes.get(term, scope)
        key = (term, place, scope)  # a term that stands in several places is one object: once is enough
        found = self.visited.get(key)
        if found is None:
            self.again += term in self.shared and term not in self.scopes
            if self.again > _MOST_SCOPES:
                raise NestedTooDeep(
                    f"the equations of {scope.owner}",
                    expected=f"shared values in at most {_MOST_SCOPES:,} places that need conditions of their own",
                    found="more", remedy="give an inner value a tensor of its own",
                )  # fmt: skip
            found = self.visited[key] = self._visit(term, place, scope)
        return found

    def _visit(self, term: Term, place: Place, scope: _Scope) -> Term:
        match term:
            case Number() | Constant() | PolyValue() | Access():
                return term
            case _ if place is Place.ARGUMENT and not _named_anyway(term) and is_compound(term):
                return self._name(self.visit(term, Place.ROOT, scope), scope, "part" if term in self.shared else "arg")
            case Add() | Reduce() if (held := self._held(term, place, scope)) is not None:
                return held
            case Add(args):
                apart = taken_apart(args, self.repeated)
                return add(*(mul(number(times), self.visit(arg, inside(term, place), scope)) for times, arg in apart))
            case Mul():
                return self._product(term, place, scope)
            case Power():
                return self._power(term, place, scope)
            case Apply(function, args):
                parts = [self.visit(arg, inside(term, place), scope) for arg in args]
                return self._keep_or_name(apply(function, *parts), place, scope, function.value)
            case Where(condition, then, otherwise):
                condition = self._condition(condition, scope)
                branch = inside(term, place)
                return where(
                    condition,
                    self.visit(then, self._branch(then, branch), scope.under(condition)),
                    self.visit(otherwise, self._branch(otherwise, branch), scope.under(logic_not(condition))),
                )
            case Reduce(reduction, _, _):
                return self._reduce(reduction, term, place, scope)
            case _:
                raise TypeError(f"cannot name the parts of {term!r}")

    def _branch(self, term: Term, place: Place) -> Place:
        return Place.LINEAR if place is Place.ROOT and term in self.shared else place  # not the whole of anything

    def _condition(self, condition: Term, scope: _Scope) -> Term:
        """Reductions and functions inside a condition are named too (it is never differentiated, but is evaluated)."""
        match condition:
            case Compare():
                return map_children(condition, lambda side: self.visit(side, Place.ARGUMENT, scope))
            case Logic():
                return map_children(condition, lambda part: self._condition(part, scope))
            case _:
                return condition

    def _held(self, term: Term, place: Place, scope: _Scope) -> Access | None:
        """The element that holds the value of a part."""
        return self.values.find(term, ranges_of(scope.axes)) if place is not Place.ROOT else None

    def _product(self, term: Mul, place: Place, scope: _Scope) -> Term:
        args = term.args
        visited = (self.visit(arg, inside(term, place), scope) for arg in args)
        # of a sum of products inside a product the compound factors are named
        parts = [self._simple(part, scope) if place is Place.INNER else part for part in visited]
        quotient = find_quotient(args, self.tensors)
        if quotient is None:
            return mul(*parts)
        places, tensor = quotient
        named = self._name(mul(*(parts[place] for place in places)), scope, "hat", of=tensor)
        return mul(named, *(part for place, part in enumerate(parts) if place not in places))

    def _simple(self, term: Term, scope: _Scope) -> Term:
        return self._name(term, scope, "part") if isinstance(term, Add) and is_compound(term) else term

    def _power(self, term: Power, place: Place, scope: _Scope) -> Term:
        base, exponent = term.base, term.exponent
        if exponent.denominator == 1 and exponent < -1:
            return power(self.visit(power(base, -1), Place.FACTOR, scope), -exponent)
        result = power(self.visit(base, inside(term, place), scope), exponent)
        if is_whole(exponent):
            return result
        suffix = {Fraction(-1): "inverse", Fraction(1, 2): "sqrt", Fraction(-1, 2): "rsqrt"}.get(exponent, "power")
        return self._keep_or_name(result, place, scope, suffix)

    def _reduce(self, reduction: Reduction, term: Reduce, place: Place, scope: _Scope) -> Term:
        linear = place.linear and not any(_masks(guard) for guard in scope.guards)
        if reduction is Reduction.SUM and linear and is_flat(term.body):
            return term
        axes, body = open_reduce(term, taken=(*(axis.index for axis in scope.axes), *self.opened))
        self.opened += [axis.index for axis in axes]
        with self._shared_in(body, scope.within(axes)):  # its own indices have other names than inside the whole
            result = self._opened(reduction, axes, body, linear, place, scope)
        del self.opened[-len(axes) :]
        return result

    def _opened(
        self, reduction: Reduction, axes: list[Axis], body: Term, linear: bool, place: Place, scope: _Scope
    ) -> Term:
        if reduction is Reduction.SUM:
            inner = self.visit(body, Place.LINEAR, scope.within(axes))
            result = reduce(Reduction.SUM, axes, inner)
            return result if linear else self._name(result, scope, "sum")
        if reduction is Reduction.PRODUCT and len(axes) > 1:  # one axis at a time, as its adjoint goes
            body = reduce(Reduction.PRODUCT, axes[1:], body)
            inner_scope = scope.within(axes[:1])
            named = self._name(self.visit(body, Place.ROOT, inner_scope), inner_scope, "product")
            return self._keep_or_name(reduce(reduction, axes[:1], named), place, scope, reduction.value)
        inner = self.visit(body, Place.ARGUMENT, scope.within(axes))
        result = reduce(reduction, axes, inner)
        return self._keep_or_name(result, place, scope, reduction.value)

    # --- names -------------------------------------------------------------------------------------
    def _keep_or_name(self, term: Term, place: Place, scope: _Scope, suffix: str) -> Term:
        return term if place is Place.ROOT else self._name(term, scope, suffix)

    def _name(self, term: Term, scope: _Scope, suffix: str, of: str = "") -> Term:
        """The element of a tensor that holds the term's value: a known one, or a new one, named after `of` or the
        equation's own tensor."""
        if isinstance(term, Access) or not term.tensors:
            return term
        ranges = ranges_of(scope.axes)
        guards = self._guards(term, scope)
        found = self.values.find(term, ranges)
        if found is not None:
            return found
        term = guarded(guards, term)
        axes = tuple(axis for axis in scope.axes if axis.index in term.free)
        names = axis_names(term, axes, self.tensors, self.program.indices)
        name = fresh_name(f"{of or scope.owner}_{suffix}", self.taken)
        self.tensors[name], equation = held_by(name, term, axes, names, scope.owner)
        self.known = replace(self.known, wild={**self.known.wild, name: wildness(term, self.known)})
        self.values.note(equation, self.tensors[name])
        self.out.append(equation)
        return access(name, [Poly.of(axis.index) for axis in axes])

    def _guards(self, term: Term, scope: _Scope) -> tuple[Term, ...]:
        """The guards that the part needs: none for sums and products whose reads are in range and known without it,
        else those over its own indices, or all where a read would leave its range or the value might be infinite. Where
        it is read at no position of the other axes, whose range may be empty, nothing need be there."""
        known = not term.tensors & self.recurrent
        if known and is_polynomial(term) and self._in_range([term], *self._around(term, scope, ())):
            return ()
        guards = self._without_look_ups(term, scope)
        kept = tuple(guard for guard in guards if guard.free <= term.free)
        some = self._some_position(term, scope, kept)
        if not is_wild(term, self.known):
            for needed in (kept, (*some, *kept)):
                if self._in_range((term, *kept), *self._around(term, scope, needed)):
                    return needed
        return (*self._some_position(term, scope, guards), *guards)

    @staticmethod
    def _around(term: Term, scope: _Scope, guards: tuple[Term, ...]) -> tuple[tuple[Axis, ...], tuple[Term, ...]]:
        """What is known where the part is computed: the axes of its own that it then has, and the guards."""
        own = term.free.union(*(guard.free for guard in guards))
        return tuple(axis for axis in scope.axes if axis.index in own), guards

    def _some_position(self, term: Term, scope: _Scope, guards: tuple[Term, ...]) -> tuple[Term, ...]:
        """That each of the other axes has a position, where that depends on sizes."""
        own, _ = self._around(term, scope, guards)
        return nonempty((axis for axis in scope.axes if axis not in own), self.facts)

    def _without_look_ups(self, term: Term, scope: _Scope) -> tuple[Term, ...]:
        """The guards without v = t[m], where nothing else has the index v: at one of its positions that holds."""
        guards = scope.guards
        ranges = ranges_of(scope.axes)
        for guard in scope.guards:
            index, looked_up = equality(guard) or (None, None)
            if index is None or looked_up is None or index in term.free or index not in ranges:
                continue
            axis, rest = ranges[index], tuple(other for other in guards if other is not guard)
            named = named_by(looked_up, self.tensors)
            inside = named is not None and Span.of(axis).holds(named, self.facts)
            if inside and not any(index in other.free for other in rest):
                guards = rest
        return guards

    def _in_range(self, terms: Iterable[Term], axes: tuple[Axis, ...], guards: tuple[Term, ...]) -> bool:
        """Whether every element that the terms read is there wherever the guards hold."""
        outside = (reads_outside(term, axes, guards, lambda read: is_inside(read, self.tensors)) for term in terms)
        return next(chain.from_iterable(outside), None) is None


def _named_anyway(term: Term) -> bool:
    """Whether it is no sum or product, nor a whole power of one."""
    return isinstance(term, Apply | Power | Reduce) and not (isinstance(term, Power) and is_whole(term.exponent))


def _masks(guard: Term) -> bool:
    """Whether the guard is no range of one index: what stands behind it is computed once, its adjoint masked once."""
    return len(guard.free) > 1 or bool(guard.tensors)
