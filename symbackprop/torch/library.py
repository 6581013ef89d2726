"""How PyTorch writes what values are made of, where it does not write as NumPy does.

New arrays are made like one that is given (`x.new_zeros(…)`), so that all is on its device and of its dtype.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from symbackprop.array_text.fragment import Code, Level
from symbackprop.array_text.library import Library
from symbackprop.array_text.spelling import Spelling
from symbackprop.lower.values import MapOp
from symbackprop.python_text.bracketed import call, one_or_several, tuple_text
from symbackprop.python_text.identifiers import Names
from symbackprop.python_text.scalars import Naming
from symbackprop.terms.poly import Index
from symbackprop.terms.program import Op
from symbackprop.terms.term import ConstantKind, Reduction

_REDUCTIONS = {Reduction.SUM: "sum", Reduction.MAX: "amax", Reduction.MIN: "amin"}
_INFINITE = {Reduction.MAX: "-torch.inf", Reduction.MIN: "torch.inf"}
_BOUNDS = {MapOp.MAXIMUM: "min", MapOp.MINIMUM: "max"}  # what clamps to a number from one side
_EXACT_BEYOND = 40  # log(1 + exp(x)) is x there, to a digit more than a float has


class TorchLibrary(Library):
    """`like`: the text of a tensor that new ones are made like; `helper`: that of a helper, which is asked for."""

    prefix: ClassVar[str] = "torch"
    helpers: ClassVar[dict[MapOp, str]] = {
        MapOp.LOG_COSH: "log_cosh", MapOp.EXP_NORMALIZED: "exp_normalized", MapOp.SIGN: "sign",
    }  # fmt: skip
    counts_truth: ClassVar[bool] = False  # a difference with a truth value is an error

    def __init__(self, like: Callable[[], str], helper: Callable[[str], str]) -> None:
        self.like, self.helper = like, helper

    # --- numbers known from sizes ------------------------------------------------------------------
    def constant(self, kind: ConstantKind) -> str:
        written = super().constant(kind)
        return "0.5772156649015329" if written.endswith("euler_gamma") else written

    def of_numbers(self, function: str, *args: str) -> str:
        """Of tensors of one number in double precision: Python's own functions have errors where arrays have NaN."""
        return call(f"torch.{function}", *(f"torch.as_tensor({arg}, dtype=torch.float64)" for arg in args))

    def erf(self, number: str, name: Naming) -> str:
        return self.of_numbers("erf", number)

    # --- arrays ------------------------------------------------------------------------------------
    def zeros(self, shape: str, dtype: str) -> str:
        return call(f"{dtype}.new_zeros", shape)

    def full(self, shape: str, number: str, dtype: str) -> str:
        return call(f"{dtype}.new_full", shape, number)

    def arange(self, steps: str, axes: tuple[Index, ...]) -> Code:
        """By a helper that knows of none where a size could make it so: PyTorch has no empty range."""
        device = f"{self.like()}.device"
        if steps.isidentifier() or steps.isdecimal():
            return self.call("arange", steps, f"device={device}", axes=axes)
        return Code(call(self.helper("positions"), device, steps), axes=axes, called=True)

    def padded(self, text: str, sides: Sequence[tuple[str, str]]) -> Code:
        kept = list(sides)
        while kept[0] == ("0", "0"):  # what is said of the first dimensions stands last
            kept.pop(0)
        counts = [count for side in kept[::-1] for count in side]
        return Code(call("torch.nn.functional.pad", text, tuple_text(counts)), called=True)

    def turned(self, text: str, turned: Sequence[bool]) -> str:
        return f"{text}.flip({', '.join(str(place) for place, each in enumerate(turned) if each)})"

    def copied(self, text: str) -> str:
        return f"{text}.clone()"

    def transposition(self, order: Sequence[int]) -> str:
        if list(order) == [1, 0]:
            return ".T"
        moved = [place for place, source in enumerate(order) if place != source]
        if len(moved) == 2:
            return f".transpose({moved[0]}, {moved[1]})"
        return f".permute({', '.join(map(str, order))})"

    # --- element by element ------------------------------------------------------------------------
    def _tensor(self, code: Code) -> str:
        return self.full("()", code.text, self.like()) if code.plain else code.text

    def operation(self, op: MapOp, codes: Sequence[Code], axes: tuple[Index, ...]) -> Code:
        if op in _BOUNDS and codes[0].plain is not codes[1].plain:
            tensor, bound = sorted(codes, key=lambda code: code.plain)
            return self.call("clamp", tensor.text, f"{_BOUNDS[op]}={bound.text}", axes=axes)
        return self.call(op.value, *map(self._tensor, codes), axes=axes)

    def log_one_plus_exp(self, text: str, axes: tuple[Index, ...]) -> Code:
        """By the threshold beyond which nothing is lost; the default's is seen in double precision."""
        return self.call("nn.functional.softplus", text, f"threshold={_EXACT_BEYOND}", axes=axes)

    def select(self, mask: Code, then: Code, otherwise: Code, axes: tuple[Index, ...]) -> Code:
        """Of two numbers one is made a tensor: else the result has PyTorch's default dtype."""
        first = self._tensor(then) if otherwise.plain else then.text
        held = mask.text if mask.axes else f"torch.as_tensor({mask.text}, device={self.like()}.device)"
        return self.call("where", held, first, otherwise.text, axes=axes)

    def cast(self, code: Code, dtype: str) -> Code:
        if not code.axes:  # of loop variables alone it is no tensor
            return self.call("as_tensor", code.text, f"dtype={dtype}.dtype", f"device={dtype}.device")
        return Code(f"{code.at(Level.ATOM)}.to({dtype}.dtype)", axes=code.axes, called=code.called)

    # --- reductions and products -------------------------------------------------------------------
    def reduced(
        self, reduction: Reduction, code: Code, places: Sequence[int], axes: tuple[Index, ...], some: bool, *more: str
    ) -> Code:
        text = code.at(Level.ATOM)
        if reduction is Reduction.PRODUCT:  # along one dimension at a time
            calls = [f".prod({place})" for place in sorted(places, reverse=True)]
            return Code(f"{text}{''.join(calls)}", axes=axes)
        if not some and reduction in _INFINITE:  # there is no extremum of nothing
            infinite = _INFINITE[reduction]
            helper, function = self.helper("extremum"), f"torch.{_REDUCTIONS[reduction]}"
            return Code(call(helper, function, code.text, tuple_text([str(p) for p in places]), infinite), axes=axes)
        args = list(more)
        if len(places) < len(code.axes) or args:
            args.insert(0, f"dim={one_or_several([str(place) for place in places])}")
        return Code(f"{text}.{_REDUCTIONS[reduction]}({', '.join(args)})", axes=axes)

    def counted(self, dtype: str) -> str:
        return f"dtype={dtype}.dtype"

    def einsum(self, formula: str, codes: Sequence[Code], axes: tuple[Index, ...]) -> Code:
        return self.call("einsum", f'"{formula}"', *(code.text for code in codes), axes=axes)

    # --- what is written to ------------------------------------------------------------------------
    def written(self, name: str, part: str, op: Op, value: str, scalar: bool = False) -> str:
        if op is Op.ACCUMULATE:  # `x[part] += …` would copy the part onto itself once more
            return f"{name}{part}.add_({value})" if part else f"{name} += {value}"
        return f"{name}{part or '[...]'} = {value}"

    def scattered(self, name: str, places: Sequence[str], value: str) -> str:
        return call(self.helper("add_at"), name, tuple_text(places), value)


class TorchSpelling(Spelling):
    """`like`: the name of a tensor of floats that is given, which new ones are made like."""

    def __init__(self, names: Names, like: str) -> None:
        self.like = like
        super().__init__(names, TorchLibrary(lambda: self.dtype, lambda name: self.helper(name)))

    @property
    def dtype(self) -> str:
        """What stands for it: a tensor that has it."""
        return self.of(self.like)


__all__ = ["TorchLibrary", "TorchSpelling"]
