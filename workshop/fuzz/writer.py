"""The network being made up: its source text, line by line, and what is known of each of its tensors."""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from workshop.fuzz.sizes import Form, Index, Size, dim

DIM_NAMES = tuple("NMHDCKTSPQ")
DIM_VALUES = (2, 3, 5, 2, 3, 1, 4)
INDEX_NAMES = tuple("ijklnpqrstuvab")
WORDS = ("z", "a", "h", "u", "v", "g", "y", "m", "e", "f", "s", "o", "alpha", "beta", "score", "state")
IMPORTS = {
    "sympy": (
        "Abs And Eq Ge Gt Le Lt Max Min Mod Ne Not Or Piecewise Rational acos acosh asin asinh atan atan2 atanh "
        "ceiling cos cosh cot csc erf erfc exp floor log oo pi sec sign sin sinh sqrt tan tanh KroneckerDelta coth sech"
    ).split(),
    "symbackprop": ["Network", *"LogSumExp Mean Product ReduceMax ReduceMin Sum".split()],
    "symbackprop.functions": (
        "elu gelu hardsigmoid hardswish hardtanh leaky_relu log_sigmoid mish relu selu sigmoid silu softplus softsign "
        "stop_gradient"
    ).split(),
}
LEAF_BOUND = 1.5  # the data of a trial run are drawn within it


class Kind(Enum):
    INPUT = "input"
    LABEL = "int input"
    PARAMETER = "parameter"
    RANDOM = "random"
    BUFFER = "buffer"
    INTERMEDIATE = "intermediate"


@dataclass(slots=True)
class TensorInfo:
    """A tensor: the size of each axis, from where it starts, the interval its values lie in (roughly).

    `high`: the bound of an int input. `reads`: the tensors its definition reads, with those of gathers.
    """

    name: str
    kind: Kind
    shape: tuple[Size, ...]
    origin: tuple[int, ...]
    low: float
    high: float
    bound: Size | None = None
    reads: set[str] = field(default_factory=set)

    @property
    def elements(self) -> int:
        out = 1
        for size in self.shape:
            out *= size.value
        return out


