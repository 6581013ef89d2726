"""`symbackprop check-derivation`: claims in the network's file or in one of their own, verdicts, exit statuses."""

import json

import pytest

from symbackprop import zoo

RIGHT = """
from symbackprop import Sum

net.claim(delta(z2)[n, k], (p[n, k] - y[n, k]) / N)
net.claim(delta(a1)[n, j], Sum(W2[k, j] * delta(z2)[n, k], k))
"""
WRONG = """
net.claim(delta(z1)[n, j], delta(a1)[n, j] * (1 - z1[n, j] ** 2))
"""


@pytest.fixture
def claims(tmp_path):
    def write(text):
        path = tmp_path / "claims.py"
        path.write_text(text)
        return path

    return write


def test_proved(command, claims):
    done = command("check-derivation", "mlp", claims(RIGHT))
    assert done.status == 0
    lines = done.out.splitlines()
    assert lines[0] == "mlp: 2 claims, 2 proved"
    assert "claims.py:4" in lines[1]
    assert "claims.py:5" in lines[3]
    assert done.err == ""


def test_refuted(command, claims, tmp_path):
    done = command("check-derivation", "mlp", claims(RIGHT + WRONG), "--json", tmp_path / "report.json")
    assert done.status == 1
    assert done.out.startswith("mlp: 3 claims, 2 proved, 1 REFUTED\n")
    assert "reads z1[n, j] where a1[n, j] belongs" in done.out
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["passed"] is False
    assert [claim["verdict"] for claim in report["claims"]] == ["PROVED", "PROVED", "REFUTED"]
    assert report["claims"][2]["place"] == "claims.py:7"


def test_json_to_stdout(command, claims):
    done = command("check-derivation", "mlp", claims(RIGHT), "--json", "-", "--seed", "5")
    assert json.loads(done.out)["seed"] == 5
    assert "2 proved" in done.err


def test_sizes(command, claims):
    done = command("check-derivation", "mlp", claims(WRONG), "--dims", "N=3,D=2,H=5,C=7")
    assert done.status == 1
    assert "at N=3, D=2, H=5, C=7" in done.out


def test_claims_of_one_run_stay_with_it(command, claims):
    path = claims(WRONG)
    assert command("check-derivation", "mlp", path).out == command("check-derivation", "mlp", path).out
    assert zoo.load("mlp").claims == []


def test_claims_in_the_networks_own_file(command, file, tmp_path):
    assert "found none" in command("check-derivation", file("net = make('line')")).err
    own = tmp_path / "own.py"
    own.write_text(OWN)
    done = command("check-derivation", own)
    assert done.status == 0
    assert "own.py:10" in done.out


OWN = """
from symbackprop import Network, Sum, delta

net = Network("own")
N = net.dim("N")
n = net.index("n", N)
w, r = net.parameter("w", (N,)), net.tensor("r")
r[n] = w[n] ** 2
net.loss = Sum(r[n], n)
net.claim(delta(w)[n], 2 * w[n] * delta(r)[n])
"""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a claim about a gradient of it, found none"),
        ("net.claim(delta(z1)[n, j], q)", "claims.py:1: NameError: name 'q' is not defined"),
        ("\nnet.claim(delta(z1)[n, j, k], 1)", "claims.py:2: RankMismatch: claim delta(z1)[n, j, k] = 1: expected 2"),
        ("net.claim(delta(W1)[i, j], 1)", "claims.py:1: OutOfRange: claim delta(W1)[i, j] = 1"),
        ("net.claim(z1[n, j], 1)", "claims.py:1: InvalidClaim"),
        ("def", "claims.py:1: SyntaxError"),
    ],
)
def test_bad_claims(command, claims, text, message):
    done = command("check-derivation", "mlp", claims(text))
    assert done.status == 2
    assert done.out == ""
    (line,) = done.err.splitlines()
    assert message in line


def test_bad_files(command, tmp_path):
    assert "none.py: no such file" in command("check-derivation", "mlp", tmp_path / "none.py").err
    assert command("check-derivation", "mpl").status == 2


def test_a_network_and_a_tensor_of_the_names_that_the_file_needs(command, claims):
    done = command("check-derivation", "mamba", claims("assert delta.__module__.startswith('symbackprop')\n1 / 0"))
    assert "claims.py:2: ZeroDivisionError" in done.err
