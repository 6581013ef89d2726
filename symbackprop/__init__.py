"""Write a network as equations in SymPy; get its derivation, its code (NumPy, JAX, PyTorch) and its proof."""

import sys
from types import ModuleType

TYPE_CHECKING = False  # as in `typing`, which takes long to import
if TYPE_CHECKING:
    from symbackprop.language import LogSumExp, Mean, Network, Product, ReduceMax, ReduceMin, Sum, delta
    from symbackprop.pipeline import (
        check_derivation,
        cost,
        derive,
        generate,
        hessian_vector_product,
        jacobian_vector_product,
        load,
        report,
        verify,
    )

__all__ = [
    "LogSumExp",
    "Mean",
    "Network",
    "Product",
    "ReduceMax",
    "ReduceMin",
    "Sum",
    "check_derivation",
    "cost",
    "delta",
    "derive",
    "generate",
    "hessian_vector_product",
    "jacobian_vector_product",
    "load",
    "report",
    "verify",
]


class _Package(ModuleType):
    """This package, whose names are imported when the first of them is asked for.

    The command has to be in charge of Ctrl-C before anything that takes long is imported, and Python imports a package
    before any module inside it. Where a function has the name of a folder (`verify`), the name means the function.
    """

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module
        from importlib.util import find_spec

        if name in __all__:
            language = import_module(f"{__name__}.language")
            home = language if hasattr(language, name) else import_module(f"{__name__}.pipeline")
            return vars(self).setdefault(name, getattr(home, name))
        if find_spec(f"{__name__}.{name}") is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return import_module(f"{__name__}.{name}")

    def __setattr__(self, name: str, value: object) -> None:
        if not (isinstance(value, ModuleType) and name in __all__):  # as the import of a folder would have it
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*vars(self), *__all__})


sys.modules[__name__].__class__ = _Package
