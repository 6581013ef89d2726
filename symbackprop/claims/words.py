"""Terms of the derivation in the words of the network: its own tensors, their δ as `delta(z1)`, its index names."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice, product

from symbackprop.claims.ground import Ground
from symbackprop.claims.regions import Region
from symbackprop.claims.unfold import Unfolding
from symbackprop.derive.factor import collect_all
from symbackprop.interpret.regions import Choice
from symbackprop.terms.build import neg, substitute
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Equation
from symbackprop.terms.rewrite import Ranges
from symbackprop.terms.show import Namer, Printer
from symbackprop.terms.term import Apply, Compare, Function, Reduce, Term, accesses

_SIGNS = {1: ">", 0: "=", -1: "<"}
_MOST_NAMES = 200  # ways to name the indices of one reduction that are tried


@dataclass(frozen=True, slots=True)
class Words:
    """`parts`: unfolds what the derivation named for itself."""

    ground: Ground
    printer: Printer
    parts: Unfolding

    @staticmethod
    def of(ground: Ground, facts: tuple[Term, ...]) -> Words:
        forward, backward = ground.derived.forward, ground.backward

        def name(tensor: str) -> str:
            of = ground.tensor_of(tensor)
            return tensor if of is None else f"delta({of})"

        own = {n for n in forward.definitions if n not in ground.program.table}
        own |= {n for n in backward.definitions if ground.tensor_of(n) is None}
        parts = Unfolding.of((*backward.equations, *forward.equations), own, facts)
        return Words(ground, Printer(Namer(backward.table), name), parts)

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
        told = [choice for choice in region.choices if len(choice.options) > 1]
        ties = [choice for choice in told if choice.equal]
        return " and ".join(dict.fromkeys(self._choice(choice) for choice in ties or told))

    def _choice(self, choice: Choice) -> str:
        match choice.about:
            case (str(tensor), position):
                return f"{tensor}{list(position) if position else ''} = {choice.value}"
            case Compare(_, left, right):
                return f"{self.term(left)} {_SIGNS[choice.value]} {self.term(right)}"
            case Apply(function, args) if function in (Function.MAX, Function.MIN):
                return f"{self.term(args[-1])} {_SIGNS[choice.value]} {self.term(args[0])}"
            case Apply(_, (inner,)):
                return f"{self.term(inner)} {_SIGNS[choice.value]} 0"
            case Term() as extremum:
                return f"two values of {self.term(extremum)} {'tie' if choice.value == 0 else 'are ordered'}"
            case other:
                raise TypeError(f"no choice is made about {other!r}")

    def equation(self, equation: Equation, rhs: Term) -> str:
        """The claim's left side with a right-hand side of ours."""
        return f"{self.printer.access(equation.lhs, {})} = {self.term(rhs)}"

    def told(self, term: Term, ranges: Ranges) -> Term:
        """The term with what the derivation named for itself unfolded."""
        found = self.parts(term, ranges)
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
