"""Distributed training, derived: which sum needs which collective is a theorem about an equation's indices.

A network's index is laid on an axis of a mesh of devices (`--shard n=data,j=model`); everything else follows from the
equations, forward and backward alike, which are all there is to know.

    functions of a module, indices on mesh axes
      │ placements: which dimension of which tensor is split
      │ plan:       reads that are not local, and sums over split indices, get equations of their own
    sharded programs: programs, the placement of every tensor, the equations that are exchanges
      ├─ check_sharded: every read is local, every value that is in parts is added up before it is used
      ├─ simulate:      what each of several devices computes, on its own elements alone
      └─ targets

Grammar::

    sharded   ::= forward, backward, placements, exchanges     both programs in order (`schedule.Scheduled`)
    placement ::= a mesh axis or none for each dimension, in_parts, halos
    in_parts  ::= (mesh axis, SUM | MAX | MIN | LOGSUMEXP), ...   what has still to be combined over which axis
    halo      ::= dimension, before, after                     how far beyond its own block a device has elements
    exchange  ::= kind, mesh axes, source, target, dimension   of the equation target[i, ...] = source[i, ...]
    kind      ::= PSUM | PMAX | PMIN | PLOGSUMEXP              values in parts, combined
                | REDUCE_SCATTER                               the same, each device keeping its block of a dimension
                | ALL_GATHER | HALO                            a dimension whole, or a little more than the own block

Each equation that is no exchange is computed by every device on its own: for the positions of its left side that the
target's placement gives it, every sum running over what is split as the tensors that it reads (`ownership`). A read
that is looked up in a dimension that is split is 0 where the element is not. Of a right side that is in parts over a
mesh axis, an addend that is not counts on the first device along it alone, and a difference from what is looked up on
the device that has that (`parts_of`). A program
of these equations is an ordinary program besides: on one device its exchanges are copies, and its values those of the
program that it was made of.
"""

from symbackprop.shard.check_sharded import check_sharded
from symbackprop.shard.form import Exchange, ExchangeKind, Halo, Placement, Sharded
from symbackprop.shard.placements import shard_indices
from symbackprop.shard.sharding import index_names, shard
from symbackprop.shard.simulate import NotResident, Simulation

__all__ = [
    "Exchange", "ExchangeKind", "Halo", "NotResident", "Placement", "Sharded", "Simulation", "check_sharded",
    "index_names", "shard", "shard_indices",
]  # fmt: skip
