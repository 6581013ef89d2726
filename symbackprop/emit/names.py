"""Python names: the user's own where they can stand, others where something stands in the way."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable

from symbackprop.terms.program import fresh_name


class Names:
    """The names of one module.

    The names of its sizes and tensors are local variables of its functions and keep their spelling, unless a Python
    builtin that the generated code may use has it. What belongs to the module itself (`np`, helpers, `forward`)
    gives way: it is given another name where a tensor or a size has its own.
    """

    def __init__(self, own: Iterable[str]) -> None:
        self.given = set(own)
        self.taken = {*self.given, *dir(builtins), *keyword.kwlist, *keyword.softkwlist, "np"}
        self.locals: dict[str, str] = {}
        self.aliases: dict[str, str] = {}
        self.touched: set[str] = set()  # what was asked for since this was last emptied
        for name in sorted(self.given):
            usable = name.isidentifier() and not keyword.iskeyword(name) and name != "np" and name not in dir(builtins)
            self.locals[name] = name if usable else fresh_name(f"{_identifier(name)}_", self.taken)

    def of(self, name: str) -> str:
        """The local variable of a size, tensor, temporary or loop variable."""
        self.touched.add(name)
        found = self.locals.get(name)
        if found is None:
            found = self.locals[name] = fresh_name(_identifier(name), self.taken)
        return found

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


def _identifier(name: str) -> str:
    if name.startswith("."):
        return f"t{name[1:]}"
    if name.startswith("~"):
        return f"i{name[1:]}"
    text = re.sub(r"\W", "_", name.strip("<>")) or "v"
    text = text if text.isidentifier() else f"v{text}"
    return f"{text}_" if keyword.iskeyword(text) else text