class Writer:
    """Declares sizes, indices and tensors as they are asked for and keeps the lines in order.

    Declarations stand before the equations, so a tensor may be invented in the middle of an expression.
    """

    def __init__(self, rng: random.Random, name: str) -> None:
        self.rng = rng
        self.name = name
        self.dims: list[Size] = []
        self.indices: list[Index] = []
        self.tensors: dict[str, TensorInfo] = {}
        self.facts: list[str] = []  # statements behind all declarations
        self.declarations: list[str] = []
        self.equations: list[str] = []
        self.pending: set[str] = set()  # tensors whose definition is being written: read by nothing else yet
        self.hidden: set[str] = set()  # tensors that hold -oo: only who made them may read them
        self._names: set[str] = set()

    # --- choices -----------------------------------------------------------------------------------
    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def weighted(self, choices: Mapping[str, float]) -> str:
        return self.rng.choices(tuple(choices), tuple(choices.values()))[0]

    # --- names -------------------------------------------------------------------------------------
    def fresh(self, *wanted: str) -> str:
        """One of the wanted names that is free, else the first with a number behind it."""
        for name in wanted:
            if name not in self._names:
                break
        else:
            number = 1
            while f"{wanted[0]}{number}" in self._names:
                number += 1
            name = f"{wanted[0]}{number}"
        self._names.add(name)
        return name

    def word(self) -> str:
        return self.fresh(self.rng.choice(WORDS))

    # --- declarations ------------------------------------------------------------------------------
    def new_dim(self) -> Size:
        name = self.fresh(*DIM_NAMES)
        taken = {size.value for size in self.dims}
        value = next((v for v in DIM_VALUES if v not in taken), self.rng.choice((2, 3)))
        if self.chance(0.04):
            value = 1
        size = dim(name, value)
        self.dims.append(size)
        self.declarations.append(f'{name} = net.dim("{name}")')
        return size

    def index(self, base: Size, low: int = 0, up: int = 0, avoid: tuple[Index, ...] = (), new: bool = False) -> Index:
        """An index of that range that is not among `avoid`: one that is there already, mostly."""
        taken = {index.name for index in avoid}
        if not new:
            for index in self.indices:
                if (index.base.text, index.low, index.up) == (base.text, low, up) and index.name not in taken:
                    return index
        index = Index(self.fresh(*self.rng.sample(INDEX_NAMES, len(INDEX_NAMES))), base, low, up)
        self.indices.append(index)
        if index.full and self.chance(0.5):
            self.declarations.append(f"({index.name},) = net.indices({index.name}={base.text})")
        elif index.full:
            self.declarations.append(f'{index.name} = net.index("{index.name}", {base.text})')
        else:
            self.declarations.append(f'{index.name} = net.index("{index.name}", ({low}, {index.high}))')
        return index

    def assume(self, text: str) -> None:
        statement = f"net.assume({text})"
        if statement not in self.facts:
            self.facts.append(statement)

    def leaf(self, kind: Kind, shape: tuple[Size, ...], bound: Size | None = None) -> TensorInfo:
        """A new tensor that is given, not computed."""
        shape_text = "(" + "".join(f"{size.text}, " for size in shape) + ")"
        low, high = -LEAF_BOUND, LEAF_BOUND
        match kind:
            case Kind.INPUT:
                name = self.fresh("x", "y", "x1")
                self.declarations.append(f'{name} = net.input("{name}", {shape_text})')
            case Kind.LABEL:
                assert bound is not None
                name = self.fresh("token", "label", "position")
                low, high = 0.0, bound.value - 1.0
                self.declarations.append(f'{name} = net.input("{name}", {shape_text}, dtype="int", high={bound.text})')
            case Kind.PARAMETER:
                name = self.fresh("W", "b", "A", "U", "V", "E", "w")
                init = self._initializer(shape)
                self.declarations.append(f'{name} = net.parameter("{name}", {shape_text}{init})')
            case Kind.RANDOM:
                name = self.fresh("noise", "drop")
                distribution = self.rng.choice((
                    '"normal"', '"normal", mean=0.5, std=0.25', '"uniform"', '"uniform", low=-1, high=1',
                    '"bernoulli", p=0.5', '"bernoulli", p=Rational(3, 4)',
                ))  # fmt: skip
                self.declarations.append(f'{name} = net.random("{name}", {shape_text}, {distribution})')
            case Kind.BUFFER:
                name = self.fresh("running", "memory")
                init = self.rng.choice(('"zeros"', '"ones"', "0.5"))
                self.declarations.append(f'{name} = net.buffer("{name}", {shape_text}, {init})')
            case _:
                raise ValueError(f"{kind} is no leaf")
        info = TensorInfo(name, kind, shape, (0,) * len(shape), low, high, bound)
        self.tensors[name] = info
        return info

    def _initializer(self, shape: tuple[Size, ...]) -> str:
        choices = ["", "", "", ', init="zeros"', ', init="ones"', ', init="normal"', ", init=0.1"]
        if shape:
            choices.append(f", init=1/sqrt({shape[-1].text})")
        if len(shape) > 1:
            choices += [', init="glorot_uniform"', ', init="he_normal"']
        return self.rng.choice(choices)

    def intermediate(
        self, shape: tuple[Size, ...], low: float, high: float, origin: tuple[int, ...] | None = None
    ) -> TensorInfo:
        """A new tensor to be defined."""
        name = self.word()
        self.declarations.append(f'{name} = net.tensor("{name}")')
        info = TensorInfo(name, Kind.INTERMEDIATE, shape, origin or (0,) * len(shape), low, high)
        self.tensors[name] = info
        self.pending.add(name)
        return info

    def define(self, info: TensorInfo, subscripts: list[str], text: str) -> None:
        """`info[subscripts] = text`."""
        place = ", ".join(subscripts) if subscripts else "()"
        self.equations.append(f"{info.name}[{place}] = {text}")
        info.reads |= self.tensors_in(text)

    def tensors_in(self, text: str) -> set[str]:
        """The tensors that an expression reads."""
        return {word for word in self.words_in(text) if word in self.tensors}

    @staticmethod
    def words_in(text: str) -> set[str]:
        """The names that stand in a text."""
        return set(re.findall(r"[A-Za-z_]\w*", text))

    # --- the whole ---------------------------------------------------------------------------------
    def readable(self) -> list[TensorInfo]:
        """The float tensors that any expression may read."""
        hidden = self.hidden | self.pending
        return [info for info in self.tensors.values() if info.kind is not Kind.LABEL and info.name not in hidden]

    def read_names(self) -> set[str]:
        return set().union(*(info.reads for info in self.tensors.values()))

    def source(self) -> str:
        used = "\n".join((*self.declarations, *self.facts, *self.equations))
        words = {"Network", *re.findall(r"[A-Za-z_]\w*", used)}
        imports = ["import sympy"] if "sympy" in words else []
        for module, names in IMPORTS.items():
            wanted = sorted(words & set(names))
            if wanted:
                imports.append(f"from {module} import {', '.join(wanted)}")
        sizes = {size.text: size.value for size in self.dims if size.form is Form.DIM}
        text = "\n".join(imports) + f'\n\nnet = Network("{self.name}")\n{used}\n\nSIZES = {sizes!r}\n'
        return ast.unparse(ast.parse(text)) + "\n"
