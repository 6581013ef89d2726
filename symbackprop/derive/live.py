"""Where an element is read at all: the guards that its readers share go with its δ.

An element is live where a branch that is taken reads it, for an element that is live itself::

    live(loss)          always
    live(T)[g(J)]       guards(J) and live(R)[f(J)]      for each read T[g(J)] under guards(J) in an equation of R[f(J)]

and nowhere else. What no read makes live has a δ of exactly 0, which must not meet a value or a derivative that may be
infinite there, since 0·oo is no 0: such a contribution is selected by the guards. Where T's own indices tell these (of
several readers: `or`), they stand in front of the contribution. Where it takes a sum to say so (some m with c[n, m], a
recurrence, a gather), the reads are counted in a tensor of their own: it is the adjoint of T, with 1 in place of every
derivative.

Kinks and look-ups select as branches do: what loses a maximum, what relu cuts off, what no gather picks is not live.
For what may only overflow this goes along as far as indices tell it, and no further.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from symbackprop.derive.cases import Case, case_of, covers, merged, united
from symbackprop.derive.reverse import Contribution
from symbackprop.derive.tidy import adjoint_equations, normal_form
from symbackprop.terms.build import NIL, UNIT, access, compare, guarded, indicator, mul, split_guards, substitute
from symbackprop.terms.graph import reached, strong_components
from symbackprop.terms.match import placed
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Equation, Program, Tensor, TensorKind, fresh_name
from symbackprop.terms.term import Access, Apply, Connective, Function, Logic, Relation, Subscript, Term
from symbackprop.terms.wild import Known, is_singular, is_wild, known_of

Guards = tuple[Term, ...]


def guarded_sweep(
    forward: Program, sweep: Sequence[Contribution], added: Sequence[Equation], taken: set[str], every: bool = False
) -> tuple[list[Contribution], list[Tensor], list[Equation]]:
    """The contributions, with the guards that they need; the tensors that count reads, and their equations.

    `added`: the equations of the backward program that are no adjoints'. `every`: guards for what is finite too, so
    that a program which is differentiated again says of everything where it is read.
    """
    known = known_of(forward, added=added)
    if not any(is_wild(term, known) for c in sweep for term in (*c.slopes, *c.factors)):
        return list(sweep), [], []
    reads = [*sweep, *_beside(sweep, known)]
    all_told, branches = (_Liveness(forward, reads, taken, too) for too in (True, False))
    guards = _Needs(known, all_told, branches, every, _singular_adjoints(sweep, known))
    out: list[Contribution] = []
    for c in sweep:
        present = split_guards(c.value)[0]
        missing = [guard for guard in dict.fromkeys(guards.of(c)) if not _implied(guard, present)]
        out.append(replace(c, value=mul(c.value, guarded(missing, UNIT))) if missing else c)
    read = {name for c in out for name in c.value.tensors}
    counts = [analysis.counts(read) for analysis in (all_told, branches)]
    return out, [t for tensors, _ in counts for t in tensors], [e for _, equations in counts for e in equations]


def _beside(sweep: Sequence[Contribution], known: Known) -> Iterator[Contribution]:
    """The reads of singular elements that have no δ, as data have none, where they are factors: as contributions."""
    active = {c.target for c in sweep}
    for c in sweep:
        for factor in c.factors:
            if isinstance(factor, Access) and factor.tensor not in active and is_singular(factor, known):
                yield replace(c, target=factor.tensor, subscripts=factor.subscripts)


def _singular_adjoints(sweep: Sequence[Contribution], known: Known) -> frozenset[str]:
    """The tensors whose δ may be infinite: by a derivative or factor on the way from the loss."""
    rows = ((c, any(is_singular(term, known) for term in (*c.slopes, *c.factors))) for c in sweep)
    infinite = [c.target for c, singular in rows if singular]
    return frozenset(reached(infinite, lambda name: (c.target for c in sweep if c.source == name)))


def _off_zero(c: Contribution) -> Iterator[Term]:
    """|u| selects as relu does: at u = 0 its derivative is 0, whatever is multiplied by it."""
    for slope in c.slopes:
        if isinstance(slope, Apply) and slope.function is Function.SIGN:
            yield compare(Relation.NE, slope.args[0], NIL)


@dataclass(frozen=True, slots=True)
class _Needs:
    """Which guards a contribution needs: by all that leaves elements out, or by branches alone.

    `infinite`: the tensors whose δ may be.
    """

    known: Known
    all_told: _Liveness
    branches: _Liveness
    every: bool
    infinite: frozenset[str]

    def of(self, c: Contribution) -> Iterator[Term]:
        if c.source in self.infinite:
            yield from _off_zero(c)
        if not any(map(self._looked_at, (*c.slopes, *c.factors))):
            return
        own, branches = self.all_told.at(c.source, c.place), self.branches.at(c.source, c.place)
        told = (*branches, *self.all_told.by_indices(own))
        for slope in c.slopes:
            if is_singular(slope, self.known):
                yield from own
            elif self._looked_at(slope):
                yield from told
        for factor in c.factors:
            if is_singular(factor, self.known):
                yield from self._of_factor(factor, own, access(c.source, c.place).free)
            elif self._looked_at(factor):
                yield from next((found for found in (told, branches) if _free(found) <= factor.free), ())

    def _looked_at(self, term: Term) -> bool:
        return is_wild(term, self.known) or (self.every and bool(term.tensors))

    def _of_factor(self, factor: Term, own: Guards, around: frozenset[Index]) -> Guards:
        """Those of the product; of an element alone, where these take more axes to tell, where it is read at all.
        `around`: the axes of the δ that it multiplies, over which the product runs in any case."""
        match factor:
            case Access(tensor, subscripts) if not _free(own) <= factor.free and not factor.free <= around:
                return self.all_told.at(tensor, subscripts)
            case _:
                return own


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

    `every`: whether what a maximum, relu and the like select away counts, and what a gather or a stride leaves out, as
    what a branch does not read does.
    """

    program: Program
    sweep: Sequence[Contribution]
    taken: set[str]
    every: bool
    reads: dict[str, list[Contribution]] = field(default_factory=dict)
    guards: dict[str, Guards] = field(default_factory=dict)  # of the tensors that were asked for, and of their readers
    counters: dict[str, str] = field(default_factory=dict)
    table: dict[str, Tensor] = field(default_factory=dict)  # what guards may read: the program's, and what counts
    order: list[list[str]] = field(default_factory=list)  # readers first, those together that depend on each other

    def __post_init__(self) -> None:
        self.table.update(self.program.table)
        for c in self.sweep:
            self.reads.setdefault(c.target, []).append(c)
        names = list(self.reads)
        number = {name: place for place, name in enumerate(names)}
        readers = {number[name]: {number[reader] for reader in self._readers(name)} for name in names}
        components = strong_components(range(len(names)), readers)
        self.order = [[names[place] for place in component] for component in components]

    def _readers(self, name: str) -> list[str]:
        return [c.source for c in self.reads[name] if c.source in self.reads]

    def at(self, tensor: str, position: Sequence[Subscript]) -> Guards:
        """The guards of the element at a position, in the order in which they may be evaluated."""
        if tensor in self.reads and tensor not in self.guards:
            self._analyse(tensor)
        guards = self.guards.get(tensor, ())
        if not guards:
            return ()
        mapping = placed(_spots(len(position)), position)
        if mapping is None:
            return self._counted(tensor, position)
        return tuple(substitute(guard, mapping) for guard in guards)

    # --- analysis ------------------------------------------------------------------------------------
    def _analyse(self, tensor: str) -> None:
        """The guards of the tensor, and of all that it is read by."""
        needed = reached([tensor], lambda name: [r for r in self._readers(name) if r not in self.guards])
        for component in self.order:
            if needed.issuperset(component):
                self.guards.update(dict.fromkeys(component, ()))
                self._settle(component)

    def _settle(self, component: Sequence[str]) -> None:
        """Tensors that depend on each other are taken to be live everywhere, until that contradicts itself."""
        (first, *more) = component
        if not more and first not in self._readers(first):
            self.guards[first] = self._decided(first)
            return
        changed: dict[str, int] = {}
        moving = True
        while moving:
            moving = False
            for name in component:
                found = self._decided(name) if changed.get(name, 0) < 2 else self.guards[name]
                if found != self.guards[name]:
                    changed[name] = changed.get(name, 0) + 1
                    again = changed[name] > 1
                    self.guards[name] = self._counted(name) if again else found
                    moving = True

    def _decided(self, name: str) -> Guards:
        tensor = self.program.table[name]
        cases: list[Case] = []
        told = True
        for c in self.reads[name]:
            reading = self._reading(c)
            case = case_of(replace(c, value=reading), tensor, _spots(tensor.rank))
            if case is None and reading is UNIT and not self.every:
                return ()
            if case is None:
                told = False
            elif case.possible:
                cases.append(case)
        cases = merged(cases)
        if covers(cases, tensor):
            return ()
        found = united(cases, tensor, _spots(tensor.rank), self.table) if told else None
        if found is not None:
            return found
        return self._counted(name)

    def _reading(self, c: Contribution) -> Term:
        """1 where one read counts, by its guards and those of its reader: on indices first, which keep it inside."""
        own = (*split_guards(c.value)[0], *_off_zero(c)) if self.every else c.branches
        return mul(*(indicator(guard) for guard in (*own, *self.at(c.source, c.place))))

    # --- counting ------------------------------------------------------------------------------------
    def by_indices(self, guards: Guards) -> Guards:
        """Those that read no tensor that counts."""
        return tuple(guard for guard in guards if guard.tensors.isdisjoint(self.counters.values()))

    def _counted(self, tensor: str, position: Sequence[Subscript] | None = None) -> Guards:
        """That the element there, or at the tensor's own indices, is read at all."""
        here = map(Poly.of, _spots(self.program.table[tensor].rank)) if position is None else position
        return (compare(Relation.NE, access(self._counter(tensor), tuple(here)), NIL),)

    def _counter(self, tensor: str) -> str:
        """The name of the tensor that counts the reads."""
        if tensor not in self.counters:
            name = self.counters[tensor] = fresh_name(f"{tensor}_reads", self.taken)
            self.table[name] = replace(
                self.table[tensor], name=name, kind=TensorKind.INTERMEDIATE, adjoint_of=None,
                note=f"how often {tensor} is read",
            )  # fmt: skip
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
            of, tensors[counter] = self.table[owners[counter]], self.table[counter]
            parts = [normal_form(replace(c, value=self._reading(c)), of) for c in self.reads[of.name]]
            parts = [part for part in parts if part.value is not NIL]
            groups[counter] = adjoint_equations(tensors[counter], parts, self.table)
            waiting += [name for equation in groups[counter] for name in equation.rhs.tensors if name in owners]
        order = [counter for counter in self.counters.values() if counter in tensors]
        return [tensors[name] for name in order], [equation for name in order for equation in groups[name]]


def _spots(rank: int) -> list[Index]:
    return [Index(f"@{place}") for place in range(rank)]


__all__ = ["guarded_sweep"]
