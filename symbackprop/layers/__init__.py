"""Layers: functions that add equations to a network and return the new tensor. None holds a derivative."""

from symbackprop.layers.attention import (
    learned_positions,
    multi_head_attention,
    rotary,
    sinusoidal_positions,
    transformer_block,
)
from symbackprop.layers.combine import add, concatenate, residual, sequential
from symbackprop.layers.convolution import (
    conv1d,
    conv2d,
    conv3d,
    conv_transpose1d,
    conv_transpose2d,
    depthwise_conv2d,
)
from symbackprop.layers.dense import bilinear, dense, embedding
from symbackprop.layers.normalisation import batch_norm, dropout, group_norm, instance_norm, layer_norm, rms_norm
from symbackprop.layers.pooling import avg_pool, flatten, global_avg_pool, max_pool
from symbackprop.layers.recurrent import bidirectional, gru, lstm, rnn, stacked
from symbackprop.layers.state_space import selective_scan

__all__ = [
    "add",
    "avg_pool",
    "batch_norm",
    "bidirectional",
    "bilinear",
    "concatenate",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "dense",
    "depthwise_conv2d",
    "dropout",
    "embedding",
    "flatten",
    "global_avg_pool",
    "group_norm",
    "gru",
    "instance_norm",
    "layer_norm",
    "learned_positions",
    "lstm",
    "max_pool",
    "multi_head_attention",
    "residual",
    "rms_norm",
    "rnn",
    "rotary",
    "selective_scan",
    "sequential",
    "sinusoidal_positions",
    "stacked",
    "transformer_block",
]
