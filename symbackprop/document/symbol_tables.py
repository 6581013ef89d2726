"""What stands beside the equations: the symbols and the conventions."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from symbackprop.derive.kinks import Kink, kinks
from symbackprop.document.model import Block, Code, Math, Paragraph, Reference, Run, Runs, Table
from symbackprop.document.sentences import joined
from symbackprop.formula.tree import (
    Chain,
    Fence,
    Fenced,
    Formula,
    Indicator,
    Joint,
    Letter,
    Mark,
    Relation,
    Row,
    Sign,
    Style,
    Word,
    chain,
    integer,
)
from symbackprop.latex.printed_names import Names, adjoint, size_or_index
from symbackprop.phrases import Phrases
from symbackprop.terms.build import mul
from symbackprop.terms.poly import Dim, Floor, Index, Poly
from symbackprop.terms.program import (
    Assumption,
    Distribution,
    DType,
    Equation,
    Noise,
    Op,
    Program,
    Tensor,
    TensorKind,
)
from symbackprop.terms.term import Axis, Mul, PolyValue, Power, Term, subterms
from symbackprop.terms.writing import Writer, own

__all__ = ["assumed", "conventions", "size_table", "symbol_table"]

_DISTRIBUTIONS = {
    Distribution.BERNOULLI: Word("Bernoulli"),
    Distribution.NORMAL: Letter("N", Style.SCRIPT),
    Distribution.UNIFORM: Letter("U", Style.SCRIPT),
}
_ANY = Mark("·")


# --- symbols -----------------------------------------------------------------------------------------
def size_symbols(program: Program, names: Names) -> dict[Floor, Formula]:
    """A symbol for every rounded quotient of sizes: that of a size in it, with a number that no other has."""
    taken = {names.size(name) for name in program.dims} | set(names.symbols.values())
    symbols: dict[Floor, Formula] = {}
    extents = [extent for tensor in program.tensors for extent in (*tensor.shape, *tensor.origin)]
    bounds = [end for equation in program.equations for axis in equation.axes for end in (axis.low, axis.high)]
    for poly in (*extents, *bounds):
        for floor in _floors(poly):
            if floor not in symbols and not floor.numerator.indices():
                name = _grows_with(floor.numerator)
                base = name if len(name) == 1 else "M"
                number = 1
                while (symbol := size_or_index(f"{base}{number}")) in taken:
                    number += 1
                taken.add(symbol)
                symbols[floor] = symbol
    return symbols


def _floors(poly: Poly) -> Iterator[Floor]:
    """The rounded quotients in it, inner ones first."""
    for atom in poly.atoms():
        if isinstance(atom, Floor):
            yield from _floors(atom.numerator)
            yield atom


def _grows_with(poly: Poly) -> str:
    """The name of the first size that it grows with."""
    for monomial, coefficient in poly.terms:
        for atom, _ in monomial if coefficient > 0 else ():
            if isinstance(atom, Dim):
                return atom.name
            if isinstance(atom, Floor):
                return _grows_with(atom.numerator)
    return ""


def size_table(program: Program, names: Names, writer: Writer) -> Table:
    """The sizes, each with the indices that run over it; no rows where all are numbers."""
    over: dict[str, list[Axis]] = {name: [] for name in program.dims}
    for axis in program.indices:
        name = _grows_with(axis.high - axis.low + 1)
        if name in over:
            over[name].append(axis)
    for axis in (
        axis for tensor in program.tensors for axis in _axes(tensor)
    ):  # that of a size that no equation's index runs over
        name = _grows_with(axis.high - axis.low + 1)
        if name in over and not over[name]:
            over[name].append(axis)
    rows: list[tuple[Runs, ...]] = []
    words = names.words
    for name, axes in over.items():
        ranges = [Math(writer.range_(axis)) for axis in axes]
        rows.append(((Math(names.size(name)),), words.listing(items=ranges)))
    for floor, symbol in names.floors.items():
        rows.append(((Math(symbol),), (Math(Relation(symbol, ((Sign.EQUAL, writer.floor(floor, {})),))),)))
    return Table("sizes", (words.size, words.runs_over), tuple(rows))


def symbol_table(program: Program, names: Names, writer: Writer, labels: Mapping[str, Sequence[str]]) -> Table:
    """Every tensor: its symbol, its name in the code, what it is, its shape and the range of its indices."""
    rows: list[tuple[Runs, ...]] = []
    words = names.words
    shown = [t for t in program.tensors if t.adjoint_of is None]
    for tensor in shown:
        shape = tuple(writer.poly(extent, {}) for extent in tensor.shape)
        rows.append((
            (Math(names.symbols[tensor.name]),),
            (Code(tensor.name),),
            _meaning(tensor, program, names, writer, [label for label in labels.get(tensor.name, ()) if label]),
            (Math(chain(Joint.CROSS, shape)),) if shape else (words.scalar,),
            words.listing(items=_ranges(tensor, writer)),
        ))  # fmt: skip
    if any(t.adjoint_of for t in program.tensors):
        any_ = Math(any_tensor(program))
        delta = (Math(adjoint(any_.formula)),), (Code("d_…"),), words.adjoint_of(tensor=any_)
        rows.append((*delta, words.shape_of(tensor=any_), words.indices_of(tensor=any_)))
    header = words.symbol, words.in_the_code, words.meaning, words.shape, words.indices
    return Table("symbols", header, tuple(rows))


def any_tensor(program: Program) -> Formula:
    """A letter for any tensor, which no size or tensor has."""
    taken = {*program.dims, *program.table}
    return Letter(next(letter for letter in ("T", "X", "Y", "A", "B", "Θ") if letter not in taken))


def _ranges(tensor: Tensor, writer: Writer) -> list[Math]:
    return [Math(writer.range_(axis)) for axis in _axes(tensor)]


def _axes(tensor: Tensor) -> list[Axis]:
    """Those of its axes that have a letter."""
    named = enumerate(tensor.axes[: tensor.rank])
    return [tensor.axis(place, Index(name)) for place, name in named if name]


def _meaning(tensor: Tensor, program: Program, names: Names, writer: Writer, labels: Sequence[str]) -> Runs:
    words, equations = names.words, [Reference(label) for label in labels]

    def defined(*meaning: Run) -> Runs:
        return words.defined_by(meaning=meaning, equations=equations) if equations else meaning

    match tensor.kind:
        case TensorKind.INPUT if tensor.dtype is DType.INT:
            if tensor.high is None:
                return (words.integer_input,)
            below = ((Sign.AT_MOST, _ANY), (Sign.LESS, writer.poly(tensor.high, {})))
            return words.integer_input_within(range=Math(Relation(integer(0), below)))
        case TensorKind.INPUT if tensor.tangent_of is not None:
            return words.direction_of(tensor=_named(tensor.tangent_of, names))
        case TensorKind.INPUT:
            return (tensor.note or words.input,)
        case TensorKind.PARAMETER:
            return (words.parameter,)
        case TensorKind.BUFFER:
            return (words.state,)
        case TensorKind.COTANGENT:
            output = next(output for output, given in program.cotangents if given == tensor.name)
            return words.cotangent_of(tensor=Math(names.symbols[output]))
        case TensorKind.RANDOM:
            assert tensor.noise is not None
            return words.noise(distribution=Math(_noise(tensor.noise, writer)))
    if tensor.tangent_of is not None:
        return defined(*words.tangent_of(tensor=Math(names.symbol(tensor.tangent_of))))
    if tensor.name == program.loss:
        return (words.inner_product,) if program.cotangents else defined(words.the_loss)
    if tensor.part_of is not None:
        return defined(*words.part_of(tensor=_named(tensor.part_of, names)))
    if tensor.name in program.outputs or tensor.name in program.results:
        return defined(words.output)
    return words.defined_from(equations=equations) if equations else (words.intermediate,)


def _named(tensor: str, names: Names) -> Run:
    if tensor in names.gradients:
        return Math(Row((Mark("∂"), names.loss, Mark("/"), Mark("∂"), names.gradients[tensor])))
    symbol = names.symbols.get(tensor)
    return Math(symbol) if symbol else Code(tensor)


def _noise(noise: Noise, writer: Writer) -> Formula:
    arguments = Chain(Joint.LIST, tuple(writer.term(argument) for argument in noise.arguments))
    return Row((_DISTRIBUTIONS[noise.distribution], Fenced(Fence.PARENTHESES, arguments)))


# --- conventions -------------------------------------------------------------------------------------
def conventions(
    program: Program, names: Names, writer: Writer, forward: Sequence[Equation], backward: Sequence[Equation],
    inner_product: Equation | None, indicators: bool,
) -> tuple[Block, ...]:  # fmt: skip
    """Those that the equations at hand make use of. `inner_product`: what is differentiated of a layer; `indicators`:
    whether any is printed."""
    words, any_ = names.words, any_tensor(program)
    derivative = Row((Mark("∂"), names.loss, Mark("/"), Mark("∂"), any_))
    tensor, definition = Math(any_), Math(Relation(adjoint(any_), ((Sign.EQUIVALENT, derivative),)))
    if inner_product is None:
        said = [words.adjoint_is(definition=definition, tensor=tensor)]
    else:
        said = [words.adjoint_of_product(definition=definition, tensor=tensor, product=Math(names.loss))]
    said.append((words.axes_stand,))
    equations = (*forward, *backward)
    if indicators:
        said.append(words.indicator_is(indicator=Math(Indicator(_ANY))))
    if any(equation.op is Op.ACCUMULATE for equation in equations):
        said.append(words.adds(sign=Math(Mark("+="))))
    said += _kinks(kinks(forward, backward, program.table), words)
    blocks: list[Block] = []
    if inner_product is not None:
        blocks.append(Paragraph(words.layer(definition=Math(writer.equation(inner_product)))))
    blocks.append(Paragraph(joined(said, words)))
    if inner_product is None:
        blocks += _loss_factor(program, writer, words, forward, backward)
    facts = [_fact(assumption, writer, words) for assumption in program.assumptions]
    if facts:
        blocks.append(Paragraph(words.assumed(facts=joined(facts, words))))
    return tuple(blocks)


def _kinks(found: Sequence[Kink], words: Phrases) -> Iterator[Runs]:
    bent = {Kink.RELU: Word("relu"), Kink.ABSOLUTE: Fenced(Fence.ABSOLUTE, _ANY)}
    slopes: list[Math] = []
    for kink, function in bent.items():
        if kink in found:
            slope = Row((Row((function, Mark("'"))), Fenced(Fence.PARENTHESES, integer(0))))
            slopes.append(Math(Relation(slope, ((Sign.EQUAL, integer(0)),))))
    if slopes:
        yield words.at_a_kink(slopes=slopes)
    if Kink.TIES in found:
        yield (words.ties,)


def _loss_factor(
    program: Program, writer: Writer, words: Phrases, forward: Sequence[Equation], backward: Sequence[Equation]
) -> Iterator[Block]:
    """Where sizes divide the loss: which δ they divide, if none of them divides a parameter's gradient, alone or with
    others."""
    loss = next((equation for equation in forward if equation.target == program.loss), None)
    divisors = [] if loss is None else [f for f in _factors(loss.rhs) if _divides(f)]
    if loss is None or not divisors:
        return

    def has_all(equation: Equation) -> bool:
        return set(divisors) <= set(subterms(equation.rhs))

    of = {equation: program.table[equation.target].adjoint_of or "" for equation in backward}
    gradients = [e for e, name in of.items() if name and program.table[name].kind is TensorKind.PARAMETER]
    first = _first_adjoints(program.loss, forward, set(of.values()))
    found = [Reference(e.label) for e, name in of.items() if name in first and e not in gradients and has_all(e)]
    sizes = {dim for divisor in divisors for dim in _sizes_below(divisor)}
    below = {dim for gradient in gradients for term in subterms(gradient.rhs) for dim in _sizes_below(term)}
    if found and gradients and not sizes & below:
        factor = Math(writer.term(mul(*divisors)))
        yield Paragraph(words.loss_factor(factor=factor, loss=Reference(loss.label), equations=found))


def _first_adjoints(loss: str | None, forward: Sequence[Equation], written: Container[str]) -> set[str]:
    """The tensors with a written δ that the loss reads, or that those read whose δ are put in where they are used."""
    found, met, open_ = set[str](), {loss}, [loss]
    while open_:
        target = open_.pop()
        for name in {name for equation in forward if equation.target == target for name in equation.reads()}:
            if name in written:
                found.add(name)
            elif name not in met:
                met.add(name)
                open_.append(name)
    return found


def _factors(term: Term) -> tuple[Term, ...]:
    return term.args if isinstance(term, Mul) else (term,)


def _sizes_below(term: Term) -> Iterable[Dim]:
    """Those of a size, or of several, that a factor divides by."""
    match term:
        case Power(PolyValue(poly)) if _divides(term):
            return poly.dims()
        case _:
            return ()


def _divides(factor: Term) -> bool:
    """Whether it is one over sizes."""
    return isinstance(factor, Power) and factor.exponent < 0 and isinstance(factor.base, PolyValue) and not factor.free


def assumed(assumption: Assumption, writer: Writer) -> Formula:
    """What is assumed, without the ranges for which it is."""
    return writer.condition(assumption.condition, own(axis.index for axis in assumption.axes))


def _fact(assumption: Assumption, writer: Writer, words: Phrases) -> Runs:
    ranges = [Math(range_) for range_ in writer.ranges(assumption.axes)]
    fact = Math(assumed(assumption, writer))
    return words.fact_for(fact=fact, ranges=ranges) if ranges else words.fact(fact=fact)
