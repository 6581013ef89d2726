"""What lets CasADi call a network in C: its external interface, over the functions of the file.

https://web.casadi.org/docs/#using-external-functions has it. A function tells its arguments and results: dense matrices
that lie column by column. `adj1_NAME` is its reverse mode, of the arguments, the results, and a seed for each result. A
tensor is a matrix of its first axis by all others, in C's order; parameters come first, then what else the functions of
the file take.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from symbackprop.c.memory import elements
from symbackprop.c.module_text import Kit
from symbackprop.c.names import KEYWORDS, identifier
from symbackprop.c.public_functions import Argument, Public
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.values import Function
from symbackprop.resources import fields_of, filled
from symbackprop.terms.program import Tensor, TensorKind

# Of the headers that the file includes; other names of the file begin with the network's, and cannot meet these.
_LIBRARY = frozenset(
    """acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh drem erf erfc exp exp2 exp10 expm1
    fabs fdim finite floor fma fmax fmin fmod frexp gamma hypot ilogb j0 j1 jn ldexp lgamma llrint llround log
    log10 log1p log2 logb lrint lround modf nan nearbyint nextafter nexttoward pow remainder remquo rint round
    scalb scalbln scalbn significand sin sincos sinh sqrt tan tanh tgamma trunc y0 y1 yn bcmp bcopy bzero ffs
    index memccpy memchr memcmp memcpy memmove memset rindex stpcpy strcat strchr strcmp strcpy strdup strlen
    strpbrk strspn strstr strtok""".split()
)
_GIVEN = (TensorKind.PARAMETER, TensorKind.INPUT, TensorKind.BUFFER, TensorKind.RANDOM)


@dataclass(frozen=True, slots=True)
class Matrix:
    """An argument or a result. `pointer`: where the functions of the file have it; `gradient`: where they have its
    gradient, "" where there is none."""

    name: str
    pointer: str
    rows: int
    columns: int
    whole: bool = False
    gradient: str = ""

    @property
    def shape(self) -> str:
        return f"{self.rows}, {self.columns}"


@dataclass(frozen=True, slots=True)
class CasadiFunction:
    """`places`: declarations of all that lies in work memory; `taken`, `returned`: statements that read arguments and
    write results; `calls`: of the functions of the file; `reals`, `integers`: of work memory; `derivatives`: 1 for an
    argument that has some."""

    name: str
    ins: tuple[Matrix, ...]
    outs: tuple[Matrix, ...]
    places: tuple[str, ...]
    taken: tuple[str, ...]
    calls: tuple[str, ...]
    returned: tuple[str, ...]
    reals: int
    integers: int
    derivatives: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CasadiText:
    """`whole`: whether an argument consists of integers."""

    name: str
    functions: tuple[CasadiFunction, ...]
    whole: bool


def casadi_text(module: ModuleIR[Function], made: Kit) -> str:
    """What follows the text of NAME.c, compiled in double precision."""
    return filled("c", ("casadi.c.j2",), fields_of(_Writer(module, made).text()))


class _Writer:
    def __init__(self, module: ModuleIR[Function], made: Kit) -> None:
        self.module, self.program, self.kit, self.name = module, module.program, made, made.name
        public = {function.name: function for function in made.functions}
        self.forward, self.backward = public["forward"], public["backward"]
        taken = made.name in KEYWORDS | _LIBRARY or (made.name[-1] in "fl" and made.name[:-1] in _LIBRARY)
        self.shown = f"{made.name}_" if taken else made.name  # to CasADi
        self.reals = self.integers = 0  # of work memory that is taken

    def text(self) -> CasadiText:
        table, at = self.program.table, _parts(self.forward) | _parts(self.backward)
        given = tuple(
            replace(self._matrix(tensor, tensor.name), gradient=at.get(f"grad {tensor.name}", ("", ""))[1])
            for kind in _GIVEN
            for tensor in self.program.of_kind(kind)
        )
        results = tuple(self._matrix(table[name], f"out {name}", name) for name in self.module.results)
        seeds = tuple(self._matrix(table[name], name) for _, name in self.program.cotangents)
        taken = tuple(self._taken(each, place) for place, each in enumerate(given))
        value = CasadiFunction(
            self.shown, given, results, tuple(self._places(self.forward.taken)), taken, (self._call(self.forward),),
            tuple(f"{self.name}_columns(res[{place}], {each.pointer}, {each.shape}, (real)1);"
                  for place, each in enumerate(results)),
            self.reals, self.integers, tuple(int(bool(each.gradient)) for each in given),
        )  # fmt: skip
        known = {argument.variable for argument in self.forward.taken}
        more = self._places([argument for argument in self.backward.taken if argument.variable not in known])
        places = (*value.places, *more)
        begin = len(given) + len(results)
        seeded = tuple(self._taken(each, begin + place) for place, each in enumerate(seeds))
        factor = "(real)1" if seeds else f"arg[{begin}] ? arg[{begin}][0] : (real)0"  # of a loss the seed is a number
        back = CasadiFunction(
            f"adj1_{self.shown}",
            (*given, *_renamed(results, "out_"), *_renamed(results, "adj_")),
            _renamed(given, "adj_"),
            (*places, f"const real factor = {factor};"),
            (*taken, *seeded),
            (self._call(self.forward), self._call(self.backward)),
            tuple(self._gradient(each, place) for place, each in enumerate(given)),
            self.reals,
            self.integers,
            (0,) * (begin + len(results)),
        )
        return CasadiText(self.name, (value, back), any(each.whole for each in given))

    def _matrix(self, tensor: Tensor, key: str, name: str = "") -> Matrix:
        kind, pointer = (_parts(self.forward) | _parts(self.backward))[key]
        rows = (tensor.shape[0].constant or 1) if tensor.shape else 1
        return Matrix(identifier(name or tensor.name), pointer, rows, elements(tensor) // rows, "int32_t" in kind)

    def _places(self, arguments: Sequence[Argument]) -> Iterator[str]:
        """A declaration of each argument, which lies in the caller's work memory."""
        for argument in arguments:
            kind = argument.declared.removeprefix("const ").rpartition(" ")[0]
            size = sum(self._size(key) for key, _, _ in argument.parts)
            if kind == "int32_t":
                yield f"int32_t *const {argument.variable} = (int32_t *)(iw + {self.integers});"
                self.integers += size
            else:
                place = f"w + {self.reals}" if kind == f"{self.name}_real" else f"({kind} *)(w + {self.reals})"
                yield f"{kind} *const {argument.variable} = {place};"
                self.reals += size

    def _size(self, key: str) -> int:
        """In numbers, of what a function of the file knows by the key."""
        if key == "work":
            return max(self.kit.plan.size, 1)
        return max(elements(self.program.table[key.removeprefix("out ").removeprefix("grad ")]), 1)

    def _taken(self, matrix: Matrix, place: int) -> str:
        return f"{self.name}_{'whole' if matrix.whole else 'rows'}({matrix.pointer}, arg[{place}], {matrix.shape});"

    def _gradient(self, matrix: Matrix, place: int) -> str:
        """Its gradient as a result; zeros where it has none."""
        source = matrix.gradient or "NULL"
        return f"{self.name}_columns(res[{place}], {source}, {matrix.shape}, factor);"

    def _call(self, function: Public) -> str:
        return f"{self.name}_{function.name}({', '.join(argument.variable for argument in function.taken)})"


def _renamed(matrices: Sequence[Matrix], before: str) -> tuple[Matrix, ...]:
    return tuple(replace(each, name=f"{before}{each.name}") for each in matrices)


def _parts(function: Public) -> dict[str, tuple[str, str]]:
    """(type, pointer) of what it is given, by its key."""
    return {key: (kind, pointer) for argument in function.taken for key, kind, pointer in argument.parts}


__all__ = ["CasadiFunction", "CasadiText", "Matrix", "casadi_text"]
