"""The order of a program's equations, as a stage of its own: computed once and carried.

`order` finds it: equations that depend on each other (`dependence`) run in a loop (`timing`, `loop_shape`) or are
refused (`cycle`). `steps` says what an order is made of, `scheduled` holds a program with its own; `numbering` gives a
derivation's equations their numbers, which are their places in it, and `function_orders` does those of a module.
"""

from symbackprop.schedule.function_orders import (
    ModulePrograms,
    ScheduledModule,
    cached_tensors,
    module_functions,
    unshared,
)
from symbackprop.schedule.numbering import ScheduledDerivation, by_label, labelled, numbered
from symbackprop.schedule.order import recurring_reads, schedule
from symbackprop.schedule.scheduled import Scheduled
from symbackprop.schedule.steps import Compute, Loop, Step, equations_of

__all__ = [
    "Compute",
    "Loop",
    "ModulePrograms",
    "Scheduled",
    "ScheduledDerivation",
    "ScheduledModule",
    "Step",
    "by_label",
    "cached_tensors",
    "equations_of",
    "labelled",
    "module_functions",
    "numbered",
    "recurring_reads",
    "schedule",
    "unshared",
]
