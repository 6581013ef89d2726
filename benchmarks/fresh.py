"""The first step and those after it, in a fresh process: `memory.py` and `startup.py` run this file as a script.

    python benchmarks/fresh.py PLACE BUILD CASE ARRAYS [--steps 20] [--count]

PLACE is a file that a generated module stands in, of which nothing but NumPy is imported, or the name of a module whose
function BUILD makes a step. ARRAYS: a folder of parameters (`p.NAME.npy`) and data (`d.NAME.npy`), which are read
without an archive's modules, since these take as long to import as a generated module does. Prints a dict.
"""

from __future__ import annotations

import os
import sys
from time import perf_counter

START = perf_counter()


def main() -> None:
    place, build, case, arrays, *rest = sys.argv[1:]
    steps = int(rest[rest.index("--steps") + 1]) if "--steps" in rest else 20
    import numpy as np

    given = {"p": {}, "d": {}}
    for file in sorted(os.listdir(arrays)):
        kind, name, _ = file.split(".")
        given[kind][name] = np.load(f"{arrays}/{file}")
    maker = module_maker(place) if place.endswith(".py") else contender_maker(place, build, case)

    def make():
        return maker(given["p"], given["d"])

    ready = perf_counter() - START
    if "--count" in rest:
        print({"arrays": counted(make, "torch" in sys.modules)})
        return
    forget_peak()
    before = resident("VmRSS")
    run = make()
    run()
    first = perf_counter() - START
    for _ in range(steps - 1):
        run()
    peak = resident("VmHWM")
    print({"ready": ready, "first": first, "grown": peak - before, "peak": peak})


def module_maker(place):
    """Imports the generated module; what it returns makes of parameters and data a function that runs a step."""
    folder, _, file = place.rpartition("/")
    sys.path.insert(0, folder)
    module = __import__(file.removesuffix(".py"))  # as a user imports it, compiled before or not

    def make(params, data):
        workspace = module.Workspace()
        sizes = {name: value.item() for name, value in data.items() if name in module.DIMS}
        return lambda: module.value_and_grad(params, **(data | sizes), workspace=workspace)

    return make


def contender_maker(place, build, case):
    import importlib
    from pathlib import Path

    sys.path[0] = str(Path(__file__).resolve().parents[1])
    builder = getattr(importlib.import_module(place), build)
    return lambda params, data: builder(case, params, data).run


def resident(field: str) -> int:
    """Bytes of this process in memory: now (VmRSS), or at most so far (VmHWM)."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(field))


def forget_peak() -> None:
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def counted(make, torch_is_there: bool) -> int:
    """The most bytes of arrays at a time in three steps: NumPy tells tracemalloc, PyTorch its profiler."""
    if not torch_is_there:
        import tracemalloc

        tracemalloc.start()
        run = make()
        for _ in range(3):
            run()
        return tracemalloc.get_traced_memory()[1]
    from torch.profiler import ProfilerActivity, profile

    run = make()
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        for _ in range(3):
            run()
    events = [event for event in profiler.profiler.kineto_results.events() if event.name() == "[memory]"]
    now = most = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        now += event.nbytes()
        most = max(most, now)
    return most


if __name__ == "__main__":
    main()
