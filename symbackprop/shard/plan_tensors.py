"""All equations of a tensor for devices: each planned by itself, and what they add to it combined once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symbackprop.shard.form import ExchangeKind, Placement
from symbackprop.shard.plan import Planner
from symbackprop.terms.poly import Poly
from symbackprop.terms.program import Equation, Op
from symbackprop.terms.term import Access, Reduction

__all__ = ["TensorPlanner"]


class TensorPlanner(Planner):
    """Plans a tensor at a time; see `Planner` for what one equation becomes."""

    def tensor(self, name: str, equations: Sequence[Equation], stays: bool = False) -> None:
        """All equations of a tensor. `stays`: whether it may remain in parts."""
        state = self.state
        state.current, state.number = name, equations[0].number
        if all(equation.op is Op.ASSIGN for equation in equations):
            for equation in equations:
                state.number = equation.number
                self._assigned(equation, stays, alone=len(equations) == 1)
            return
        before = state.copy()
        for axis in (None, *(axis for _, axis in state.placements[name].split())):
            self._added(name, equations, axis)
            new = [made for key, made in state.exchanges.items() if key not in before.exchanges]
            gathers = sum(exchange.kind is ExchangeKind.ALL_GATHER for exchange in new)
            if axis is None:
                first, least = state.copy(), gathers
            elif gathers < least:
                return
            if not gathers:
                return
            state.restore(before.copy())
        state.restore(first)

    def _assigned(self, equation: Equation, stays: bool, alone: bool) -> None:
        """`alone`: whether it defines its tensor by itself."""
        state = self.state
        made = state.copy()
        new, parts = self.equation(equation, stays and alone)
        if parts:
            placement = state.placements[equation.target]
            state.placements[equation.target] = replace(
                placement, in_parts=tuple((axis, Reduction.SUM) for axis in sorted(parts))
            )
        own = new.rhs
        is_copy = (
            alone and isinstance(own, Access) and own.tensor in state.exchanges and own.tensor not in made.exchanges
        )
        if is_copy and isinstance(own, Access) and self._same_box(own, new):
            self._renamed(own.tensor, new)
        else:
            state.equations.append(new)

    def _same_box(self, read: Access, equation: Equation) -> bool:
        """Whether the equation only says that its tensor is another, with the same positions in the same places."""
        one, other = self.state.tensors[read.tensor], self.state.tensors[equation.target]
        plain = [axis.index for axis in equation.axes] == [s.index for s in read.subscripts if isinstance(s, Poly)]
        return (
            plain and read.subscripts == equation.subscripts and (one.shape, one.origin) == (other.shape, other.origin)
            and self.state.placements[read.tensor] == self.state.placements[equation.target]
        )  # fmt: skip

    def _renamed(self, name: str, equation: Equation) -> None:
        """The exchange that defines `name` defines the equation's tensor in its place."""
        state, target = self.state, equation.target
        exchange = replace(state.exchanges.pop(name), target=target)
        state.exchanges[target] = exchange
        state.equations = [
            replace(equation, rhs=Access(exchange.source, equation.subscripts)) if one.target == name else one
            for one in state.equations
        ]
        for key, known in state.known.items():
            if known == name:
                state.known[key] = target
        del state.tensors[name], state.placements[name]

    def _added(self, name: str, equations: Sequence[Equation], whole: str | None) -> None:
        """Equations that add to a tensor: what they add is combined once, behind the last. `whole`: the mesh axis over
        which the parts are not split, though the tensor is."""
        state = self.state
        placement = state.placements[name]
        axes = tuple(None if axis == whole else axis for axis in placement.axes)
        part = state.tensor(state.tensors[name], "part", Placement(axes), name).name
        found = []
        for equation in equations:
            state.number = equation.number
            found.append(self.equation(replace(equation, target=part), True))
        parts = frozenset[str]().union(*(parts for _, parts in found))
        if not parts:
            state.equations += [replace(equation, target=name) for equation, _ in found]
            del state.tensors[part], state.placements[part]
            return
        state.equations += [equation for equation, _ in found]
        state.placements[part] = Placement(axes, tuple((axis, Reduction.SUM) for axis in sorted(parts)))
        if whole is not None and whole not in parts:  # each device has all of it, and keeps its block
            state.copied(state.combined(part), name)
            return
        state.combined(part, name, None if whole is None else (whole, placement.axes.index(whole)))
