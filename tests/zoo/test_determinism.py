"""What is printed does not depend on the hash seed, the process, the folder or the order.

That of modules, `test_zoo` asks: every process, each with a hash seed of its own, writes what is committed.
"""

import hashlib
import json

import pytest

import symbackprop
from symbackprop import zoo
from tests.processes import said_elsewhere

PARTS = 3  # of the zoo, so that the tests share their work among the workers
CODE = """
import json, sys
from tests.zoo.test_determinism import digests

print(json.dumps(digests(sys.argv[1:])))
"""


def digests(names):
    """Of each network's equations and LaTeX, made in this order."""
    out = {}
    for name in names:
        derivation = symbackprop.derive(zoo.load(name))
        texts = [str(derivation), derivation.latex()]
        out[name] = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    return out


@pytest.mark.parametrize("part", range(PARTS))
def test_the_same_bytes(tmp_path, part):
    """As another process makes them, the other way round."""
    names = zoo.names()[part::PARTS]
    assert json.loads(said_elsewhere(CODE, *names[::-1], folder=tmp_path)) == digests(names)
