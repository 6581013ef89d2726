"""Terms of the derivation in the words of the network: its own tensors, their δ as `delta(z1)`, its index names."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, field, replace

from symbackprop.claims.by_region import Region
from symbackprop.claims.ground import Ground
from symbackprop.claims.letters import Letters
from symbackprop.claims.normal import Normaliser
from symbackprop.claims.plain import Plain
from symbackprop.claims.unfold import LONGEST, TooLong, Unfolding
from symbackprop.formula.tree import Call, Element, Formula, Word
from symbackprop.interpret.compile import Position
from symbackprop.interpret.ordered_residues import Choice
from symbackprop.terms.build import add
from symbackprop.terms.namer import Names
from symbackprop.terms.needed import needed_for
from symbackprop.terms.program import Equation
from symbackprop.terms.rewrite import Ranges, ranges_of, rewrite
from symbackprop.terms.show import Printer
from symbackprop.terms.term import Access, Apply, Compare, Function, Term
from symbackprop.terms.writing import Spelling, Writer

_SIGNS = {1: ">", 0: "=", -1: "<"}
_EXTREMA = (Function.MAX, Function.MIN)
_SHORT = 160  # characters of a derived side that may well be longer than it was derived
_LARGEST = 60  # characters of a left side that is shown with its position


class _Spelling(Spelling):
    """δ as `delta(z)`."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground

    def element(self, tensor: str, subscripts: tuple[Formula, ...]) -> Formula:
        return Element(Word(self.name(tensor)), subscripts)

    def name(self, tensor: str) -> str:
        of = self.ground.tensor_of(tensor)
        return tensor if of is None else f"delta({of})"


class _Writer(Writer):
    """Derivatives as `Derivative(a[n, j], z[m, k])`."""

    def __init__(self, ground: Ground, letters: Letters) -> None:
        super().__init__(_Spelling(ground), letters)
        self.ground = ground

    def access(self, access: Access, names: Names) -> Formula:
        derivative = self.ground.derivatives.get(access.tensor)
        if derivative is None:
            return super().access(access, names)
        rank = self.ground.program.table[derivative.by].rank
        by, of = access.subscripts[:rank], access.subscripts[rank:]
        parts = Access(derivative.of, of), Access(derivative.by, by)
        return Call("Derivative", tuple(super(_Writer, self).access(part, names) for part in parts))


class _Printer(Printer):
    """In the words of the network."""

    def __init__(self, ground: Ground, letters: Letters) -> None:
        super().__init__(writer=_Writer(ground, letters))
        self.letters, self.name = letters, _Spelling(ground).name

    def new_ranges(self) -> str:
        """The ranges of letters that the network has not, `r = 0..T - 2`."""
        return ", ".join(self.axis(axis, name) for name, axis in self.letters.told.items())


