"""Which call forms a text holds: what is called with which arguments, whatever their values."""

from __future__ import annotations

import ast
from collections.abc import Iterator

# Functions that hold emitted statements:
COMPUTING = ("forward", "backward", "predict", "_shared", "_elements", "_scalars", "_forward_storage",
             "_backward_storage", "_predict_storage", "_shared_storage")  # fmt: skip
_DOOR = ("_require", "_arguments", "_size", "_generator", "_drawing", "_shared", "_kept", "_cotangent", "_copied",
         "_last_rows", "_storage")  # fmt: skip
_OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}


def call_forms(tree: ast.AST) -> set[str]:
    """`np.add(a, a, out)`, `np.add.reduce(a, axis=0, out)`, `a[…] += a`, `a.fill(a)`, `_sigmoid(a, a)`."""
    return set(_forms(tree))


def emitted(text: str) -> Iterator[ast.FunctionDef]:
    """The functions of a generated module that hold emitted statements."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name in COMPUTING:
            yield node


def forbidden(text: str) -> list[str]:
    """What no text may hold, since some supported version of NumPy gets it wrong."""
    tree = ast.parse(text)
    integers = set(_integers(tree))
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(ast.Name("np"), "negative"):
                found.append(ast.unparse(node))  # 2.1 to 2.4: an inner stride of 16 or 64 bytes into a strided out
            case ast.Call(ast.Attribute(ast.Attribute(ast.Name("np"), "maximum" | "minimum"), "reduce")):
                if not any(keyword.arg == "initial" for keyword in node.keywords):
                    found.append(ast.unparse(node))  # 1.25 to 2.1: a negative stride into out
            case ast.UnaryOp(ast.USub(), operand) if not _is_number(operand, integers):
                found.append(ast.unparse(node))  # the same as np.negative where it is an array's
            case _:
                pass
    return found


def _integers(tree: ast.AST) -> Iterator[str]:
    """The names of sizes and of variables of loops."""
    for node in ast.walk(tree):
        match node:
            case ast.For(ast.Name(name), ast.Call(ast.Name("range"))):
                yield name
            case ast.Assign([ast.Name("DIMS")], ast.Tuple(names)):
                yield from (item.value for item in names if isinstance(item, ast.Constant))
            case _:
                pass


def _is_number(node: ast.expr, integers: set[str]) -> bool:
    """Whether it is plainly no array: a literal, a constant of NumPy, `float(…)`, or the `step` of the self-check."""
    match node:
        case ast.Constant() | ast.Attribute(ast.Name("np"), "inf" | "pi" | "e" | "euler_gamma"):
            return True
        case ast.Call(ast.Name("float" | "max" | "min")) | ast.Name("step"):
            return True
        case ast.BinOp(left, _, right):
            return _is_number(left, integers) and _is_number(right, integers)
        case ast.Name(name):
            return name in integers
        case _:
            return False


def _forms(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Call(ast.Name("float")):
            return  # a number, worked out from sizes
        case ast.Call(func, args, keywords):
            name = _name(func)
            if name is not None:
                yield f"{name}({', '.join([*('a' for _ in args), *(_keyword(k) for k in keywords)])})"
        case ast.AugAssign(target, operator) if type(operator) in _OPERATORS:
            yield f"{_target(target)} {_OPERATORS[type(operator)]}= a"
        case ast.Assign([ast.Subscript() as target]):
            yield f"{_target(target)} = a"
        case _:
            pass
    for child in ast.iter_child_nodes(node):
        yield from _forms(child)


def _name(func: ast.expr) -> str | None:
    match func:
        case ast.Attribute(_, "fill"):
            return "a.fill"
        case ast.Attribute(ast.Name("np"), "errstate" | "asarray"):
            return None
        case ast.Attribute(ast.Name("np")) | ast.Attribute(ast.Attribute(ast.Name("np"))):
            return ast.unparse(func)
        case ast.Attribute(_, "dot"):
            return "a.dot"
        case ast.Name(name) if name.startswith("_") and name not in _DOOR:
            return name
        case _:
            return None  # views and control


def _keyword(keyword: ast.keyword) -> str:
    match keyword.arg, keyword.value:
        case "axis", ast.Constant(None):
            return "axis=None"
        case "axis", ast.Tuple():
            return "axis=(…)"
        case "axis", _:
            return "axis=1"
        case ("steps" | "start") as name, _:
            return name
        case name, ast.Constant(str() as value):
            return f"{name}={value!r}"
        case name, _:
            return str(name)


def _target(target: ast.expr) -> str:
    return "a[…]" if isinstance(target, ast.Subscript) else "a"
