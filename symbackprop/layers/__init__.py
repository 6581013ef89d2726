"""Layers: functions that add equations to a network and return the new tensor. None holds a derivative."""

from symbackprop.layers.attention import multi_head_attention, scaled_dot_product_attention
from symbackprop.layers.calls import only
from symbackprop.layers.combine import add, concatenate, residual, sequential
from symbackprop.layers.convolution import conv1d, conv2d, conv3d, depthwise_conv1d, depthwise_conv2d
from symbackprop.layers.dense import bilinear, dense, embedding
from symbackprop.layers.normalisation import batch_norm, dropout, group_norm, instance_norm, layer_norm, rms_norm
from symbackprop.layers.padding import pad
from symbackprop.layers.pooling import avg_pool, flatten, global_avg_pool, global_max_pool, max_pool
from symbackprop.layers.positions import learned_positions, rotary, sinusoidal_positions
from symbackprop.layers.recurrent import bidirectional, gru, lstm, rnn, stacked
from symbackprop.layers.state_space import selective_scan
from symbackprop.layers.transformer import transformer_block
from symbackprop.layers.transposed import conv_transpose1d, conv_transpose2d, conv_transpose3d

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
    "conv_transpose3d",
    "dense",
    "depthwise_conv1d",
    "depthwise_conv2d",
    "dropout",
    "embedding",
    "flatten",
    "global_avg_pool",
    "global_max_pool",
    "group_norm",
    "gru",
    "instance_norm",
    "layer_norm",
    "learned_positions",
    "lstm",
    "max_pool",
    "multi_head_attention",
    "pad",
    "residual",
    "rms_norm",
    "rnn",
    "rotary",
    "scaled_dot_product_attention",
    "selective_scan",
    "sequential",
    "sinusoidal_positions",
    "stacked",
    "transformer_block",
]

__dir__, __getattr__ = only(__name__, __all__)
