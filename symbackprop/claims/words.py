"""Terms of the derivation in the words of the network: its own tensors, their δ as `delta(z1)`, its index names."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice, product

from symbackprop.claims.ground import Ground
from symbackprop.claims.plain import Plain
from symbackprop.claims.regions import Region
from symbackprop.claims.unfold import Unfolding
from symbackprop.derive.factor import collect_all
from symbackprop.interpret.compile import Position
from symbackprop.interpret.regions import Choice
from symbackprop.terms.build import neg, substitute
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Equation
from symbackprop.terms.rewrite import Ranges
from symbackprop.terms.show import Namer, Names, Printer
from symbackprop.terms.term import Access, Apply, Compare, Function, Reduce, Term, accesses

_SIGNS = {1: ">", 0: "=", -1: "<"}
_EXTREMA = (Function.MAX, Function.MIN)
_LARGEST = 60  # characters of a left side that is shown with its position
_MOST_NAMES = 200  # ways to name the indices of one reduction that are tried


class _Printer(Printer):
    """δ as `delta(z)[n, j]`, derivatives as `Derivative(a[n, j], z[m, k])`."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(Namer(ground.backward.table), self.name)
        self.ground = ground

    def name(self, tensor: str) -> str:
        of = self.ground.tensor_of(tensor)
        return tensor if of is None else f"delta({of})"

    def access(self, access: Access, names: Names) -> str:
        derivative = self.ground.derivatives.get(access.tensor)
        if derivative is None:
            return super().access(access, names)
        rank = self.ground.program.table[derivative.by].rank
        by, of = access.subscripts[:rank], access.subscripts[rank:]
        above, below = Access(derivative.of, of), Access(derivative.by, by)
        return f"Derivative({super().access(above, names)}, {super().access(below, names)})"


@dataclass(frozen=True, slots=True)
class Words:
    """`parts`: unfolds what the derivation named for itself; `plain`: writes what was derived as people do."""

    ground: Ground
    printer: _Printer
    parts: Unfolding
    plain: Plain

    @staticmethod
    def of(ground: Ground, facts: tuple[Term, ...]) -> Words:
        forward, backward = ground.derived.forward, ground.backward

        own = {n for n in forward.definitions if n not in ground.program.table}
        own |= {n for n in backward.definitions if ground.tensor_of(n) is None}
        parts = Unfolding.of((*backward.equations, *forward.equations), own, facts)
        extrema = {e.target for e in forward.equations if isinstance(e.rhs, Apply) and e.rhs.function in _EXTREMA}
        plain = Plain(Unfolding.of(forward.equations, extrema, facts), parts, facts)
        return Words(ground, _Printer(ground), parts, plain)

    def term(self, term: Term) -> str:
        return self.printer.term(term)

    def signed(self, term: Term) -> str:
        """With its sign: `+a`, `-a`."""
        text = self.term(term)
        return text if text.startswith("-") else f"+{text}"

    def opposite(self, term: Term) -> str:
        return self.signed(neg(term))

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
        return self.term(self.told(term, {axis.index: axis for axis in self.ground.program.indices}))

    def equation(self, equation: Equation, rhs: Term) -> str:
        """The claim's left side with a right-hand side of ours."""
        return f"{self.left(equation)} = {self.term(rhs)}"

    def left(self, equation: Equation) -> str:
        """The claim's left side."""
        names = {axis.index: str(axis.index) for axis in equation.axes}
        left = self.ground.lefts.get(equation.target, equation.lhs)
        return self.printer.term(left, names)

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
        """The term with what the derivation named for itself unfolded, as people write it."""
        found = self.plain(self.parts(term, ranges), ranges)
        return term if found is term else collect_all(found)

    def left_over(self, term: Term) -> list[str]:
        """The equations of what could not be unfolded, a recurrence of the derivation's own."""
        table = self.ground.backward.definitions | self.ground.derived.forward.definitions
        named = [n for n in sorted(term.tensors) if n not in self.ground.program.table and not self.ground.tensor_of(n)]
        return [self.printer.equation(equation) for name in named for equation in table.get(name, ())]

    def bound_names(self, term: Reduce, ranges: Ranges) -> dict[Index, str]:
        """Names for the indices that the reduction binds, none of them in use: those under which the elements in it
        stand in the claims, or else those of the axes that they run along."""
        taken = {index.name for index in ranges}
        usual = self.printer.namer.names(term, {}, taken)
        known = self.ground.program.indices
        choices = [
            [*(i.index.name for i in known if (i.low, i.high) == (axis.low, axis.high)), usual[axis.index]]
            for axis in term.axes
        ]
        best, most = usual, 0
        for names in islice(product(*choices), _MOST_NAMES):
            if len(set(names)) == len(names) and taken.isdisjoint(names):
                chosen = {axis.index: name for axis, name in zip(term.axes, names, strict=True)}
                body = substitute(term.body, {index: Poly.of(Index(name)) for index, name in chosen.items()})
                count = sum(read in self.ground.reads for read in accesses(body))
                if count > most:
                    best, most = chosen, count
        return best
