"""Makes a failing network smaller while it still fails in the same way.

Works on the syntax tree of the network's source, so it needs no help from whatever made the source: statements are
dropped, expressions replaced by their parts or by 1, axes of tensors dropped everywhere at once. A candidate that
makes no sense fails in another way and is not taken.
"""

from __future__ import annotations

import ast
import copy
import time
from collections.abc import Callable, Iterator

Check = Callable[[str], bool]


def shrink(source: str, fails: Check, seconds: float = 60.0) -> str:
    """The smallest source found within the time for which `fails` still holds."""
    deadline = time.monotonic() + seconds
    best = ast.unparse(ast.parse(source))
    if not fails(best):
        return source
    progress = True
    while progress:
        progress = False
        for candidates in (_without_statements, _without_axes, _smaller_expressions, _plainer):
            skip = 0
            while time.monotonic() < deadline:
                found = _first(best, candidates, fails, skip, deadline)
                if found is None:
                    break
                best, skip = found
                progress = True
        if time.monotonic() >= deadline:
            break
    return best + "\n"


def _first(
    best: str, candidates: Callable[[ast.Module], Iterator[ast.Module]], fails: Check, skip: int, deadline: float
) -> tuple[str, int] | None:
    """The first candidate that still fails, tried from number `skip` on (what comes before has been tried)."""
    tree = ast.parse(best)
    for wrap in (False, True):
        for number, candidate in enumerate(candidates(tree)):
            if (number < skip) is not wrap:
                continue
            if time.monotonic() >= deadline:
                return None
            try:
                text = ast.unparse(ast.fix_missing_locations(candidate))
            except (ValueError, AttributeError):
                continue
            if len(text) < len(best) and fails(text):
                return text, number
        if not skip:
            break
    return None


def _without_statements(tree: ast.Module) -> Iterator[ast.Module]:
    """Half of the statements dropped, a quarter, ..., each one."""
    size = max(1, len(tree.body) // 2)
    while True:
        for start in range(0, len(tree.body), size):
            yield ast.Module(tree.body[:start] + tree.body[start + size :], [])
        if size == 1:
            return
        size = max(1, size // 2)


def _without_axes(tree: ast.Module) -> Iterator[ast.Module]:
    """One axis of one tensor dropped, in its declaration and wherever it is read or written."""
    ranks: dict[str, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            ranks[node.value.id] = len(node.slice.elts) if isinstance(node.slice, ast.Tuple) else 1
    for name, rank in ranks.items():
        for place in range(rank):
            yield _AxisDropper(name, place, rank).visit(copy.deepcopy(tree))


class _AxisDropper(ast.NodeTransformer):
    def __init__(self, name: str, place: int, rank: int) -> None:
        self.name, self.place, self.rank = name, place, rank

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        self.generic_visit(node)
        declares = isinstance(node.targets[0], ast.Name) and node.targets[0].id == self.name
        if declares and isinstance(node.value, ast.Call):
            for argument in node.value.args:
                if isinstance(argument, ast.Tuple) and len(argument.elts) > self.place:
                    del argument.elts[self.place]
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        if not (isinstance(node.value, ast.Name) and node.value.id == self.name):
            return node
        if not isinstance(node.slice, ast.Tuple):
            node.slice = ast.Tuple([], ast.Load())
        elif len(node.slice.elts) > self.place:
            del node.slice.elts[self.place]
            if len(node.slice.elts) == 1:
                node.slice = node.slice.elts[0]
        return node


def _smaller_expressions(tree: ast.Module) -> Iterator[ast.Module]:
    """One expression of an equation replaced by one of its parts, or by 1; outermost first."""
    for number, statement in enumerate(tree.body):
        if not isinstance(statement, ast.Assign | ast.Expr):
            continue
        nodes = [node for node in ast.walk(statement.value) if isinstance(node, ast.expr)]
        for place, node in enumerate(nodes):
            for part in _parts(node):
                changed = copy.deepcopy(statement)
                inner = [n for n in ast.walk(changed.value) if isinstance(n, ast.expr)][place]
                _Replacer(inner, copy.deepcopy(part)).visit(changed)
                yield ast.Module([*tree.body[:number], changed, *tree.body[number + 1 :]], [])


def _parts(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.BinOp(left, _, right):
            yield left
            yield right
            yield ast.Constant(1)
        case ast.UnaryOp(_, operand):
            yield operand
        case ast.Call(ast.Name(name), args) if name == "Piecewise":
            for arg in args:
                if isinstance(arg, ast.Tuple) and arg.elts:
                    yield arg.elts[0]
            for drop in range(len(args) - 1):
                yield ast.Call(ast.Name(name), args[:drop] + args[drop + 1 :], [])
        case ast.Call(function, args, keywords):
            yield from args
            for drop in range(len(keywords)):
                yield ast.Call(function, args, keywords[:drop] + keywords[drop + 1 :])
            for drop in range(1, len(args)):
                yield ast.Call(function, args[:drop] + args[drop + 1 :], keywords)
            yield ast.Constant(1)
        case ast.Subscript():
            yield ast.Constant(1)
        case ast.Constant(int(value)) if value > 1:
            yield ast.Constant(1)


class _Replacer(ast.NodeTransformer):
    def __init__(self, old: ast.expr, new: ast.expr) -> None:
        self.old, self.new = old, new

    def generic_visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else super().generic_visit(node)

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else super().visit(node)


def _plainer(tree: ast.Module) -> Iterator[ast.Module]:
    """One imported name dropped."""
    for number, statement in enumerate(tree.body):
        if isinstance(statement, ast.ImportFrom) and len(statement.names) > 1:
            for drop in range(len(statement.names)):
                names = statement.names[:drop] + statement.names[drop + 1 :]
                changed = ast.ImportFrom(statement.module, names, 0)
                yield ast.Module([*tree.body[:number], changed, *tree.body[number + 1 :]], [])
