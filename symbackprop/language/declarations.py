"""What is declared while a network is written: sizes, indices, and tensors with what is known of them."""

from __future__ import annotations

from itertools import count
from typing import Any

import sympy
from sympy import Basic, Expr, Idx, Symbol

from symbackprop.errors import DuplicateName, InvalidArgument, InvalidSize
from symbackprop.language.again import ANEW, declared_again
from symbackprop.language.book import Book
from symbackprop.language.calls import called
from symbackprop.language.declared import Declared
from symbackprop.language.equations import Reading, sympified
from symbackprop.language.initial import read_initializer, read_noise
from symbackprop.language.names import check_name, split_names
from symbackprop.language.sizes import index_symbol, poly_expression, read_size, size_symbol
from symbackprop.language.symbols import TensorSymbol
from symbackprop.language.told import quoted, told
from symbackprop.terms.poly import ZERO, Index, Poly
from symbackprop.terms.program import DType, TensorKind
from symbackprop.terms.term import Axis, Term

_serials = count()


class Declarations:
    """The part of a network that says what there is; `Network` adds the equations between it."""

    __slots__ = ("_book", "_serial", "name")

    def __init__(self, name: str) -> None:
        self.name = check_name("network", name)
        self._serial = next(_serials)
        self._book = Book(self)

    def _changed(self) -> None:
        """What was made of the whole no longer holds."""
        raise NotImplementedError

    # --- what a tensor's symbol asks (`owner`) -----------------------------------------------------
    def _define(self, symbol: TensorSymbol, subscripts: tuple[Basic, ...], value: Any) -> None:
        """`symbol[subscripts] = value`."""
        raise NotImplementedError

    def _shape_of(self, symbol: TensorSymbol) -> tuple[Expr, ...]:
        return tuple(map(poly_expression, self._known(symbol).tensor(symbol.name).shape))

    def _rank_of(self, symbol: TensorSymbol) -> int | None:
        return self._known(symbol).tensors[symbol.name].rank

    def _indices_of(self, symbol: TensorSymbol) -> tuple[str, ...]:
        return self._known(symbol).index_names(symbol.name)

    def _known(self, symbol: TensorSymbol) -> Book:
        """The book in which the tensor stands."""
        return self._book

    # --- sizes and indices -------------------------------------------------------------------------
    @called('names in one string, as in net.dims("N D H")')
    def dims(self, names: str) -> tuple[Symbol, ...]:
        """Symbolic sizes: `N, D = net.dims("N D")`, each an integer of at least 1.

        `InvalidName` for what is no identifier or is reserved, `DuplicateName` for the name of a size or tensor.
        """
        return tuple(self.dim(name) for name in split_names("sizes", names))

    @called('a name, as in net.dim("N")')
    def dim(self, name: str) -> Symbol:
        """One symbolic size. Errors as of `dims`."""
        if self._book.called(check_name("size", name)) == "size":
            return size_symbol(name)
        self._take("size", name)
        return self._book.sizes.add_dim(name)

    @called("a range for each name, as in net.indices(n=N, t=(1, T))")
    def indices(self, **ranges: Any) -> tuple[Idx, ...]:
        """Indices in the order of the arguments: `n=N` runs over 0..N-1, `t=(1, T)` over 1..T. Errors as of `index`."""
        return tuple(self.index(name, range_) for name, range_ in ranges.items())

    @called('a name and a range, as in net.index("t", (1, T))')
    def index(self, name: str, range: Any) -> Idx:
        """One index over 0..range-1, or over the inclusive pair (low, high).

        `InvalidSize` for a bound that is no integer expression in the sizes, `DuplicateName` for an index of that name
        with another range.
        """
        check_name("index", name, reserved=())
        subject = f"index {name!r}"
        if isinstance(range, tuple | list | sympy.Tuple):
            if len(range) != 2:
                raise InvalidSize(subject, expected="a size or a pair (low, high)", found=told(range))
            low, high = (read_size(bound, self._book.sizes, subject) for bound in range)
        else:
            low, high = ZERO, read_size(range, self._book.sizes, subject) - 1
        axis = Axis(Index(name), low, high)
        index = index_symbol(axis)
        known = self._book.ranges.get(axis.index)
        if known is not None and known != axis:
            raise DuplicateName(
                subject, expected="an index of a name of its own",
                found=f"{name} over {known.low}..{known.high} before",
                remedy=f"an index keeps its range: choose another name; {ANEW}",
            )  # fmt: skip
        if known is None:
            self._book.add_index(index, axis)
            self._changed()
        return index

    # --- names, for those who write layers ---------------------------------------------------------
    def has_name(self, name: str) -> bool:
        """Whether a size or tensor is called that."""
        return bool(self._book.called(name))

    def index_if_free(self, name: str, range: Any) -> Idx | None:
        """The index of that name and range, declared if need be; None where the name has another range."""
        try:
            return self.index(name, range)
        except DuplicateName:
            return None

    def axis_names(self, tensor: TensorSymbol) -> tuple[str, ...]:
        """The names of the indices that the tensor was first written with, "" for an axis without."""
        axes = self._book.tensors[tensor.name].axes
        return tuple(axes.get(place, "") for place in range(tensor.rank))

    # --- tensors -----------------------------------------------------------------------------------
    @called('a name and a shape, as in net.input("x", (N, D)), and dtype="int" and high=V for labels and ids')
    def input(self, name: str, shape: Any, dtype: str = "float", high: Any = None) -> TensorSymbol:
        """Data of that shape; `dtype="int"` for labels and ids, with `high` their exclusive bound.

        `InvalidSize` for a shape that is no tuple of sizes, `InvalidArgument` for another dtype, and for `high` of
        floats; of the name as `dims` has it.
        """
        subject = f"input {name!r}"
        if not isinstance(dtype, str):
            raise InvalidArgument(subject, expected="one shape, a tuple of sizes", found=f"{shape} and then {dtype}",
                                  remedy=f'write net.input("{name}", ({shape}, {dtype}))')  # fmt: skip
        if dtype not in ("float", "int"):
            raise InvalidArgument(subject, expected='dtype="float" or "int"', found=repr(dtype))
        if high is not None and dtype != "int":
            raise InvalidArgument(subject, expected="high with dtype='int' only", found=f"high={high}")
        bound = None if high is None else self._shape((high,), f"high of {subject}")[0]
        return self._declare(name, TensorKind.INPUT, self._shape(shape, subject), dtype=DType(dtype), high=bound).symbol

    @called('a name, a shape and perhaps init, as in net.parameter("W", (H, D), init="he_normal")')
    def parameter(self, name: str, shape: Any, init: Any = None) -> TensorSymbol:
        """A learned tensor. `init`: a scheme's name, a number, or a SymPy expression for a normal's standard
        deviation; by default zeros for rank 0 and 1, Glorot uniform above.

        Schemes: "zeros", "ones", "normal", and of at least two axes (fan-out, fan-in, ...) "glorot_uniform",
        "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal". `UnknownInitializer` for others.
        Sources: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010),
        equation 16; He et al., "Delving deep into rectifiers" (2015), equation 10; LeCun et al., "Efficient BackProp"
        (1998), section 4.6.
        """
        return self._initialized(name, TensorKind.PARAMETER, shape, init)

    @called('a name, a shape and init, as in net.buffer("mean", (C,), "zeros")')
    def buffer(self, name: str, shape: Any, init: Any) -> TensorSymbol:
        """State that is not learned; `net.update` says its next value. `init` and errors as of `parameter`."""
        return self._initialized(name, TensorKind.BUFFER, shape, init)

    def _initialized(self, name: str, kind: TensorKind, shape: Any, init: Any) -> TensorSymbol:
        subject = f"{kind.value} {name!r}"
        polys = self._shape(shape, subject)
        initializer = read_initializer(init, len(polys), subject, self._of_sizes)
        return self._declare(name, kind, polys, initializer=initializer).symbol

    @called('a name, a shape and a distribution, as in net.random("keep", (N, D), "bernoulli", p=0.9)')
    def random(self, name: str, shape: Any, distribution: str, **parameters: Any) -> TensorSymbol:
        """Noise: "bernoulli" (`p`), "normal" (`mean=0`, `std=1`) or "uniform" (`low=0`, `high=1`).

        Drawn in `forward`, replaced by its mean in `predict`. `UnknownDistribution` for another distribution or a
        parameter that it does not have, `InvalidArgument` for one out of range.
        """
        subject = f"random tensor {name!r}"
        noise = read_noise(distribution, parameters, subject, self._of_sizes)
        return self._declare(name, TensorKind.RANDOM, self._shape(shape, subject), noise=noise).symbol

    @called('a name, as in net.tensor("z"): its shape follows from its equations')
    def tensor(self, name: str) -> TensorSymbol:
        """A tensor to be defined by equations, from which its shape follows."""
        return self._declare(name, TensorKind.INTERMEDIATE, None).symbol

    @called('names in one string, as in net.tensors("z a"): their shapes follow from their equations')
    def tensors(self, names: str) -> tuple[TensorSymbol, ...]:
        """Tensors to be defined: `z, a = net.tensors("z a")`."""
        return tuple(self.tensor(name) for name in split_names("tensors", names))

    def _declare(self, name: str, kind: TensorKind, shape: tuple[Poly, ...] | None, **details: Any) -> Declared:
        check_name("tensor", name)
        before = self._book.tensors.get(name)
        if before is not None:
            declared_again(before, kind, shape, details)
            return before
        self._take("tensor", name)
        symbol = TensorSymbol(name, self, self._serial, integer=details.get("dtype") is DType.INT)
        declared = self._book.tensors[name] = Declared(symbol, kind, shape, **details)
        if shape is not None:
            self._book.given[name] = declared.given()
        return declared

    def _take(self, kind: str, name: str) -> None:
        before = self._book.called(name)
        if before:
            raise DuplicateName(
                f"{kind} {name!r}", expected="a name of its own", found=f"a {before} of that name",
                remedy="sizes and tensors share their names: choose another",
            )  # fmt: skip
        self._changed()

    def _shape(self, shape: Any, subject: str) -> tuple[Poly, ...]:
        if not isinstance(shape, tuple | list | sympy.Tuple):
            text = shape.replace(",", " ").split() if isinstance(shape, str) else [shape]
            inside = ", ".join(map(told, text))
            raise InvalidSize(subject, expected="a tuple of sizes, as in (N, D)", found=quoted(shape),
                              remedy=f"write ({inside}{',' if len(text) == 1 else ''})")  # fmt: skip
        polys = tuple(read_size(size, self._book.sizes, subject) for size in shape)
        for size in polys:
            if size.constant is not None and size.constant < 1:
                raise InvalidSize(subject, expected="sizes of at least 1", found=told(size))
        return polys

    def _of_sizes(self, value: Any, subject: str) -> Term:
        """An expression in sizes alone, as a term."""
        term = Reading(self._book, lambda: subject).reader.term(sympified(value, lambda: subject))
        if term.tensors or term.free:
            raise InvalidArgument(subject, expected="numbers and sizes alone", found=told(value))
        return term
