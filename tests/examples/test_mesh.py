"""The GPT on a mesh of devices: in one process and in two its losses are those of one device."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.processes import run_together

FOLDER = Path(__file__).parents[2] / "examples"
SECONDS = 400  # of all processes together; a machine at rest takes a twentieth
CODE = """
import json, sys
sys.path.insert(0, {folder!r})
import train_gpt_on_a_mesh as example
example.LAYERS, example.HEADS, example.WIDTH, example.CONTEXT = 1, 4, 16, 8
port, place = sys.argv[1:]
options = example.read(["--steps", "5", "--coordinator", "127.0.0.1:" + port, "--process", place, *{arguments!r}])
example.start(options)
with open("losses_" + place, "w") as file:
    json.dump(example.run(options), file)
"""


def losses(folder, processes, arguments=()):
    """(on the mesh, on one device), as each process has them."""
    pytest.importorskip("jax")
    given = ["--processes", str(processes), *arguments]
    run_together(CODE.format(folder=str(FOLDER), arguments=given), processes, folder, SECONDS)
    return [json.loads((folder / f"losses_{place}").read_text()) for place in range(processes)]


@pytest.mark.parametrize("processes", [1, 2])
def test_a_mesh_of_four_by_two(processes, tmp_path):
    """With two processes each has four of the devices, and makes the rows of these alone."""
    for on_mesh, on_one in losses(tmp_path, processes):
        np.testing.assert_allclose(on_mesh, on_one, rtol=1e-5)
        assert on_mesh[-1] < on_mesh[0]


def test_a_mesh_across_processes_along_the_model(tmp_path):
    """The heads of each half lie in one process: the collectives within the equations go between processes."""
    for on_mesh, on_one in losses(tmp_path, 2, ["--data", "1", "--model", "2"]):
        np.testing.assert_allclose(on_mesh, on_one, rtol=1e-5)
