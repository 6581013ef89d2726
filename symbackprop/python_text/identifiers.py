"""Python names: the user's own where they can stand, others where something stands in the way."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Callable, Iterable, Mapping

from symbackprop.python_text.scalars import Numbers, expression_text
from symbackprop.terms.poly import Floor, Index, Poly
from symbackprop.terms.program import Tensor, fresh_name


class Names:
    """The names of one module.

    The names of its sizes and tensors are local variables of its functions and keep their spelling, unless a Python
    builtin that the generated code may use has it. What belongs to the module itself (`np`, helpers, `forward`)
    gives way: it is given another name where a tensor or a size has its own.
    """

    def __init__(self, own: Iterable[str], modules: Iterable[str] = ("np",)) -> None:
        """`own`: those of sizes and tensors; `modules`: those of what is imported."""
        self.given, imported = set(own), frozenset(modules)
        builtin = frozenset(dir(builtins))
        self.taken = {*self.given, *builtin, *keyword.kwlist, *keyword.softkwlist, *imported}
        self.locals: dict[str, str] = {}
        self.aliases: dict[str, str] = {}
        self.sizes: dict[Poly, str] = {}
        for name in sorted(self.given):
            usable = name.isidentifier() and not keyword.iskeyword(name) and name not in imported | builtin
            self.locals[name] = name if usable else fresh_name(f"{_identifier(name)}_", self.taken)

    def of(self, name: str) -> str:
        """The local variable of a size, tensor or temporary."""
        return self.called(name, name)

    def variable(self, index: Index) -> str:
        """The variable of a loop: i0, i1, … for an index that a stage named by a mark and a number."""
        return self.called(index.name, f"i{index.name[1:]}" if index.fresh else index.name)

    def called(self, key: str, wanted: str) -> str:
        """The variable known by the key, as wanted where it can be."""
        found = self.locals.get(key)
        if found is None:
            found = self.locals[key] = fresh_name(_identifier(wanted), self.taken)
        return found

    def hold(self, poly: Poly, wanted: str) -> None:
        """From here on a compound size is a variable, which `definitions` defines where it is used."""
        if poly not in self.sizes and (len(poly.terms) > 2 or any(isinstance(atom, Floor) for atom in poly.atoms())):
            key = self.sizes[poly] = fresh_name(_identifier(wanted), self.taken)
            self.locals[key] = key

    def hold_extents(self, tensors: Iterable[Tensor], unnamed: str) -> None:
        """Variables for the tensors' compound extents, called by their axes, or as `unnamed` has it by the tensor and
        the place in it where an axis has no name."""
        wanted: dict[Poly, str] = {}
        for tensor in tensors:
            for place, extent in enumerate(tensor.shape):
                axis = tensor.axes[place] if place < len(tensor.axes) else ""
                wanted.setdefault(extent, f"{axis}_size" if axis else unnamed.format(tensor.name, place))
        for extent in sorted(wanted, key=lambda poly: len(str(poly))):  # the simple first, which others contain
            self.hold(extent, wanted[extent])

    def module(self, name: str) -> str:
        """A function or constant of the module, as it is called from within its functions."""
        found = self.aliases.get(name)
        if found is None:
            found = name if name not in self.given else fresh_name(f"_{name}", self.taken)
            self.aliases[name] = found
            self.taken.add(found)
        return found

    def local(self, name: str) -> str:
        """A variable that only generated code uses, such as `take`."""
        return self.of(f"<{name}>") if name in self.given else self.of(name)


class Scope:
    """A module's names as one function uses them. `used`: the sizes, tensors and variables that it has asked for."""

    numbers = Numbers()

    def __init__(self, names: Names, sizes: Mapping[Poly, str] | None = None, used: set[str] | None = None) -> None:
        self.names = names
        self.sizes = names.sizes if sizes is None else sizes  # compound ones that have a variable
        self.used: set[str] = set() if used is None else used

    def of(self, name: str) -> str:
        """The local variable of a size, tensor, temporary, or of a loop that is begun."""
        self.used.add(name)
        return self.names.of(name)

    def variable(self, index: Index) -> str:
        """The variable of a loop."""
        self.used.add(index.name)
        return self.names.variable(index)

    __call__ = of

    def whole(self, poly: Poly) -> str | None:
        """The variable that holds a compound size."""
        key = self.sizes.get(poly)
        return None if key is None else self.of(key)

    def noted(self, write: Callable[[], str]) -> tuple[str, set[str]]:
        """What is written, and the names that it has asked for, which do not count as used."""
        before, self.used = self.used, set()
        try:
            return write(), self.used
        finally:
            self.used = before

    def expanded(self) -> Scope:
        """The same names with compound sizes written out."""
        return Scope(self.names, {}, self.used)

    def local(self, name: str) -> str:
        """A variable that only generated code uses, such as `take`."""
        return self.names.local(name)

    def called(self, key: str, wanted: str) -> str:
        """The variable of what only generated code uses, known by a key that is no name; as wanted where it can be."""
        return self.names.called(key, wanted)

    def module(self, name: str) -> str:
        """A function or constant of the module."""
        return self.names.module(name)

    def definitions(self) -> list[str]:
        """`name = expression` for the compound sizes that are used, and for those that these use."""
        lines = []
        held = list(self.names.sizes.items())
        for place in reversed(range(len(held))):
            poly, key = held[place]
            if key in self.used:
                before = Scope(self.names, dict(held[:place]), self.used)  # an expression uses what was held before it
                lines.append(f"{self.names.locals[key]} = {expression_text(poly, before)}")
        return lines[::-1]


def _identifier(name: str) -> str:
    text = re.sub(r"\W", "_", name.strip("<>")) or "v"
    text = text if text.isidentifier() else f"v{text}"
    return f"{text}_" if keyword.iskeyword(text) else text
