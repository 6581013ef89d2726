"""Six workloads, from three parameters' products to a language model, and all who compute them.

| case | network | batch |
|---|---|---|
| mlp-small | 64-128-128-10, tanh, softmax cross-entropy | 32 |
| mlp-large | 784-1024-1024-10, relu, softmax cross-entropy | 256 |
| cnn | 28 × 28 images: convolution 5 × 5 (16), relu, pool 2, convolution 5 × 5 (32), relu, pool 2, dense 128, 10 | 64 |
| lstm | 50 steps of 64 features, 128 units, classified by the last state | 32 |
| gpt-block | embedding, two causal transformer layers (norm first, gelu by tanh), norm, head | 8 × 64 tokens |
| tiny | 2-3-1, tanh, squared error | 1 |
"""

from benchmarks.step import Suite
from benchmarks.workloads.data import CASES, make

_HERE = "benchmarks.workloads"
SUITE = Suite(
    cases=CASES,
    make=make,
    contenders={
        "generated": f"{_HERE}.generated:build",
        "generated-c": f"{_HERE}.generated:build_c",
        "generated-fixed": f"{_HERE}.generated:build_fixed",
        "generated-jax": f"{_HERE}.generated:build_jax",
        "generated-permuted": f"{_HERE}.generated:build_permuted",
        "generated-shuffled": f"{_HERE}.generated:build_shuffled",
        "numpy-expert": f"{_HERE}.numpy_expert",
        "numpy-naive": f"{_HERE}.numpy_naive",
        "products": f"{_HERE}.products",
        "pytorch": f"{_HERE}.in_pytorch:build",
        "pytorch-compiled": f"{_HERE}.in_pytorch:build_compiled",
        "jax": f"{_HERE}.in_jax",
        "autograd": f"{_HERE}.in_autograd",
    },
    base="pytorch",
    reference="numpy-naive",
)
