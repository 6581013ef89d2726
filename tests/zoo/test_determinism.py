"""What is written does not depend on the hash seed, the process, the folder or the order of generation."""

import json
import os
import subprocess
import sys

from symbackprop import zoo

CODE = """
import hashlib, json, sys
import symbackprop
from symbackprop import zoo

names = zoo.names()[:: int(sys.argv[1])]
texts = {}
for name in names:
    net = zoo.load(name)
    derivation = symbackprop.derive(net)
    texts[name] = [symbackprop.generate(net), str(derivation), derivation.latex()]
print(json.dumps({name: [hashlib.sha256(text.encode()).hexdigest() for text in texts[name]] for name in sorted(texts)}))
"""


def test_the_same_bytes(tmp_path_factory):
    """Each network's module, equations and LaTeX, from processes that differ in all that should not matter."""
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", CODE, order],
            cwd=tmp_path_factory.mktemp("folder"),
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.PIPE,
        )
        for hash_seed, order in (("1", "1"), ("2", "-1"))
    ]
    first, second = (json.loads(run.communicate(timeout=240)[0]) for run in runs)
    assert list(first) == list(zoo.names())
    assert first == second
