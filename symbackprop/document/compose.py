"""From a derivation to the document that argues for it: symbols, equations, each δ and its chain rule, costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from symbackprop.cost.cost_summary import Cost
from symbackprop.derive.chain import Chain, Local, chains
from symbackprop.derive.fuse import fused
from symbackprop.document.cost_formulas import cost_table
from symbackprop.document.described import described
from symbackprop.document.matrices import Matrices, matrix_forms
from symbackprop.document.model import (
    Block,
    Display,
    Document,
    Formula,
    Level,
    Math,
    Paragraph,
    Reference,
    Run,
    Runs,
    Section,
    Step,
)
from symbackprop.document.on_devices import on_devices
from symbackprop.document.sentences import joined, recurrences
from symbackprop.document.symbol_tables import assumed, conventions, size_symbols, size_table, symbol_table
from symbackprop.formula import tree
from symbackprop.formula.breaking import pieces
from symbackprop.formula.tree import Big, Fence, Fenced, Operator, Prefixed, Scripted, Sign, Words
from symbackprop.latex.printed_names import Names, partial
from symbackprop.optimise.assumed_sums import rests_on
from symbackprop.phrases import ENGLISH, Phrases
from symbackprop.schedule import ScheduledDerivation
from symbackprop.shard import Sharded
from symbackprop.terms.build import UNIT, access, replace_terms
from symbackprop.terms.namer import Namer
from symbackprop.terms.poly import Poly
from symbackprop.terms.program import Equation, Op, Program, TensorKind
from symbackprop.terms.term import Term
from symbackprop.terms.writing import SIGNS, Writer, own

__all__ = ["build"]


def build(
    scheduled: ScheduledDerivation, level: Level = Level.STEPS, matrix: bool = False, cost: Cost | None = None,
    words: Phrases = ENGLISH, sharded: Sharded | None = None,
) -> Document:  # fmt: skip
    """The document of a numbered derivation.

    `matrix`: whether each equation has its matrix form beside it; `cost`: for the operation counts, which are left out
    where it is None; `words`: the phrases of its language; `sharded`: the same on a mesh of devices, if that is shown.
    """
    return _Builder(scheduled, level, matrix, words).document(cost, sharded)


class _Builder:
    def __init__(self, scheduled: ScheduledDerivation, level: Level, matrix: bool, words: Phrases) -> None:
        derived = scheduled.derived
        self.scheduled, self.derived, self.level, self.words = scheduled, derived, level, words
        tensors = {t.name: t for t in (*derived.forward.tensors, *derived.backward.tensors, *derived.adjoints.values())}
        self.program: Program = derived.backward.with_(tensors=tuple(tensors.values()))
        names = Names.of(derived.joint.with_(tensors=tuple(tensors.values())))
        self.names = replace(names, floors=size_symbols(self.program, names), words=words)
        self.writer = Writer(self.names, Namer.of(self.program))
        self.chains, self.fused = chains(derived), fused(derived)
        also = [part for parts in self.fused.values() for part in parts]
        self.matrices = matrix_forms(derived, self.writer, also) if matrix else Matrices({}, ())
        self.forward = scheduled.forward.equations
        self.backward = scheduled.backward.equations
        self.argued: list[str] = []  # the adjoints whose chain rule is written
        self.adjoint_of = {adjoint.name: name for name, adjoint in derived.adjoints.items()}
        self.labels: dict[str, list[str]] = {}
        for equation in (*self.forward, *self.backward):
            self.labels.setdefault(equation.target, []).append(equation.label)

    @property
    def split(self) -> int:
        """Where the gradients begin: the place of the first one behind which no δ of an intermediate comes."""
        intermediate = [place for place, e in enumerate(self.backward) if self._is_of_intermediate(e.target)]
        first = intermediate[-1] + 1 if intermediate else 0
        return next((p for p in range(first, len(self.backward)) if self._is_leaf(self.backward[p].target)), first)

    def _is_of_intermediate(self, adjoint: str) -> bool:
        return adjoint in self.adjoint_of and not self._is_leaf(adjoint)

    def document(self, cost: Cost | None, sharded: Sharded | None) -> Document:
        program, writer, words = self.program, self.writer, self.words
        inner_product = self.derived.forward.inner_product
        argued = [("forward", words.forward_pass, tuple(self._forward())),
                  ("backward", words.backward_pass, tuple(self._backward())),
                  ("gradients", words.gradients, tuple(self._adjoints(self.backward[self.split :])))]  # fmt: skip
        pieces_ = [piece.formula for _, _, blocks in argued for block in blocks if isinstance(block, Display)
                   for formula in block.formulas for step in formula.steps for piece in step.pieces]  # fmt: skip
        indicators = any(isinstance(part, tree.Indicator) for piece in pieces_ for part in tree.within(piece))
        agreed = conventions(program, self.names, writer, self.forward, self.backward, inner_product, indicators)
        if self.matrices.conventions:
            agreed += (Paragraph(self.matrices.conventions),)
        tables = size_table(program, self.names, writer), symbol_table(program, self.names, writer, self.labels)
        sections = [
            Section("symbols", words.symbols, tuple(table for table in tables if table.rows)),
            Section("conventions", words.conventions, agreed),
            *(Section(*section) for section in argued),
        ]
        if cost is not None:
            sections.append(Section("cost", words.operation_counts, tuple(cost_table(cost, self.program, self.names))))
        if sharded is not None:
            sections.append(on_devices(sharded, self.derived.joint.with_(tensors=program.tensors), self.names))
        title, about = described(program, words)
        found = tuple(section for section in sections if section.blocks)
        return Document(program.name, found, title, about=about, words=words)

    # --- equations ---------------------------------------------------------------------------------
    def _forward(self) -> Iterator[Block]:
        yield Display(tuple(self.formula(equation) for equation in self.forward))
        yield from recurrences(self.scheduled.forward.steps, self.writer)

    def formula(self, equation: Equation, reason: Runs = ()) -> Formula:
        """An equation, behind its label where it is one of the program's."""
        bound = own(axis.index for axis in equation.axes)
        step = Step(SIGNS[equation.op], pieces(self.writer.term(equation.rhs, bound)), reason)
        return Formula(
            self.writer.access(equation.lhs, bound), (step,), self.writer.ranges(equation.axes), equation.label,
            self.matrices.forms.get(equation, ""), equation.target if equation.label else "",
        )  # fmt: skip

    # --- adjoints ----------------------------------------------------------------------------------
    def _backward(self) -> Iterator[Block]:
        yield from self._adjoints(self.backward[: self.split])
        yield from recurrences(self.scheduled.backward.steps, self.writer)

    def _adjoints(self, equations: Sequence[Equation]) -> Iterator[Block]:
        """The blocks of every adjoint, in the order in which the equations are computed: where those of one are not
        computed one behind another, each stands in its place, and the argument before the first."""
        results: list[Formula] = []
        for target, run in groupby(equations, lambda equation: equation.target):
            here = tuple(run)
            if self.level is Level.RESULT:
                results += self._results(target, here)
                continue
            if target in self.argued:
                yield Paragraph(self.words.gives_also(tensor=self._tensor(self._chain_of(target))))
                yield Display(tuple(self._justified(self._chain_of(target), self._results(target, here))))
                continue
            for name in self._with_inlined(target, self.argued):
                self.argued.append(name)
                yield from self._argument(name, here if name == target else ())
        if results:
            yield Display(tuple(results))

    def _is_leaf(self, adjoint: str) -> bool:
        of = self.adjoint_of.get(adjoint)
        return of is not None and self.derived.forward.table[of].kind is not TensorKind.INTERMEDIATE

    def _with_inlined(self, adjoint: str, done: list[str]) -> list[str]:
        """The adjoint behind those that it has taken in: they have no equation of their own in the program."""
        out: list[str] = []
        for local in self._chain_of(adjoint).locals if adjoint in self.adjoint_of else ():
            name = local.delta.tensor
            if name not in self.labels and name not in done and name not in out and not self._is_loss(name):
                out += [other for other in self._with_inlined(name, [*done, *out]) if other not in out]
        return [*out, adjoint]

    def _chain_of(self, adjoint: str) -> Chain:
        return self.chains[self.adjoint_of[adjoint]]

    def _is_loss(self, adjoint: str) -> bool:
        return self.adjoint_of.get(adjoint) == self.derived.forward.loss

    def _results(self, adjoint: str, here: Sequence[Equation]) -> list[Formula]:
        """The equations of an adjoint that are computed here; behind the last, what they are together."""
        if adjoint in self.labels:
            equations = [equation for equation in self.backward if equation.target == adjoint]
            return [*map(self.formula, here), *(self._fused(adjoint, equations) if equations[-1] in here else ())]
        inlined = self.derived.deltas.get(adjoint, ())
        return [
            self.formula(replace(equation, number=None), self.words.put_in(values=facts) if facts else ())
            for equation in inlined
            for facts in [self._facts(equation)]
        ]

    def _fused(self, adjoint: str, equations: Sequence[Equation]) -> Iterator[Formula]:
        """The same adjoint in one equation: with the δ that only it reads put in, and scatters as sums."""
        parts = self.fused.get(adjoint, ())
        left = _reads(parts)
        for part in parts:
            sources = [equation for equation in equations if equation.lhs == part.lhs] or equations
            read = _reads(sources)
            put_in = [name for name in self.labels if name in read - left and name in self.adjoint_of]
            labels = [Reference(label) for name in put_in for label in self._put_in(name, part)]
            reason: Runs = (self.words.by_cases,)
            if labels:
                reason = self.words.put_in(values=labels)
            elif any(s.index is None for equation in sources for s in equation.subscripts if isinstance(s, Poly)):
                reason = (self.words.in_total,)
            yield self.formula(replace(part, number=None), reason)

    def _put_in(self, adjoint: str, part: Equation) -> list[str]:
        """The labels of its equations that are put into this part: those of which it has all that they read."""
        reads = part.reads()
        equations = [equation for equation in self.backward if equation.target == adjoint]
        return [equation.label for equation in equations if equation.reads() <= reads] or self.labels[adjoint]

    # --- the argument for one adjoint --------------------------------------------------------------
    def _argument(self, adjoint: str, here: Sequence[Equation]) -> Iterator[Block]:
        if adjoint not in self.adjoint_of:  # a part of gradients
            readers = [Reference(equation.label) for equation in self.backward if adjoint in equation.reads()]
            yield Paragraph(self.words.is_read(tensor=Math(self.names.symbol(adjoint)), equations=readers))
            yield Display(tuple(self._results(adjoint, here)))
            return
        chain = self._chain_of(adjoint)
        sentences = [self._readers(chain)]
        if adjoint not in self.labels:
            sentences.append((self.words.substituted,))
        yield Paragraph(joined(sentences, self.words))
        rule = self._chain_rule(chain)
        formulas = [rule] if rule.steps else []  # a gradient that the loss alone gives needs none
        formulas += [self._local(chain, local) for local in chain.locals if not self._from_loss(local)]
        if self.level is Level.FULL:
            formulas += self._between(chain, here)
        formulas += self._justified(chain, self._results(adjoint, here))
        yield Display(tuple(_defined_at_once(formulas)))

    def _justified(self, chain: Chain, results: list[Formula]) -> Iterator[Formula]:
        """The results, each numbered one with what leads to it from the contracted chain rule: at the full level all,
        else what is assumed."""
        name = chain.adjoint.name
        equations = {equation.label: equation for equation in self.backward if equation.target == name}
        for formula in results:
            equation = equations.get(formula.label)
            if equation is None:
                yield formula
                continue
            used: list[Run] = []
            if self.level is Level.FULL:
                before = _reads(self._contracted(equation))
                inlined = [n for n in self.adjoint_of if n in before - equation.reads() and n not in self.labels]
                found = [n for n in self.labels if n in equation.reads() - before and n not in self.adjoint_of]
                used += [Math(self.names.symbols[n]) for n in inlined if not self._is_loss(n)]
                used += [Reference(label) for n in found for label in self.labels[n]]
            used += self._facts(equation)
            (step,) = formula.steps
            reason = self.words.put_in(values=used) if used else ()
            yield replace(formula, steps=(replace(step, reason=reason),)) if used else formula

    def _contracted(self, equation: Equation) -> Sequence[Equation]:
        """The sums of the chain rule that an equation of an adjoint comes from."""
        contracted = self.derived.contracted.get(equation.target, ())
        same = [e for e in contracted if (e.subscripts, e.axes) == (equation.subscripts, equation.axes)]
        return same or contracted

    def _facts(self, equation: Equation) -> list[Math]:
        """What is assumed that the equation of an adjoint rests on."""
        before = self._contracted(equation)
        used = [fact for fact in self.program.assumptions if any(rests_on(each, fact) for each in before)]
        return [Math(assumed(fact, self.writer)) for fact in used]

    def _readers(self, chain: Chain) -> Runs:
        """`a1 is read by (F3).`"""
        tensor, words = self._tensor(chain), self.words
        if chain.is_loss:
            return words.is_loss(tensor=tensor)
        labels = dict.fromkeys(local.equation.label for local in chain.locals)
        readers = [Reference(label) for label in labels if label]
        if not self.program.cotangents or not any(self._from_loss(local) for local in chain.locals):
            return words.is_read(tensor=tensor, equations=readers)
        cotangent = Math(self._cotangent(chain))
        if not readers:
            return words.is_output(tensor=tensor, cotangent=cotangent)
        return words.is_read_and_output(tensor=tensor, equations=readers, cotangent=cotangent)

    def _tensor(self, chain: Chain) -> Math:
        return Math(self.names.symbols[chain.tensor.name])

    def _left(self, chain: Chain) -> tree.Formula:
        return self.writer.access(chain.delta, {})

    def _chain_rule(self, chain: Chain) -> Formula:
        """δ ≡ ∂L/∂T = Σ over the readers."""
        quotient, left = partial(self.names.loss, self.writer.access(chain.element, {})), self._left(chain)
        steps = [] if left == quotient else [Step(Sign.EQUIVALENT, pieces(quotient))]
        direct = [local for local in chain.locals if self._from_loss(local)]
        indirect = [local for local in chain.locals if not self._from_loss(local)]
        evaluated = Scripted(Fenced(Fence.EVALUATED, quotient), Words(self.words.direct))
        addends: list[tree.Formula] = [evaluated] if direct and indirect else []
        if direct and self.program.cotangents:  # given: the results say it where nothing else is added
            addends = [self._cotangent(chain)] if indirect else []
        addends += [self._addend(chain, local) for local in indirect]
        if addends:
            total = addends[0] if len(addends) == 1 else tree.Sum(tuple((False, addend) for addend in addends))
            steps.append(Step(Sign.EQUAL, pieces(total), (self.words.chain_rule,)))
        return Formula(left, tuple(steps))

    def _cotangent(self, chain: Chain) -> tree.Formula:
        """That of an output, at the position of its δ."""
        given = dict(self.program.cotangents)[chain.tensor.name]
        return self.writer.access(access(given, chain.delta.subscripts), {})

    def _addend(self, chain: Chain, local: Local) -> tree.Formula:
        indices = tuple(self.writer.index(axis.index, {}) for axis in local.axes)
        product = tree.times(self.writer.access(local.delta, {}), self._partial(chain, local))
        return Prefixed(Big(Operator.SUM, indices), product) if indices else product

    def _partial(self, chain: Chain, local: Local) -> tree.Formula:
        return partial(self.writer.access(local.reader, {}), self.writer.access(chain.element, {}))

    def _local(self, chain: Chain, local: Local) -> Formula:
        value = pieces(self.writer.term(local.value, {}))
        step = Step(Sign.EQUAL, value, self.words.by_equation(equation=Reference(local.equation.label)))
        return Formula(self._partial(chain, local), (step,))

    def _from_loss(self, local: Local) -> bool:
        return local.equation.target == self.derived.forward.loss

    def _between(self, chain: Chain, here: Sequence[Equation]) -> list[Formula]:
        """The local derivatives put into the chain rule, and the sums contracted by what their brackets allow."""
        given: dict[Term, Term] = {access(self.derived.adjoints[self.derived.forward.loss or ""].name): UNIT}
        name = chain.adjoint.name
        finals = self.derived.backward.definitions.get(name) or self.derived.deltas.get(name, ())
        contracted = [
            replace(equation, rhs=replace_terms(equation.rhs, given), number=None)
            for equation in self.derived.contracted.get(name, ())
        ]
        shown = [equation for equation in contracted if equation not in finals]
        total = self.writer.term(replace_terms(chain.total, given), {})
        whole = Step(Sign.EQUAL, pieces(total), (self.words.locals_put_in,))
        out = [Formula(self._left(chain), (whole,))]
        if any(whole.pieces == formula.steps[0].pieces for formula in self._results(name, here)):
            return []
        summed = [self.formula(equation, (self.words.indicators_summed,)) for equation in shown]
        if any(whole.pieces == formula.steps[0].pieces for formula in summed):  # no indicator stood there
            return out
        if len(shown) == 1 == len(contracted) and shown[0].op is Op.ASSIGN and summed[0].left == out[0].left:
            return [replace(out[0], steps=(whole, *summed[0].steps))]
        return out + summed


def _defined_at_once(formulas: list[Formula]) -> list[Formula]:
    """δ ≡ ∂L/∂T, where nothing but what it is equal to follows, is one formula with it."""
    if len(formulas) < 2 or [step.sign for step in formulas[0].steps] != [Sign.EQUIVALENT]:
        return formulas
    definition, second, *others = formulas
    if definition.left != second.left or second.steps[0].sign is not Sign.EQUAL:
        return formulas
    return [replace(second, steps=(*definition.steps, *second.steps)), *others]


def _reads(equations: Iterable[Equation]) -> frozenset[str]:
    return frozenset[str]().union(*(equation.reads() for equation in equations))
