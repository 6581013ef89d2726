"""Where an element is read at all: the guards that its readers share go with its δ.

An element is live where a branch that is taken reads it, for an element that is live itself::

    live(loss)          always
    live(T)[g(J)]       guards(J) and live(R)[f(J)]      for each read T[g(J)] under guards(J) in an equation of R[f(J)]

and nowhere else. What no read makes live has a δ of exactly 0, which must not meet a value or a derivative that may be
infinite there, since 0·oo is no 0: such a contribution is selected by the guards. Where T's own indices tell these (of
several readers: `or`), they stand in front of the contribution. Where it takes a sum to say so (some m with c[n, m], a
recurrence, a gather), the reads are counted in a tensor of their own: it is the adjoint of T, with 1 in place of every
derivative.

Kinks select as branches do: what loses a maximum, or what relu cuts off, is not live; but this goes along only as far
as T's own indices tell it, since what an unguarded sum reads is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from symbackprop.derive.cases import Case, case_of, covers, united
from symbackprop.derive.reverse import Contribution
from symbackprop.derive.tidy import adjoint_equations, normal_form
from symbackprop.terms.build import NIL, UNIT, access, compare, guarded, mul, split_guards, substitute
from symbackprop.terms.graph import strong_components
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Equation, Program, Tensor, TensorKind, fresh_name
from symbackprop.terms.term import Access, Connective, Logic, Relation, Subscript, Term, accesses
from symbackprop.terms.wild import is_singular, is_wild, known_of

Guards = tuple[Term, ...]


def guarded_sweep(
    forward: Program, sweep: Sequence[Contribution], added: Sequence[Equation], taken: set[str]
) -> tuple[list[Contribution], list[Tensor], list[Equation]]:
    """The contributions, with the guards that they need; the tensors that count reads, and their equations.

    `added`: the equations of the backward program that are no adjoints'.
    """
    known = known_of((*forward.equations, *added))
    risks = [_Risk(c, *([t for t in terms if is_wild(t, known)] for terms in (c.slopes, c.factors))) for c in sweep]
    if not any(risk.slopes or risk.factors for risk in risks):
        return list(sweep), [], []
    branches = _Liveness(forward, sweep, taken)
    kinks = _Liveness(forward, sweep, taken, branches)
    out: list[Contribution] = []
    for c, risk in zip(sweep, risks, strict=True):
        guards: list[Term] = list(kinks.at(c.source, c.place)) if risk.slopes else []
        for factor in risk.factors:
            own = [live.at(c.source, c.place) for live in (kinks, branches)]
            narrow = next((found for found in own if _free(found) <= factor.free), None)
            if narrow is not None:
                guards += narrow
            elif is_singular(factor, known):
                reads = [read for read in accesses(factor) if read.tensor in known.wild]
                there = all(read.tensor in branches.reads for read in reads)
                guards += [g for read in reads for g in branches.at(read.tensor, read.subscripts)] if there else own[1]
        present = split_guards(c.value)[0]
        missing = [guard for guard in dict.fromkeys(guards) if not _implied(guard, present)]
        out.append(replace(c, value=mul(c.value, guarded(missing, UNIT))) if missing else c)
    tensors, equations = branches.counts({name for c in out for name in c.value.tensors})
    return out, tensors, equations


@dataclass(frozen=True, slots=True)
class _Risk:
    """What a contribution multiplies its δ by that may be infinite."""

    contribution: Contribution
    slopes: Sequence[Term]
    factors: Sequence[Term]


def _free(guards: Guards) -> frozenset[Index]:
    return frozenset().union(*(guard.free for guard in guards))


def _implied(guard: Term, present: Sequence[Term]) -> bool:
    if guard in present:
        return True
    match guard:
        case Logic(Connective.OR, cases):
            return any(_implied(case, present) for case in cases)
        case Logic(Connective.AND, parts):
            return all(_implied(part, present) for part in parts)
        case _:
            return False


@dataclass(slots=True)
class _Liveness:
    """The guards under which the elements of each tensor are live, over its own indices `@0`, `@1`, ….

    `base`: the same by branches alone, where kinks are looked at too.
    """

    program: Program
    sweep: Sequence[Contribution]
    taken: set[str]
    base: _Liveness | None = None
    reads: dict[str, list[Contribution]] = field(default_factory=dict)
    guards: dict[str, Guards] = field(default_factory=dict)
    counters: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for c in self.sweep:
            self.reads.setdefault(c.target, []).append(c)
        names = list(self.reads)
        number = {name: place for place, name in enumerate(names)}
        readers = [{number[c.source] for c in self.reads[name] if c.source in number} for name in names]
        for component in strong_components(range(len(names)), dict(enumerate(readers))):
            first = component[0]
            if len(component) == 1 and first not in readers[first]:
                self.guards[names[first]] = self._decided(names[first])
            else:
                self._settle([names[place] for place in component])

    def at(self, tensor: str, position: Sequence[Subscript]) -> Guards:
        """The guards of the element at a position, in the order in which they may be evaluated."""
        guards = self.guards.get(tensor, ())
        if not guards:
            return ()
        mapping: dict[Index, Poly] = {}
        for spot, subscript in zip(_spots(len(position)), position, strict=True):
            if not isinstance(subscript, Poly):
                return (_counted(self._counter(tensor), position),)
            mapping[spot] = subscript
        return tuple(substitute(guard, mapping) for guard in guards)

    # --- analysis ------------------------------------------------------------------------------------
    def _settle(self, component: Sequence[str]) -> None:
        """Tensors that depend on each other: taken to be live everywhere, until that contradicts itself."""
        if self.base is not None:
            self.guards.update((name, self.base.guards.get(name, ())) for name in component)
            return
        changed: dict[str, int] = {}
        moving = True
        while moving:
            moving = False
            for name in component:
                found = self._decided(name) if changed.get(name, 0) < 2 else self.guards[name]
                if found != self.guards.get(name, ()):
                    changed[name] = changed.get(name, 0) + 1
                    again = changed[name] > 1
                    self.guards[name] = (_counted(self._counter(name), _positions(name, self)),) if again else found
                    moving = True

    def _decided(self, name: str) -> Guards:
        tensor = self.program.table[name]
        cases: list[Case] = []
        told = True
        for c in self.reads[name]:
            case = case_of(replace(c, value=guarded(self._reading(c), UNIT)), tensor, _spots(tensor.rank))
            if case is None and not self._reading(c):
                return ()  # a gather or a stride: what it leaves out is in no branch
            if case is None:
                told = False
            elif case.possible:
                cases.append(case)
        if covers(cases, tensor):
            return ()
        found = united(cases, tensor, _spots(tensor.rank), self.program.table) if told else None
        if found is not None:
            return found
        if self.base is not None:
            return self.base.guards.get(name, ())
        return (_counted(self._counter(name), _positions(name, self)),)

    def _reading(self, c: Contribution) -> Guards:
        """The guards of one read, those of its reader included."""
        own = c.branches if self.base is None else split_guards(c.value)[0]
        return (*own, *self.at(c.source, c.place))

    # --- counting ------------------------------------------------------------------------------------
    def _counter(self, tensor: str) -> str:
        """The name of the tensor that counts the reads."""
        if self.base is not None:
            return self.base._counter(tensor)
        if tensor not in self.counters:
            self.counters[tensor] = fresh_name(f"{tensor}_reads", self.taken)
        return self.counters[tensor]

    def counts(self, wanted: Iterable[str]) -> tuple[list[Tensor], list[Equation]]:
        """The counting tensors among those wanted, and those that these need, with their equations."""
        owners = {counter: tensor for tensor, counter in self.counters.items()}
        waiting = [name for name in wanted if name in owners]
        tensors: dict[str, Tensor] = {}
        groups: dict[str, list[Equation]] = {}
        while waiting:
            counter = waiting.pop()
            if counter in tensors:
                continue
            of = self.program.table[owners[counter]]
            tensors[counter] = replace(
                of, name=counter, kind=TensorKind.INTERMEDIATE, adjoint_of=None, note=f"how often {of.name} is read"
            )
            parts = [normal_form(replace(c, value=guarded(self._reading(c), UNIT)), of) for c in self.reads[of.name]]
            parts = [part for part in parts if part.value is not NIL]
            groups[counter] = [
                replace(equation, rule=f"reads of {of.name}")
                for equation in adjoint_equations(tensors[counter], parts, {**self.program.table, **tensors})
            ]
            waiting += [name for equation in groups[counter] for name in equation.rhs.tensors if name in owners]
        order = [counter for counter in self.counters.values() if counter in tensors]
        return [tensors[name] for name in order], [equation for name in order for equation in groups[name]]


def _spots(rank: int) -> list[Index]:
    return [Index(f"@{place}") for place in range(rank)]


def _positions(name: str, live: _Liveness) -> list[Poly]:
    return [Poly.of(spot) for spot in _spots(live.program.table[name].rank)]


def _counted(counter: str, position: Sequence[Subscript]) -> Term:
    element: Access = access(counter, position)
    return compare(Relation.NE, element, NIL)


__all__ = ["guarded_sweep"]
