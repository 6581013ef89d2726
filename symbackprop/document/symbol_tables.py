"""What stands beside the equations: the symbols and the conventions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from symbackprop.derive.kinks import Kink, kinks
from symbackprop.document.model import Block, Math, Paragraph, Reference, Run, Runs, Table
from symbackprop.document.sentences import listed
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
from symbackprop.terms.term import Axis, Mul, PolyValue, Power, Term
from symbackprop.terms.writing import Writer, own

__all__ = ["conventions", "size_table", "symbol_table"]

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
    rows: list[tuple[Runs, ...]] = []
    for name, axes in over.items():
        ranges: list[Run] = [Math(writer.range_(axis)) for axis in axes]
        rows.append(((Math(names.size(name)),), listed(ranges, ", ")))
    for floor, symbol in names.floors.items():
        rows.append(((Math(symbol),), (Math(Relation(symbol, ((Sign.EQUAL, writer.floor(floor, {})),))),)))
    return Table("sizes", ("size, at least 1", "indices that run over it"), tuple(rows))


def symbol_table(program: Program, names: Names, writer: Writer, labels: Mapping[str, Sequence[str]]) -> Table:
    """Every tensor: its symbol, its name in the code, what it is, its shape and the range of its indices."""
    rows: list[tuple[Runs, ...]] = []
    shown = [t for t in program.tensors if t.adjoint_of is None]
    for tensor in shown:
        shape = tuple(writer.poly(extent, {}) for extent in tensor.shape)
        rows.append((
            (Math(names.symbols[tensor.name]),),
            (tensor.name,),
            _meaning(tensor, program, names, writer, [label for label in labels.get(tensor.name, ()) if label]),
            (Math(chain(Joint.CROSS, shape)),) if shape else ("scalar",),
            _ranges(tensor, writer),
        ))  # fmt: skip
    if any(t.adjoint_of for t in program.tensors):
        any_ = any_tensor(program)
        delta = (Math(adjoint(any_)),), ("d_…",), ("the adjoint of ", Math(any_), ", ∂loss/∂", Math(any_))
        rows.append((*delta, ("that of ", Math(any_)), ("those of ", Math(any_))))
    return Table("symbols", ("symbol", "in the code", "meaning", "shape", "indices"), tuple(rows))


def any_tensor(program: Program) -> Formula:
    """A letter for any tensor, which no size or tensor has."""
    taken = {*program.dims, *program.table}
    return Letter(next(letter for letter in ("T", "X", "Y", "A", "B", "Θ") if letter not in taken))


def _ranges(tensor: Tensor, writer: Writer) -> Runs:
    ranges: list[Run] = [
        Math(writer.range_(tensor.axis(place, Index(name))))
        for place, name in enumerate(tensor.axes[: tensor.rank])
        if name
    ]
    return listed(ranges, ", ")


def _meaning(tensor: Tensor, program: Program, names: Names, writer: Writer, labels: Sequence[str]) -> Runs:
    numbers = listed([Reference(label) for label in labels])
    defined: Runs = (", ", *numbers) if labels else ()
    match tensor.kind:
        case TensorKind.INPUT if tensor.dtype is DType.INT:
            if tensor.high is None:
                return ("integer input",)
            below = ((Sign.AT_MOST, _ANY), (Sign.LESS, writer.poly(tensor.high, {})))
            return ("integer input, ", Math(Relation(integer(0), below)))
        case TensorKind.INPUT:
            return (tensor.note or "input",)
        case TensorKind.PARAMETER:
            return ("parameter",)
        case TensorKind.BUFFER:
            return ("state",)
        case TensorKind.COTANGENT:
            output = next(output for output, given in program.cotangents if given == tensor.name)
            return ("the cotangent of ", Math(names.symbols[output]), ", given")
        case TensorKind.RANDOM:
            assert tensor.noise is not None
            return ("noise, ", Math(_noise(tensor.noise, writer)))
    if tensor.tangent_of is not None:
        return ("the tangent of ", Math(names.symbol(tensor.tangent_of)), *defined)
    if tensor.name == program.loss:
        return ("the inner product of the outputs and cotangents",) if program.cotangents else ("the loss", *defined)
    if tensor.part_of is not None:
        symbol = names.symbols.get(tensor.part_of)
        return ("part of ", Math(symbol) if symbol else tensor.part_of, *defined)
    if tensor.name in program.outputs or tensor.name in program.results:
        return ("output", *defined)
    return ("from ", *numbers) if labels else ("intermediate",)


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
    loss, any_ = names.loss, any_tensor(program)
    derivative = Row((Mark("∂"), loss, Mark("/"), Mark("∂"), any_))
    meant: Runs = ("the loss",) if inner_product is None else (Math(loss),)
    first: list[Run] = [
        Math(Relation(adjoint(any_), ((Sign.EQUIVALENT, derivative),))),
        " is the derivative of ", *meant, " by every element of ", Math(any_), " and has the shape of ", Math(any_),
        ". Axes stand in the order of the subscripts, in "
        "arrays as well; indices start at 0 unless a range says otherwise. ",
    ]  # fmt: skip
    equations = (*forward, *backward)
    if indicators:
        first += [Math(Indicator(_ANY)), " is 1 where its condition holds and 0 elsewhere. "]
    if any(equation.op is Op.ACCUMULATE for equation in equations):
        first += [Math(Mark("+=")), " adds to what the other equations of the same tensor give, from 0. "]
    first += _kinks(kinks(forward, backward, program.table))
    blocks: list[Block] = [] if inner_product is None else [Paragraph(_layer(inner_product, writer))]
    blocks.append(Paragraph(tuple(first)))
    average = next((e for e in forward if e.target == program.loss and _averages(e.rhs)), None)
    if average is not None and inner_product is None:
        where: list[Run] = [
            "The loss ", Reference(average.label), " is an average; its factor is contained in the first δ, so that "
            "the gradients of the parameters are sums without it.",
        ]  # fmt: skip
        blocks.append(Paragraph(tuple(where)))
    facts = [_fact(assumption, writer) for assumption in program.assumptions]
    if facts:
        blocks.append(Paragraph(("Assumed: ", *(run for fact in facts for run in fact))))
    return tuple(blocks)


def _layer(inner_product: Equation, writer: Writer) -> Runs:
    return (
        Math(writer.equation(inner_product)),
        " is the inner product of the outputs and their cotangents, which are given: it is differentiated, for the "
        "product of the cotangents and the layer's Jacobian, and never computed. ",
    )


def _kinks(found: Sequence[Kink]) -> list[Run]:
    bent = {Kink.RELU: Word("relu"), Kink.ABSOLUTE: Fenced(Fence.ABSOLUTE, _ANY)}
    slopes: list[Run] = []
    for kink, function in bent.items():
        if kink in found:
            slope = Row((Row((function, Mark("'"))), Fenced(Fence.PARENTHESES, integer(0))))
            slopes.append(Math(Relation(slope, ((Sign.EQUAL, integer(0)),))))
    said: list[Run] = ["At a kink, ", *listed(slopes), ". "] if slopes else []
    return [*said, "Ties of a maximum or minimum share the gradient equally. "] if Kink.TIES in found else said


def _averages(term: Term) -> bool:
    """Whether sizes divide it."""
    factors = term.args if isinstance(term, Mul) else (term,)
    return any(isinstance(f, Power) and f.exponent < 0 and isinstance(f.base, PolyValue) for f in factors)


def _fact(assumption: Assumption, writer: Writer) -> Runs:
    ranges = writer.ranges(assumption.axes)
    fact = Math(writer.condition(assumption.condition, own(axis.index for axis in assumption.axes)))
    return (fact, " for ", *listed([Math(range_) for range_ in ranges], ", "), ". ") if ranges else (fact, ". ")
