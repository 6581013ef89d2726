"""What stands beside the equations: the symbols, the conventions, and what it all costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod

import sympy

from symbackprop.cost.report import Cost
from symbackprop.document.model import Block, Math, Paragraph, Reference, Run, Runs, Table
from symbackprop.document.words import listed
from symbackprop.language.sizes import poly_expression, size_symbol
from symbackprop.latex.names import Names, size_or_index
from symbackprop.latex.printer import LatexPrinter
from symbackprop.terms.poly import ONE, Dim, Floor, Index, Poly
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
from symbackprop.terms.term import (
    Apply,
    Axis,
    Compare,
    Function,
    Mul,
    Number,
    PolyValue,
    Power,
    Reduce,
    Reduction,
    Relation,
    Term,
    Where,
    subterms,
)

__all__ = ["conventions", "cost_table", "size_table", "symbol_table"]

_DISTRIBUTIONS = {
    Distribution.BERNOULLI: r"\mathrm{Bernoulli}",
    Distribution.NORMAL: r"\mathcal{N}",
    Distribution.UNIFORM: r"\mathcal{U}",
}


# --- symbols -----------------------------------------------------------------------------------------
def size_symbols(program: Program, names: Names) -> dict[Floor, str]:
    """A symbol for every rounded quotient of sizes: that of a size in it, with a number that no other has."""
    taken = {names.other(name) for name in program.dims} | set(names.symbols.values())
    symbols: dict[Floor, str] = {}
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


def size_table(program: Program, printer: LatexPrinter) -> Table:
    """The sizes, each with the indices that run over it; no rows where all are numbers."""
    over: dict[str, list[Axis]] = {name: [] for name in program.dims}
    for axis in program.indices:
        name = _grows_with(axis.high - axis.low + 1)
        if name in over:
            over[name].append(axis)
    rows: list[tuple[Runs, ...]] = []
    for name, axes in over.items():
        ranges: list[Run] = [Math(printer.range_(axis)) for axis in axes]
        rows.append(((Math(printer.names.other(name)),), _spaced(ranges)))
    for floor, symbol in printer.floors.items():
        rows.append(((Math(symbol),), (Math(rf"{symbol} = {printer.floor(floor, {})}"),)))
    return Table("sizes", ("size, at least 1", "indices that run over it"), tuple(rows))


def _spaced(items: Sequence[Run]) -> Runs:
    out: list[Run] = []
    for item in items:
        out += [", ", item] if out else [item]
    return tuple(out)


def symbol_table(program: Program, printer: LatexPrinter, labels: Mapping[str, Sequence[str]]) -> Table:
    """Every tensor: its symbol, its name in the code, what it is, its shape and the range of its indices."""
    rows: list[tuple[Runs, ...]] = []
    shown = [t for t in program.tensors if t.adjoint_of is None]
    for tensor in shown:
        shape = r" \times ".join(_extent(extent, printer) for extent in tensor.shape)
        rows.append((
            (Math(printer.names.symbols[tensor.name]),),
            (tensor.name,),
            _meaning(tensor, program, printer, [label for label in labels.get(tensor.name, ()) if label]),
            (Math(shape),) if shape else ("scalar",),
            _ranges(tensor, printer),
        ))  # fmt: skip
    if any(t.adjoint_of for t in program.tensors):
        any_ = any_tensor(program)
        delta = (Math(rf"\delta^{{{any_}}}"),), ("d_…",), ("the adjoint of ", Math(any_), ", ∂loss/∂", Math(any_))
        rows.append((*delta, ("that of ", Math(any_)), ("those of ", Math(any_))))
    return Table("symbols", ("symbol", "in the code", "meaning", "shape", "indices"), tuple(rows))


def any_tensor(program: Program) -> str:
    """A letter for any tensor, which no size or tensor has."""
    taken = {*program.dims, *program.table}
    return next(letter for letter in ("T", "X", "Y", "A", "B", r"\Theta") if letter not in taken)


def _extent(extent: Poly, printer: LatexPrinter) -> str:
    text = printer.poly(extent, {})
    return f"({text})" if len(extent.terms) > 1 else text


def _ranges(tensor: Tensor, printer: LatexPrinter) -> Runs:
    ranges: list[Run] = [
        Math(printer.range_(tensor.axis(place, Index(name))))
        for place, name in enumerate(tensor.axes[: tensor.rank])
        if name
    ]
    return _spaced(ranges)


def _meaning(tensor: Tensor, program: Program, printer: LatexPrinter, labels: Sequence[str]) -> Runs:
    numbers = listed([Reference(label) for label in labels])
    defined: Runs = (", ", *numbers) if labels else ()
    match tensor.kind:
        case TensorKind.INPUT if tensor.dtype is DType.INT:
            if tensor.high is None:
                return ("integer input",)
            return ("integer input, ", Math(rf"0 \le \cdot < {printer.poly(tensor.high, {})}"))
        case TensorKind.INPUT:
            return (tensor.note or "input",)
        case TensorKind.PARAMETER:
            return ("parameter",)
        case TensorKind.BUFFER:
            return ("state",)
        case TensorKind.COTANGENT:
            output = next(output for output, given in program.cotangents if given == tensor.name)
            return ("the cotangent of ", Math(printer.names.symbols[output]), ", given")
        case TensorKind.RANDOM:
            assert tensor.noise is not None
            return ("noise, ", Math(_noise(tensor.noise, printer)))
    if tensor.tangent_of is not None:
        return ("the tangent of ", Math(printer.names.symbols.get(tensor.tangent_of, tensor.tangent_of)), *defined)
    if tensor.name == program.loss:
        return ("the inner product of the outputs and cotangents",) if program.cotangents else ("the loss", *defined)
    if tensor.part_of is not None:
        symbol = printer.names.symbols.get(tensor.part_of)
        return ("part of ", Math(symbol) if symbol else tensor.part_of, *defined)
    if tensor.name in program.outputs or tensor.name in program.results:
        return ("output", *defined)
    return ("from ", *numbers) if labels else ("intermediate",)


def _noise(noise: Noise, printer: LatexPrinter) -> str:
    arguments = r",\, ".join(printer.term(argument) for argument in noise.arguments)
    return rf"{_DISTRIBUTIONS[noise.distribution]}\left({arguments}\right)"


# --- conventions -------------------------------------------------------------------------------------
def conventions(
    program: Program, printer: LatexPrinter, forward: Sequence[Equation], backward: Sequence[Equation],
    inner_product: Equation | None = None,
) -> tuple[Block, ...]:  # fmt: skip
    """Those that the equations at hand make use of. `inner_product`: what is differentiated of a layer."""
    loss, any_ = printer.names.loss, any_tensor(program)
    meant: Runs = ("the loss",) if inner_product is None else (Math(loss),)
    first: list[Run] = [
        Math(rf"\delta^{{{any_}}} \equiv \partial {loss} / \partial {any_}"),
        " is the derivative of ", *meant, " by every element of ", Math(any_), " and has the shape of ", Math(any_),
        ": a sum over every way from ", Math(any_), " to ", *meant, ". Axes stand in the order of the subscripts, in "
        "arrays as well; indices start at 0 unless a range says otherwise. ",
    ]  # fmt: skip
    equations = (*forward, *backward)
    terms = [term for equation in equations for term in subterms(equation.rhs)]
    if any(isinstance(term, Where) for term in terms):
        first += [Math(r"\mathbf{1}\left[\,\cdot\,\right]"), " is 1 where its condition holds and 0 elsewhere. "]
    if any(equation.op is Op.ACCUMULATE for equation in equations):
        first += [Math(r"\mathrel{{+}{=}}"), " adds to what the other equations of the same tensor give, from 0. "]
    first += _kinks(terms)
    blocks: list[Block] = [] if inner_product is None else [Paragraph(_layer(inner_product, printer))]
    blocks.append(Paragraph(tuple(first)))
    average = next((e for e in forward if e.target == program.loss and _averages(e.rhs)), None)
    if average is not None:
        where: list[Run] = [
            "The average stands in the loss, ", Reference(average.label),
            ": its factor enters with the first δ, and the gradients of the parameters are plain sums.",
        ]  # fmt: skip
        blocks.append(Paragraph(tuple(where)))
    facts = [_fact(assumption, printer) for assumption in program.assumptions]
    if facts:
        blocks.append(Paragraph(("Assumed: ", *(run for fact in facts for run in fact))))
    return tuple(blocks)


def _layer(inner_product: Equation, printer: LatexPrinter) -> Runs:
    return (
        Math(printer.equation(inner_product)),
        " is the inner product of the outputs and their cotangents, which are given: it is differentiated, for the "
        "product of the cotangents and the layer's Jacobian, and never computed. ",
    )


def _kinks(terms: Sequence[Term]) -> list[Run]:
    functions = {term.function for term in terms if isinstance(term, Apply)}
    reductions = {term.reduction for term in terms if isinstance(term, Reduce)}
    said: list[Run] = []
    if functions & {Function.RELU, Function.ABS, Function.SIGN}:
        said += ["At a kink, ", Math(r"\mathrm{relu}'(0) = 0"), " and ", Math(r"|\cdot|'(0) = 0"), ". "]
    if functions & {Function.MAX, Function.MIN} or reductions & {Reduction.MAX, Reduction.MIN}:
        said += ["Ties of a maximum or minimum share the gradient equally. "]
    return said


def _averages(term: Term) -> bool:
    """Whether sizes divide it."""
    factors = term.args if isinstance(term, Mul) else (term,)
    return any(isinstance(f, Power) and f.exponent < 0 and isinstance(f.base, PolyValue) for f in factors)


def _fact(assumption: Assumption, printer: LatexPrinter) -> Runs:
    ranges = r",\ ".join(printer.range_(axis) for axis in assumption.axes)
    condition = assumption.condition
    if isinstance(condition, Compare) and isinstance(condition.left, Number):  # the number reads better behind
        condition = Compare(condition.relation, condition.right, condition.left) if _symmetric(condition) else condition
    fact = Math(printer.condition(condition, {axis.index: axis.index.name for axis in assumption.axes}))
    return (fact, " for ", Math(ranges), ". ") if ranges else (fact, ". ")


def _symmetric(condition: Compare) -> bool:
    return condition.relation in (Relation.EQ, Relation.NE)


# --- costs -------------------------------------------------------------------------------------------
def cost_table(cost: Cost, program: Program, printer: LatexPrinter) -> tuple[Block, ...]:
    """Multiply-adds of forward and backward beside those of the alternatives."""
    names = {size_symbol(name): printer.names.other(name) for name in program.dims}
    table = program.table
    entries = [poly_expression(prod(table[name].shape, start=ONE)) for name, _ in program.wrt]
    text = (
        "Multiply-adds, as polynomials in the sizes. Central differences evaluate the loss twice for each of the ",
        Math("P"), " entries that it is differentiated by; the chain rule without reuse computes every δ anew wherever "
        "it is read.",
    )  # fmt: skip
    rows = [
        ((cost.forward.name,), _polynomial("F", cost.forward.multiply_adds, names)),
        ((cost.backward.name,), _polynomial("", cost.backward.multiply_adds, names)),
        ((cost.central_differences.name,), (Math("2 P F"), ", ", *_polynomial("P", sympy.Add(*entries), names))),
        ((cost.chain_rule_without_reuse.name,), _polynomial("", cost.chain_rule_without_reuse.multiply_adds, names)),
    ]
    return Paragraph(text), Table("cost", ("", "multiply-adds"), tuple(rows))


def _polynomial(name: str, expression: sympy.Expr, names: Mapping[sympy.Symbol, str]) -> Runs:
    """`name = polynomial`, factored where that is shorter; a line may break at its operators."""
    factored = sympy.factor_terms(expression)
    chosen = factored if sympy.count_ops(factored) < sympy.count_ops(expression) else expression
    text = sympy.latex(chosen, symbol_names=dict(names)).replace(r"\left(", "(").replace(r"\right)", ")")
    return (Math(f"{name} = {text}" if name else text),)
