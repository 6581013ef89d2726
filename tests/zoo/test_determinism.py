"""What is written does not depend on the hash seed, the process, the folder or the order of generation."""

import json
import os
import subprocess
import sys

import pytest

from symbackprop import zoo

PARTS = 3  # of the zoo, so that the tests share their work among the workers
SECONDS = 300  # of processor time, many times what a part takes: a busy machine is no reason to fail
CODE = """
import hashlib, json, resource, sys
import symbackprop
from symbackprop import zoo

resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[1]), int(sys.argv[1])))
texts = {}
for name in sys.argv[2:]:
    net = zoo.load(name)
    derivation = symbackprop.derive(net)
    texts[name] = [symbackprop.generate(net), str(derivation), derivation.latex()]
print(json.dumps({name: [hashlib.sha256(text.encode()).hexdigest() for text in texts[name]] for name in sorted(texts)}))
"""


def digests(names, hash_seed, folder):
    """Of each network's module, equations and LaTeX, made by a process of its own, which ends before this does."""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(SECONDS), *names], cwd=folder, env=environment, stdout=subprocess.PIPE,
        check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


@pytest.mark.parametrize("part", range(PARTS))
def test_the_same_bytes(tmp_path_factory, part):
    """From processes that differ in all that should not matter."""
    names = zoo.names()[part::PARTS]
    first = digests(names, "1", tmp_path_factory.mktemp("folder"))
    second = digests(names[::-1], "2", tmp_path_factory.mktemp("folder"))
    assert sorted(first) == list(names)
    assert first == second
