"""Random numbers of the cycle-to-cycle walk: Philox4x64-10, the same bits in kernels and in numpy.

Counter-based (Salmon et al., SC '11, doi 10.1145/2063384.2063405): the numbers of a step are a function of the device's
key, the step and the stream alone, so that a walk can go on anywhere and devices can be followed in any order.
The counter's four words are (block, 0, 0, stream); step k uses the blocks 2 k + 1 and 2 k + 2. numpy counts up before
it draws: its generator with counter (2 k, 0, 0, stream) starts with the numbers of step k.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import types

from .jit import instruction, kernel

WALK, WARM_UP, READ_NOISE = 0, 1, 2
"""Streams: the walk, its stationary warm-up, read noise."""

UNIFORMS = 8
"""Numbers of a step: two blocks of four."""

ROUNDS = 10
_M0, _M1 = np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157)
_W0, _W1 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBB67AE8584CAA73B)
_ZERO, _ONE, _TWO, _DROPPED = np.uint64(0), np.uint64(1), np.uint64(2), np.uint64(11)
_SCALE = 2.0**-53


@instruction
def _high(typing_context, a, b):
    """Return the upper 64 bits of the product of two unsigned 64-bit numbers: one instruction of the machine."""

    def code(context, builder, signature, arguments):
        wide = ir.IntType(128)
        product = builder.mul(*(builder.zext(value, wide) for value in arguments))
        return builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), ir.IntType(64))

    return types.uint64(types.uint64, types.uint64), code


@kernel
def block(key0, key1, counter0, stream):
    """Return four random 64-bit words: Philox4x64-10 of the counter (counter0, 0, 0, stream)."""
    a, b, c, d = np.uint64(counter0), _ZERO, _ZERO, np.uint64(stream)
    k0, k1 = np.uint64(key0), np.uint64(key1)
    for _ in range(ROUNDS):
        a, b, c, d = _high(_M1, c) ^ b ^ k0, _M1 * c, _high(_M0, a) ^ d ^ k1, _M0 * a
        k0 += _W0
        k1 += _W1
    return a, b, c, d


@kernel
def uniforms(key0, key1, step, stream):
    """Return the 8 uniform numbers in [0, 1) of one step of a stream."""
    counter = _TWO * np.uint64(step) + _ONE
    a, b, c, d = block(key0, key1, counter, stream)
    e, f, g, h = block(key0, key1, counter + _ONE, stream)
    return _unit(a), _unit(b), _unit(c), _unit(d), _unit(e), _unit(f), _unit(g), _unit(h)


@kernel
def _unit(word):
    return np.float64(np.int64(word >> _DROPPED)) * _SCALE  # 53 bits: as a signed number it converts at once


def walk_uniforms(key: np.ndarray, first: int, count: int, stream: int = WALK) -> np.ndarray:
    """Return the uniform numbers in [0, 1) of `count` steps from `first` on, (count, 8); `key` is two uint64."""
    bits = np.random.Philox(key=np.asarray(key, dtype=np.uint64), counter=[2 * first, 0, 0, stream])
    return np.random.Generator(bits).random((count, UNIFORMS))