@dataclass(frozen=True, slots=True)
class Words:
    """`parts`: unfolds what the derivation named for itself; `plain`: writes what was derived as people do; `ranges`:
    of the indices of the claim spoken of."""

    ground: Ground
    facts: tuple[Term, ...]
    parts: Unfolding
    plain: Plain
    ranges: Ranges = field(default_factory=dict)
    _texts: dict[Term, str] = field(default_factory=dict, compare=False)

    @staticmethod
    def of(ground: Ground, facts: tuple[Term, ...]) -> Words:
        forward, backward = ground.derived.forward, ground.backward
        own = {n for n in forward.definitions if n not in ground.program.table}
        own |= {n for n in backward.definitions if not ground.is_told(n)}
        parts = Unfolding.of((*backward.equations, *forward.equations), own, facts)
        extrema = {e.target for e in forward.equations if isinstance(e.rhs, Apply) and e.rhs.function in _EXTREMA}
        return Words(ground, facts, parts, Plain(Unfolding.of(forward.equations, extrema, facts), parts, facts))

    def about(self, equation: Equation) -> Words:
        """Of one claim: its indices are in sight of all that is said."""
        return replace(self, ranges=ranges_of(equation.axes), _texts={})

    @property
    def printer(self) -> _Printer:
        """One that has named nothing yet."""
        names = frozenset(str(index) for index in self.ranges)
        return _Printer(self.ground, Letters(self.ground.table, self.ground.program.indices, self.ground.reads, names))

    def term(self, term: Term) -> str:
        if term not in self._texts:
            printer = self.printer
            text = printer.term(printer.letters.shifted(term, self.ranges))
            new = printer.new_ranges()
            self._texts[term] = f"{text} ({new})" if new else text
        return self._texts[term]

    def condition(self, condition: Term) -> str:
        return f"[{self.printer.condition(condition)}]"

    def signed(self, term: Term) -> str:
        """With its sign: `+a`, `-a`."""
        text = self.term(term)
        return text if text.startswith("-") else f"+{text}"

    def choices(self, region: Region) -> str:
        """The joint truth assignment that leads to a region, in words; of one with ties, what ties alone."""
        ties = [choice for choice in region.choices if choice.equal]
        return " and ".join(dict.fromkeys(self._choice(choice) for choice in ties or region.choices))

    def _choice(self, choice: Choice) -> str:
        sign = _SIGNS[choice.value] if choice.residue is not None else ""
        match choice.about:
            case (str(tensor), position):
                return f"{tensor}{list(position) if position else ''} = {choice.value}"
            case Compare(_, left, right):
                return f"{self._said(left)} {sign} {self._said(right)}"
            case Apply(function, (left, right)) if function in _EXTREMA:
                return f"{self._said(right)} {sign} {self._said(left)}"
            case Apply(function, (inner,)) if function not in _EXTREMA:
                return f"{self._said(inner)} {sign} 0"
            case Term() as extremum:
                return f"two values in {self._said(extremum)} {'tie' if choice.value == 0 else 'are ordered'}"
            case other:
                raise TypeError(f"no choice is made about {other!r}")

    def _said(self, term: Term) -> str:
        return self.term(self.told(term, ranges_of(self.ground.program.indices)))

    def equation(self, equation: Equation, rhs: Term) -> str:
        """The claim's left side with a right-hand side of ours."""
        return f"{self.left(equation)} = {self.about(equation).term(rhs)}"

    def left(self, equation: Equation) -> str:
        """The claim's left side."""
        return self.about(equation).term(self.ground.lefts.get(equation.target, equation.lhs))

    def element(self, equation: Equation, position: Position, subscripts: Position) -> str:
        """What is compared at a position: `delta(z)[0, 1]`, or a left side with the values of its indices."""
        if equation.target not in self.ground.lefts:
            inside = f"[{', '.join(map(str, subscripts))}]" if subscripts else ""
            return f"{self.printer.name(equation.target)}{inside}"
        values = zip(equation.axes, position, strict=True)
        where = ", ".join(f"{axis.index} = {value}" for axis, value in values)
        left = self.left(equation)
        shown = left if len(left) <= _LARGEST else "left side"
        return f"{shown} at {where}" if where else shown

    def told(self, term: Term, ranges: Ranges) -> Term:
        """The term with what the derivation named for itself unfolded, as people write it; with those names where it
        would be too long to read."""
        with suppress(TooLong):
            term = self.parts(term, ranges, LONGEST)
        return self.plain(term, ranges)

    def derived(self, equation: Equation, term: Term) -> Term:
        """What was derived for a claim, told in the δ (and derivatives) that the claim uses; where it uses none,
        without any. As it was derived where that is much longer, or cannot be had."""
        ranges = ranges_of(equation.axes)
        spoken = self._adjoints(equation.rhs)
        step = self._one_step(term, spoken, ranges) if equation.target in self.ground.lefts else term
        plain = self.told(step, ranges)
        if self._adjoints(plain) <= spoken:
            return plain  # told in the claim's own
        try:
            unfolded = self.unfolded(term, spoken, ranges)
        except TooLong:
            return plain
        if unfolded is term:
            return plain  # a recurrence
        found = min(self._forms(unfolded, ranges), key=lambda form: len(self.term(form)))
        better = len(self._adjoints(found) - spoken) < len(self._adjoints(plain) - spoken)
        short = len(self.term(found)) <= max(_SHORT, 2 * len(self.term(plain)))
        return found if better and short and not self.left_over(found) else plain

    def unfolded(self, term: Term, spoken: AbstractSet[str], ranges: Ranges) -> Term:
        """In the δ spoken of, as far as the others are made of these; down to the loss if of none. Raises `TooLong`."""
        backward = self.ground.backward
        others = backward.definitions.keys() - spoken
        names = {name for name in others if needed_for(backward, [name]) & spoken} if spoken else others
        return Unfolding.of(backward.equations, names, self.facts)(term, ranges, LONGEST)

    def _one_step(self, term: Term, spoken: frozenset[str], ranges: Ranges) -> Term:
        """A left side with each δ in it that the right does not speak of as its equations have it."""
        backward = self.ground.backward
        unfold = Unfolding(backward.definitions, backward.definitions.keys(), self.facts)

        def rule(inner: Term, here: Ranges) -> Term | None:
            known = isinstance(inner, Access) and self.ground.is_told(inner.tensor) and inner.tensor not in spoken
            return unfold.value(inner, here) if isinstance(inner, Access) and known else None

        return rewrite(term, rule, ranges)

    def _forms(self, term: Term, ranges: Ranges) -> Iterator[Term]:
        """As it is, and multiplied out."""
        yield self.told(term, ranges)
        try:
            addends = Normaliser(self.facts).addends(self.parts(term, ranges, LONGEST), ranges)
        except TooLong:
            return
        yield self.told(add(*addends), ranges)

    def _adjoints(self, term: Term) -> frozenset[str]:
        return frozenset(name for name in term.tensors if self.ground.is_told(name))

    def left_over(self, term: Term) -> list[str]:
        """The equations of what could not be unfolded, a recurrence of the derivation's own."""
        table, ground = self.ground.backward.definitions | self.ground.derived.forward.definitions, self.ground
        named = [name for name in sorted(term.tensors) if name not in ground.program.table and not ground.is_told(name)]
        return [self.printer.equation(equation) for name in named for equation in table.get(name, ())]
