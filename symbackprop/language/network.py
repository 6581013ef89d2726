"""`Network`: sizes, indices, tensors and the equations between them.

An equation is read and checked where it is written; what needs the whole network is checked in `whole`, when a
program is made of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import count
from typing import Any

import sympy
from sympy import Basic, Expr, Idx, Symbol, sympify

from symbackprop.errors import (
    DuplicateName,
    ForeignTensor,
    GivenTensorDefined,
    InvalidArgument,
    InvalidOutput,
    InvalidSize,
    InvalidSubscript,
    MissingLoss,
    NonScalarLoss,
    RankMismatch,
    RedefinedLoss,
    UnboundIndex,
    UnknownFunction,
    UnsupportedAssumption,
)
from symbackprop.language import whole
from symbackprop.language.declared import Declared, Definition
from symbackprop.language.expressions import size_expression
from symbackprop.language.initial import read_initializer, read_noise
from symbackprop.language.names import check_name, split_names
from symbackprop.language.ranges import Placed, Read, check_read, reads_of
from symbackprop.language.read import Reader
from symbackprop.language.sizes import Sizes, read_size
from symbackprop.language.symbols import NamedIdx, TensorSymbol, TrainingSwitch, subscripts_of
from symbackprop.terms.build import FALSE, TRUE, integer_condition
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.program import Assumption, DType, Equation, Program, TensorKind
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis, Compare, Connective, Logic, Term

_serials = count()
Subject = Callable[[], str]
_ADVICE = {
    TensorKind.INPUT: "an input is given: define an intermediate, net.tensor(...)",
    TensorKind.PARAMETER: "a parameter is given: define an intermediate, net.tensor(...)",
    TensorKind.RANDOM: "a random tensor is drawn: define an intermediate, net.tensor(...)",
    TensorKind.BUFFER: "a buffer's next value is said with net.update(buffer[...], value)",
}


class Network:
    """A network: a list of tensor equations.

    >>> from symbackprop.language import Network, Sum
    >>> net = Network("linear")
    >>> N, D = net.dims("N D")
    >>> n, i = net.indices(n=N, i=D)
    >>> x, w = net.input("x", (N, D)), net.parameter("w", (D,))
    >>> y = net.tensor("y")
    >>> y[n] = Sum(w[i] * x[n, i], i)
    >>> net.loss = Sum(y[n] ** 2, n) / (2 * N)
    >>> y.shape
    (N,)
    """

    __slots__ = (
        "_assumptions", "_axes", "_dims", "_facts", "_given", "_loss", "_names", "_order", "_outputs", "_pending",
        "_program", "_serial", "_sizes", "_tensors", "_updates", "name",
    )  # fmt: skip

    def __init__(self, name: str) -> None:
        self.name = check_name("network", name)
        self._serial = next(_serials)
        self._sizes = Sizes()
        self._names: dict[str, str] = {}  # sizes and tensors: name -> what it is
        self._dims: list[str] = []
        self._axes: dict[Idx, Axis] = {}
        self._tensors: dict[str, Declared] = {}
        self._given: dict[str, Placed] = {}  # those whose range is known from the start
        self._updates: dict[str, list[Definition]] = {}
        self._order: list[Definition] = []  # all equations as they were written
        self._outputs: list[str] = []
        self._assumptions: list[Assumption] = []
        self._facts: tuple[Term, ...] = ()  # the assumptions about sizes
        self._pending: list[tuple[Read, Subject]] = []  # reads of tensors whose range is not known yet
        self._loss: tuple[Expr, Definition] | None = None
        self._program: Program | None = None

    def __repr__(self) -> str:
        return f"Network({self.name!r}): {len(self._tensors)} tensors, {len(self._order)} equations"

    # --- sizes and indices -------------------------------------------------------------------------
    def dims(self, names: str) -> tuple[Symbol, ...]:
        """Symbolic sizes: `N, D = net.dims("N D")`, each an integer of at least 1."""
        return tuple(self.dim(name) for name in split_names("sizes", names))

    def dim(self, name: str) -> Symbol:
        """One symbolic size."""
        self._take("size", name)
        symbol = Symbol(name, integer=True, positive=True)
        self._dims.append(name)
        self._sizes.add_dim(symbol, Poly.of(Dim(name)))
        return symbol

    def indices(self, **ranges: Any) -> tuple[Idx, ...]:
        """Indices in the order of the arguments: `n=N` runs over 0..N-1, `t=(1, T)` over 1..T."""
        return tuple(self.index(name, range_) for name, range_ in ranges.items())

    def index(self, name: str, range: Any) -> Idx:
        """One index over 0..range-1, or over the inclusive pair (low, high)."""
        check_name("index", name, reserved=())
        subject = f"index {name!r}"
        if isinstance(range, tuple | list | sympy.Tuple):
            if len(range) != 2:
                raise InvalidSize(subject, expected="a size or a pair (low, high)", found=str(range))
            low, high = (read_size(bound, self._sizes, subject) for bound in range)
        else:
            low, high = ZERO, read_size(range, self._sizes, subject) - 1
        axis = Axis(Index(name), low, high)
        index = NamedIdx.over(name, *(size_expression(bound) for bound in (low, high)))
        known = next((other for other in self._axes.values() if other.index.name == name), None)
        if known is not None and known != axis:
            raise DuplicateName(
                subject, expected="an index of a name of its own",
                found=f"{name} over {known.low}..{known.high} before",
                remedy="an index keeps its range: choose another name",
            )  # fmt: skip
        self._axes[index] = axis
        self._sizes.add_index(index, Poly.of(axis.index))
        self._changed()
        return index

    # --- names, for those who write layers ---------------------------------------------------------
    def has_name(self, name: str) -> bool:
        """Whether a size or tensor is called that."""
        return name in self._names

    def index_if_free(self, name: str, range: Any) -> Idx | None:
        """The index of that name and range, declared if need be; None where the name has another range."""
        try:
            return self.index(name, range)
        except DuplicateName:
            return None

    def axis_names(self, tensor: TensorSymbol) -> tuple[str, ...]:
        """The names of the indices that the tensor was first written with, "" for an axis without."""
        axes = self._tensors[tensor.name].axes
        return tuple(axes.get(place, "") for place in range(tensor.rank))

    # --- tensors -----------------------------------------------------------------------------------
    def input(self, name: str, shape: Any, dtype: str = "float", high: Any = None) -> TensorSymbol:
        """Data of that shape; `dtype="int"` for labels and ids, with `high` their exclusive bound."""
        subject = f"input {name!r}"
        if dtype not in ("float", "int"):
            raise InvalidArgument(subject, expected='dtype="float" or "int"', found=repr(dtype))
        if high is not None and dtype != "int":
            raise InvalidArgument(subject, expected="high with dtype='int' only", found=f"high={high}")
        bound = None if high is None else read_size(high, self._sizes, f"high of {subject}")
        return self._declare(name, TensorKind.INPUT, self._shape(shape, subject), dtype=DType(dtype), high=bound).symbol

    def parameter(self, name: str, shape: Any, init: Any = None) -> TensorSymbol:
        """A learned tensor. `init`: a scheme's name, a number, or a SymPy expression for a normal's standard
        deviation; by default zeros for rank 0 and 1, Glorot uniform above."""
        return self._initialized(name, TensorKind.PARAMETER, shape, init)

    def buffer(self, name: str, shape: Any, init: Any) -> TensorSymbol:
        """State that is not learned; `net.update` says its next value."""
        return self._initialized(name, TensorKind.BUFFER, shape, init)

    def _initialized(self, name: str, kind: TensorKind, shape: Any, init: Any) -> TensorSymbol:
        subject = f"{kind.value} {name!r}"
        polys = self._shape(shape, subject)
        initializer = read_initializer(init, len(polys), subject, self._of_sizes)
        return self._declare(name, kind, polys, initializer=initializer).symbol

    def random(self, name: str, shape: Any, distribution: str, **parameters: Any) -> TensorSymbol:
        """Noise: "bernoulli" (`p`), "normal" (`mean=0`, `std=1`) or "uniform" (`low=0`, `high=1`)."""
        subject = f"random tensor {name!r}"
        noise = read_noise(distribution, parameters, subject, self._of_sizes)
        return self._declare(name, TensorKind.RANDOM, self._shape(shape, subject), noise=noise).symbol

    def tensor(self, name: str) -> TensorSymbol:
        """A tensor to be defined by equations."""
        return self._declare(name, TensorKind.INTERMEDIATE, None).symbol

    def tensors(self, names: str) -> tuple[TensorSymbol, ...]:
        """Tensors to be defined: `z, a = net.tensors("z a")`."""
        return tuple(self.tensor(name) for name in split_names("tensors", names))

    def _declare(self, name: str, kind: TensorKind, shape: tuple[Poly, ...] | None, **details: Any) -> Declared:
        self._take("tensor", name)
        symbol = TensorSymbol(name, self, self._serial, integer=details.get("dtype") is DType.INT)
        declared = self._tensors[name] = Declared(symbol, kind, shape, **details)
        if shape is not None:
            self._given[name] = Placed.of(declared.given())
        return declared

    def _take(self, kind: str, name: str) -> None:
        check_name(kind, name)
        if name in self._names:
            raise DuplicateName(
                f"{kind} {name!r}", expected="a name of its own", found=f"a {self._names[name]} of that name",
                remedy="sizes and tensors share their names: choose another",
            )  # fmt: skip
        self._names[name] = kind
        self._changed()

    def _shape(self, shape: Any, subject: str) -> tuple[Poly, ...]:
        if not isinstance(shape, tuple | list | sympy.Tuple):
            raise InvalidSize(subject, expected="a tuple of sizes, as in (N, D)", found=repr(shape),
                              remedy=f"write ({shape},)")  # fmt: skip
        polys = tuple(read_size(size, self._sizes, subject) for size in shape)
        for size in polys:
            if size.constant is not None and size.constant < 1:
                raise InvalidSize(subject, expected="sizes of at least 1", found=str(size))
        return polys

    def _of_sizes(self, value: Any, subject: str) -> Term:
        """An expression in sizes alone, as a term."""
        reader = self._reader(lambda: subject)
        term = reader.term(_sympified(value, lambda: subject))
        if term.tensors or term.free:
            raise InvalidArgument(subject, expected="numbers and sizes alone", found=str(value))
        return term

    # --- equations ---------------------------------------------------------------------------------
    @property
    def loss(self) -> Expr:
        """The scalar that is differentiated, as it was assigned."""
        if self._loss is None:
            raise MissingLoss(f"network {self.name!r}", expected="a loss", found="none", remedy="assign net.loss = ...")
        return self._loss[0]

    @loss.setter
    def loss(self, value: Any) -> None:
        if self._loss is not None:
            raise RedefinedLoss(
                f"loss = {value}", expected="one loss", found=f"{self._loss[1].text()} before",
                remedy="add the terms up in one assignment",
            )  # fmt: skip
        expr = _sympified(value, lambda: f"loss = {value}")
        try:
            definition = self._read("loss", (), expr, lambda: f"loss = {expr}")
        except UnboundIndex as error:
            raise NonScalarLoss(
                error.subject, expected="a scalar", found=error.found,
                remedy="sum or average over it, as in Sum(..., n)/N",
            ) from None  # fmt: skip
        self._loss = (expr, definition)
        self._order.append(definition)
        self._changed()

    def _define(self, symbol: TensorSymbol, subscripts: tuple[Basic, ...], value: Any) -> None:
        """`symbol[subscripts] = value`."""
        declared = self._tensors[symbol.name]
        if declared.kind is not TensorKind.INTERMEDIATE:
            raise GivenTensorDefined(
                f"{symbol.name}[{', '.join(map(str, subscripts))}] = {value}",
                expected="a tensor to be defined on the left",
                found=f"the {declared.kind.value} {symbol.name}", remedy=_ADVICE[declared.kind],
            )  # fmt: skip
        expr = _sympified(value, lambda: f"{symbol[subscripts]} = {value}")
        definition = self._read(symbol.name, subscripts, expr, lambda: f"{symbol[subscripts]} = {expr}")
        if declared.rank is not None and declared.rank != len(subscripts):
            raise RankMismatch(
                definition.text(),
                expected=f"{declared.rank} subscripts of {symbol.name}, as in {declared.definitions[0].text()}",
                found=str(len(subscripts)),
            )  # fmt: skip
        declared.see_axes(subscripts)
        declared.definitions.append(definition)
        self._order.append(definition)
        self._changed()

    def update(self, element: Any, value: Any) -> None:
        """The buffer's next value: `net.update(running[c], 0.9*running[c] + 0.1*mean[c])`."""
        symbol, subscripts = _parts(element)
        if symbol is None or symbol.network is not self or self._tensors[symbol.name].kind is not TensorKind.BUFFER:
            raise InvalidArgument(
                f"update({element}, {value})", expected="an element of a buffer of this network", found=str(element),
                remedy="write net.update(buffer[c], value)",
            )  # fmt: skip
        expr = _sympified(value, lambda: f"update({element}, {value})")
        declared = self._tensors[symbol.name]
        self._see(symbol, subscripts, lambda: f"update({element}, {expr})")
        definition = self._read(symbol.name, subscripts, expr, lambda: f"update({element}, {expr})")
        declared.see_axes(subscripts)
        self._updates.setdefault(symbol.name, []).append(definition)
        self._order.append(definition)
        self._changed()

    def output(self, *tensors: Any) -> None:
        """What `predict` returns."""
        for tensor in tensors:
            subject = f"output {tensor}"
            if not isinstance(tensor, TensorSymbol) or tensor.network is not self:
                foreign = f"one of network {tensor.network.name!r}" if isinstance(tensor, TensorSymbol) else str(tensor)
                raise InvalidOutput(subject, expected="a tensor of this network", found=foreign)
            if self._tensors[tensor.name].kind is not TensorKind.INTERMEDIATE:
                raise InvalidOutput(
                    subject, expected="a tensor that is computed",
                    found=f"the {self._tensors[tensor.name].kind.value} {tensor}",
                    remedy="define a tensor that equals it",
                )  # fmt: skip
            if tensor.name in self._outputs:
                raise InvalidOutput(subject, expected="each output once", found=f"{tensor} twice")
            self._outputs.append(tensor.name)
        self._changed()

    @property
    def training(self) -> TrainingSwitch:
        """A condition, true where the loss is computed and false in `predict`, as batch normalisation needs:
        `Piecewise((a, net.training), (b, True))`."""
        return TrainingSwitch()

    def assume(self, fact: Any) -> None:
        """A fact the derivation may use: a relation between sizes, or between given tensors for every position of
        its free indices, as in `net.assume(Eq(Sum(y[n, k], k), 1))`."""

        def subject() -> str:
            return f"assume({fact})"

        supported = "a relation between sizes, or between inputs, parameters and buffers"
        reader = self._reader(subject)
        try:
            condition = reader.condition(sympify(fact, strict=True))
        except (sympy.SympifyError, UnknownFunction) as error:
            raise UnsupportedAssumption(subject(), expected=supported, found=str(fact)) from error
        if condition is TRUE:
            return
        if condition is FALSE:
            raise UnsupportedAssumption(subject(), expected="a fact that can hold", found="one that never does")
        match condition:
            case Logic(Connective.AND, parts):
                pass
            case _:
                parts = (condition,)
        for part in parts:
            computed = sorted(t for t in part.tensors if self._tensors[t].kind is TensorKind.INTERMEDIATE)
            about_sizes = integer_condition(part) is not None
            sound = bool(part.tensors) != about_sizes and not (about_sizes and part.free)
            if not isinstance(part, Compare) or computed or not sound:
                raise UnsupportedAssumption(
                    subject(), expected=supported,
                    found=f"{computed[0]}, which is computed" if computed else f"{part!r}",
                    remedy="state facts of what is given to the network",
                )  # fmt: skip
        axes = tuple(axis for axis in self._axes.values() if axis.index in condition.free)
        self._check_reads(condition, axes, subject)
        for part in parts:
            if integer_condition(part) is not None:
                self._facts += (part,)
            self._assumptions.append(Assumption(tuple(a for a in axes if a.index in part.free), part))
        self._changed()

    # --- reading -----------------------------------------------------------------------------------
    def _reader(self, subject: Subject) -> Reader:
        def note(symbol: TensorSymbol, subscripts: tuple[Basic, ...]) -> None:
            self._see(symbol, subscripts, subject)

        return Reader(self._sizes, subject, note, self._axes.get)

    def _see(self, symbol: TensorSymbol, subscripts: tuple[Basic, ...], subject: Subject) -> None:
        """A tensor is read with these subscripts."""
        if symbol.network is not self:
            raise ForeignTensor(
                subject(), expected=f"tensors of network {self.name!r}",
                found=f"{symbol}, which belongs to network {symbol.network.name!r}",
                remedy="declare it in this network",
            )  # fmt: skip
        declared = self._tensors[symbol.name]
        rank = declared.rank
        if rank is None:
            declared.ranks_read.append((len(subscripts), subject))
        elif rank != len(subscripts):
            shape = f" ({', '.join(map(str, declared.shape))})" if declared.shape else ""
            raise RankMismatch(
                subject(), expected=f"{rank} subscripts of {symbol.name}{shape}", found=str(len(subscripts)),
                remedy="write an index for each axis",
            )  # fmt: skip
        if declared.shape is not None:
            declared.see_axes(subscripts)

    def _read(self, target: str, subscripts: tuple[Basic, ...], expr: Basic, subject: Subject) -> Definition:
        """The equation target[subscripts] = expr, read and checked as far as it stands alone."""
        reader = self._reader(subject)
        left: dict[Index, Axis] = {}
        polys = []
        for subscript in subscripts:
            poly = self._sizes.integer(subscript, subject)
            if poly is None or not poly.is_affine or isinstance(subscript, sympy.Float):
                raise InvalidSubscript(
                    subject(), expected="indices, integers, sizes and affine forms of them on the left",
                    found=str(subscript), remedy="one equation defines an element for each value of its indices",
                )  # fmt: skip
            polys.append(poly)
            for index in poly.indices():
                left[index] = next(axis for axis in self._axes.values() if axis.index == index)
        axes = tuple(left.values())
        rhs = reader.term(expr)
        unbound = sorted(rhs.free - left.keys(), key=str)
        if unbound:
            self._refuse_unbound(unbound[0], expr, subject)
        self._check_reads(rhs, axes, subject)
        return Definition(Equation(target, tuple(polys), axes, rhs), subject)

    def _refuse_unbound(self, index: Index, expr: Basic, subject: Subject) -> None:
        remedy = "put it on the left or reduce over it, as in Sum(..., index)"
        if expr.has(sympy.Sum, sympy.Product):
            remedy = (
                "SymPy's own Sum and Product move a Piecewise out, where its bound indices escape: "
                "import Sum and Product from symbackprop"
            )
        name = index.name.rstrip("%")
        raise UnboundIndex(
            subject(), expected="indices that stand on the left or under a reduction",
            found=f"{name}, which is bound by neither", remedy=remedy.replace("index)", f"{name})"),
        )  # fmt: skip

    def _check_reads(self, term: Term, axes: tuple[Axis, ...], subject: Subject) -> None:
        """Ranges of what is given, at once; of what is computed, when the whole network is known."""
        for read in reads_of(term, axes, Facts.of(axes, self._facts)):
            name = read.access.tensor
            if self._tensors[name].shape is None:
                self._pending.append((read, subject))
                continue
            check_read(read, self._given, subject)

    # --- the whole ---------------------------------------------------------------------------------
    def to_program(self) -> Program:
        """The network as a checked program; raises for what is wrong with it as a whole."""
        if self._program is None:
            self._program = whole.check_network(
                whole.Written(
                    name=self.name,
                    dims=tuple(self._dims),
                    axes=tuple(self._axes.values()),
                    tensors=tuple(self._tensors.values()),
                    order=tuple(self._order),
                    loss=self._loss[1] if self._loss else None,
                    outputs=tuple(self._outputs),
                    updates={name: tuple(definitions) for name, definitions in self._updates.items()},
                    assumptions=tuple(self._assumptions),
                    facts=self._facts,
                    pending=tuple(self._pending),
                )
            )
        return self._program

    def _shape_of(self, symbol: TensorSymbol) -> tuple[Expr, ...]:
        declared = self._tensors[symbol.name]
        polys: Iterable[Poly] | None = declared.shape
        if polys is None:
            polys = whole.cover_of(declared, declared.definitions, Facts.of((), self._facts)).shape
        return tuple(size_expression(poly) for poly in polys)

    def _changed(self) -> None:
        self._program = None


def _sympified(value: Any, subject: Subject) -> Basic:
    try:
        return sympify(value, strict=True)
    except Exception as error:  # whatever SymPy raises for an object that it does not know
        raise UnknownFunction(
            subject(), expected="SymPy expressions and numbers", found=f"{value!r} ({type(value).__name__})"
        ) from error


def _parts(element: Any) -> tuple[TensorSymbol | None, tuple[Basic, ...]]:
    if isinstance(element, TensorSymbol):
        return element, ()
    args = getattr(element, "args", ())
    if args and isinstance(args[0], TensorSymbol):
        return args[0], subscripts_of(args[0], tuple(args[1:]))
    return None, ()
