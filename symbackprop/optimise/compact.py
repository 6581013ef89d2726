"""The adjoint of a normalised value in its compact form, mean subtracted and stated in x̂.

    d_r[n] = Σ_j d_x̂[n, j]·(z[n, j] - mu[n])         d_v[n] = -d_r[n]·r[n]³/2
    d_mu[n] = -r[n]·Σ_j d_x̂[n, j]                    d_z[n, j] = d_x̂[n, j]·r[n] + 2·d_v[n]·(z - mu)/H + d_mu[n]/H

become  d_z[n, j] = r[n]·(d_x̂[n, j] - (Σ_j d_x̂[n, j])/H - x̂[n, j]·(Σ_j d_x̂[n, j]·x̂[n, j])/H).

No layer is recognised: the adjoints of statistics (those with fewer axes than their reader) are put into their reader,
the value that was standardised is replaced by what its standardised form says of it (`solved`), brackets are opened, so
that powers of r cancel and sums of what was centred are zero, and closed again. The result stands if it is less work.
Source of the form: Ioffe and Szegedy, "Batch normalization" (2015), section 3, where it is left in parts; in one
equation it is that of layer norm (Ba, Kiros and Hinton, 2016) and, without the mean, of RMS norm.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import prod

from symbackprop.derive.differentiate import Derived
from symbackprop.optimise.known import KnownSums
from symbackprop.optimise.solved import Solved, solved_forms
from symbackprop.optimise.weigh import extent, size, weigh
from symbackprop.terms.brackets import expand, gather_factors
from symbackprop.terms.build import NIL
from symbackprop.terms.domains import whole_definition
from symbackprop.terms.held_values import ValueTable
from symbackprop.terms.match import value_at
from symbackprop.terms.needed import needed_for
from symbackprop.terms.program import Equation, Program, recurrent_tensors
from symbackprop.terms.rewrite import Ranges, ranges_of, rewrite, rewrite_program
from symbackprop.terms.term import Access, Mul, Reduce, Term, children_of
from symbackprop.terms.walks import fold, read_outside_sums

_LONGEST = 120  # terms of what is to be simplified; the adjoint of a layer norm has about 50


def compact_statistics(derived: Derived) -> Derived:
    """Adjoints that read those of statistics, in one equation each where that is less work."""
    known = KnownSums.of(derived.forward)
    derived = _without_zero_sums(derived, known)
    forms = solved_forms(derived.forward)
    if not forms:
        return derived
    work = _Compactor(derived.backward, forms, known)
    for place in range(len(derived.backward.equations)):
        work.compact(place)
    return replace(derived, backward=derived.backward.with_(equations=work.ordered()))


def _without_zero_sums(derived: Derived, known: KnownSums) -> Derived:
    """Sums of what is centred are gone: from the adjoint of a mean, that of the variance."""

    def rule(term: Term, ranges: Ranges) -> Term | None:
        if isinstance(term, Reduce) and known.is_zero(term, ranges):
            return NIL
        return None if known.may_be_about(term) else term

    return replace(derived, backward=rewrite_program(derived.backward, rule))


class _Compactor:
    def __init__(self, backward: Program, forms: tuple[Solved, ...], known: KnownSums) -> None:
        self.backward = backward
        self.forms = forms
        self.scaled: dict[str, list[int]] = {}
        for place, form in enumerate(forms):
            for name in form.scale:
                self.scaled.setdefault(name, []).append(place)
        self.known = known
        self.equations = list(backward.equations)
        self.kept = {adjoint for _, adjoint in backward.wrt}
        self.recurrent = recurrent_tensors(backward.equations)
        self.places = {equation.target: place for place, equation in enumerate(self.equations)
                       if len(backward.definitions[equation.target]) == 1}  # fmt: skip
        self.defined: dict[str, list[int]] = {}
        for place, equation in enumerate(self.equations):
            self.defined.setdefault(equation.target, []).append(place)
        self.sums = ValueTable.of(backward)
        for equation in backward.equations:
            if isinstance(equation.rhs, Reduce) and equation.target not in self.recurrent:
                self.sums.note(equation, backward.table[equation.target])
        self.compacted: set[str] = set()
        self.whole_adjoints: dict[str, bool] = {}
        self.before: dict[int, list[int]] = {}
        self._note_readers()

    def compact(self, place: int) -> None:
        """Equation `place` in its compact form, if it has one."""
        equation = self.equations[place]
        if equation.target not in self.live:
            return
        best = None
        for members in self._choices(place):
            whole = self._inlined(equation, members)
            for form in self._forms_about(whole):
                candidate = equation.with_rhs(self._simplified(whole, equation, form))
                gain = self._gain(place, candidate, members)
                if gain > 0 and (best is None or gain > best[0]):
                    best = gain, candidate
        if best is not None:
            self._put(place, best[1])

    def _forms_about(self, term: Term) -> list[Solved]:
        """Those that divide by a tensor that stands in the term, in their order."""
        return [self.forms[place] for place in sorted({p for name in term.tensors for p in self.scaled.get(name, ())})]

    # --- what to put in ----------------------------------------------------------------------------
    def _choices(self, place: int) -> Iterator[frozenset[str]]:
        """Adjoints to put into the equation: those of statistics, and of what is read with them alone: what holds
        statistics itself, and products (a scale γ that does not vary along the statistics' axes comes out of them)."""
        positions = prod(extent(axis) for axis in self.equations[place].axes)
        if not self._has_statistic(self._reached(place, positions, carriers=True, products=True), positions):
            return
        tried: set[frozenset[str]] = {frozenset()}
        for carriers, products in ((False, False), (True, False), (False, True), (True, True)):
            members = self._members(place, positions, carriers, products)
            if members not in tried and self._length(self.equations[place].rhs, members) <= _LONGEST:
                yield members
            tried.add(members)

    def _members(self, place: int, positions: int, carriers: bool, products: bool) -> frozenset[str]:
        members = self._reached(place, positions, carriers, products)
        ends = self.equations[place].target in members or self._goes_round(members)
        return frozenset(members if self._has_statistic(members, positions) and not ends else ())

    def _reached(self, place: int, positions: int, carriers: bool, products: bool) -> set[str]:
        """What is read, by the equation or by others of these, of statistics and of what else is to be put in."""
        direct = read_outside_sums(self.equations[place].rhs)  # what is summed over stays an array of its own
        members: set[str] = set()
        found = True
        while found:
            read = direct.union(*(self.equations[self.places[member]].reads() for member in members))
            found = False
            for name in sorted(read - members):
                definition = self._definition(name)
                if definition is None:
                    continue
                alone = self.readers.get(name, set()) <= {place} | {self.places[m] for m in members}
                carrier = carriers and alone and self._carries(definition, positions)
                product = products and alone and _is_product(definition.rhs)
                if carrier or product or self._is_statistic(name, positions):
                    members.add(name)
                    found = True
        return members

    def _has_statistic(self, members: Iterable[str], positions: int) -> bool:
        return any(self._is_statistic(name, positions) for name in members)

    def _goes_round(self, members: set[str]) -> bool:
        """Whether some of the adjoints depend on themselves, so that putting them in would not end."""
        return bool(recurrent_tensors([self.equations[self.places[name]] for name in members]))

    def _carries(self, definition: Equation, positions: int) -> bool:
        return definition.target in self.compacted or any(self._is_statistic(n, positions) for n in definition.reads())

    def _length(self, term: Term, members: frozenset[str]) -> int:
        """How many terms there are once the members are put in, each as often as it stands there."""

        def is_member(inner: Term) -> bool:
            return isinstance(inner, Access) and inner.tensor in members

        def inside(inner: Term) -> tuple[Term, ...]:
            if isinstance(inner, Access) and inner.tensor in members:
                return (self.equations[self.places[inner.tensor]].rhs,)
            return children_of(inner)

        return fold(term, lambda inner, sizes: sum(sizes) + (not is_member(inner)), inside)

    def _is_statistic(self, name: str, positions: int) -> bool:
        """Whether it is an adjoint of fewer elements than its reader has positions."""
        return self._definition(name) is not None and prod(map(size, self.backward.table[name].shape)) < positions

    def _definition(self, name: str) -> Equation | None:
        """The one equation that defines the whole adjoint."""
        if name not in self.whole_adjoints:
            whole = whole_definition(self.backward, name)
            self.whole_adjoints[name] = whole is not None and self.backward.table[name].adjoint_of is not None
        return self.equations[self.places[name]] if self.whole_adjoints[name] else None

    def _inlined(self, equation: Equation, members: frozenset[str]) -> Term:
        def rule(term: Term, _: Ranges) -> Term | None:
            if isinstance(term, Access) and term.tensor in members:
                definition = self.equations[self.places[term.tensor]]
                value = value_at(definition.with_rhs(self._inlined(definition, members)), term)
                return term if value is None else value
            return None if term.tensors & members else term

        return rewrite(equation.rhs, rule, ranges_of(equation.axes))

    # --- what comes of it ----------------------------------------------------------------------------
    def _simplified(self, whole: Term, equation: Equation, form: Solved) -> Term:
        ranges = ranges_of(equation.axes)
        opened = expand(form.put_in(whole, ranges), ranges, self.known.find, form.tensors)

        def rule(term: Term, inside: Ranges) -> Term | None:
            if isinstance(term, Access) or not term.tensors:
                return term
            return self._held(term, inside, equation.target) if isinstance(term, Reduce) else None

        return rewrite(gather_factors(opened), rule, ranges)

    def _held(self, term: Term, ranges: Ranges, reader: str) -> Term | None:
        """A sum that an equation of its own holds (the gradient by a scale or shift) is read from it."""
        if reader in self.recurrent:
            return None  # the sum's own equation may stand behind the recurrence
        found = self.sums.find(term, ranges)
        return found if found is not None and found.tensor in self.live and found.tensor != reader else None

    def _gain(self, place: int, candidate: Equation, members: frozenset[str]) -> int:
        """The work saved: `candidate` instead of the equation, and no adjoint that nothing reads any more."""
        alive = {name for name in members if name in self.kept or name in candidate.reads()}
        gone = set(members) - alive
        while True:
            dying = {self.places[name] for name in gone} | {place}
            stay = {name for name in gone if not self.readers.get(name, set()) <= dying}
            if not stay:
                break
            gone -= stay
        lost = [self.equations[self.places[name]] for name in sorted(gone)]
        return weigh([self.equations[place], *lost]) - weigh([candidate])

    def _put(self, place: int, candidate: Equation) -> None:
        before = self.equations[place].reads()
        self.equations[place] = candidate
        self.compacted.add(candidate.target)
        read = (self.places.get(name, 0) for name in sorted(candidate.reads()))
        self.before[place] = [holder for holder in read if holder > place]
        self._note_change(place, before)

    def _note_readers(self) -> None:
        """Which equations that something wanted needs read each adjoint."""
        self.live = set(needed_for(self.backward.with_(equations=tuple(self.equations)), self.kept))
        self.readers: dict[str, set[int]] = {}
        for place, equation in enumerate(self.equations):
            if equation.target in self.live:
                for name in equation.reads():
                    self.readers.setdefault(name, set()).add(place)

    def _note_change(self, place: int, before: frozenset[str]) -> None:
        """The same once the equation reads others than `before`: what nothing reads any more is needed no more, nor
        what it alone read. (Of what goes round that is not told by counting.)"""
        now = self.equations[place].reads()
        if not now <= self.live or not (before - now).isdisjoint(self.recurrent):
            return self._note_readers()
        for name in now - before:
            self.readers.setdefault(name, set()).add(place)
        unread = [(name, place) for name in before - now]
        while unread:
            name, reader = unread.pop()
            self.readers[name].discard(reader)
            if self.readers[name] or name in self.kept or name not in self.live:
                continue
            if name in self.recurrent:
                return self._note_readers()
            self.live.discard(name)
            for place in self.defined.get(name, ()):
                unread += [(read, place) for read in self.equations[place].reads()]
        return None

    def ordered(self) -> tuple[Equation, ...]:
        """The equations, those that are read now before their reader."""
        moved = {holder for holders in self.before.values() for holder in holders}
        out: list[Equation] = []
        done: set[int] = set()
        for place, equation in enumerate(self.equations):
            for holder in sorted(self.before.get(place, ())):
                if holder not in done:
                    out.append(self.equations[holder])
                    done.add(holder)
            if place not in moved or place not in done:
                out.append(equation)
        return tuple(out)


def _is_product(term: Term) -> bool:
    return isinstance(term, Mul) and all(isinstance(arg, Access) or not arg.tensors for arg in term.args)
