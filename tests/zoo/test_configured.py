"""The networks of configurable depth: their parameters counted as their papers and other codes count them."""

from math import prod

import pytest

from symbackprop import Network, verify
from symbackprop.terms.program import TensorKind
from symbackprop.zoo.gpt2 import gpt2
from symbackprop.zoo.mamba import mamba
from symbackprop.zoo.moe import moe
from symbackprop.zoo.resnet import resnet
from symbackprop.zoo.vit import vit
from symbackprop.zoo.wavenet import wavenet


def count(net: Network, **sizes: int) -> int:
    parameters = net.to_program().of_kind(TensorKind.PARAMETER)
    return sum(prod(extent.evaluate(lambda dim: sizes[dim.name]) for extent in t.shape) for t in parameters)


def test_the_smallest_gpt2_has_124_million():
    """As the published weights: 12 layers, 12 heads, 768 features, 50,257 tokens and 1,024 places."""
    assert count(gpt2(layers=12, heads=12, width=768), V=50257, M=1024) == 124_439_808


def test_heads_and_width_may_stay_sizes():
    assert count(gpt2(layers=12), V=50257, M=1024, D=768, A=12) == 124_439_808


def test_resnets():
    """The 20-layer network for CIFAR-10 with 1 × 1 convolutions as shortcuts, 2,752 more than without."""
    assert count(resnet((3, 3, 3)), B=3, F=16, C=10) == 269_722 + 2_752


@pytest.mark.parametrize("build", [wavenet, mamba, vit])
def test_depth_adds_the_same_again(build):
    sizes = dict.fromkeys("VDPKIRSMCBAHW", 6) | {"A": 2, "S": 3}
    first, second, third = (count(build(depth), **sizes) for depth in (2, 3, 4))
    assert third - second == second - first > 0


@pytest.mark.parametrize("build", [lambda: moe(top=None), lambda: moe(top=1)])
def test_another_configuration_verifies(build):
    report = verify(build())
    assert report.passed, str(report)
