"""The normals: published words of the cipher, the transform to the last digits, the law, and the places."""

import mpmath as mp
import numpy as np
import pytest
from scipy import stats

from verify import normals
from verify.normals import GROUP
from verify.streams import generator

NAME = np.array([0x01234567, 0x89ABCDEF, 0xDEADBEEF, 0x00C0FFEE], np.uint64)


@pytest.mark.parametrize(
    ("counter", "key", "words"),
    [  # the known answers that Salmon et al. published with their library
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_the_cipher_gives_the_published_words(
    counter: tuple[int, ...], key: tuple[int, ...], words: tuple[int, ...]
) -> None:
    found = normals.philox(np.array(counter, np.uint64), np.array(key, np.uint64))
    assert tuple(int(x) for x in found) == words


def exact_pair(counter: int) -> tuple[mp.mpf, mp.mpf]:
    """The two normals of a counter, by the textbook's formula at forty digits."""
    parts = [counter & 0xFFFFFFFF, counter >> 32, int(NAME[2]), int(NAME[3])]
    w = [int(x) for x in normals.philox(np.array(parts, np.uint64), NAME[:2].copy())]
    radius = mp.sqrt(-2 * mp.log((mp.mpf((w[0] << 32 | w[1]) >> 12) + mp.mpf(1) / 2) / 2**52))
    bits = w[2] << 32 | w[3]
    angle = (mp.mpf(bits >> 12) + mp.mpf(1) / 2) / 2**52 * mp.pi / 4
    sine, cosine = mp.sin(angle), mp.cos(angle)
    if bits & 1:
        sine, cosine = cosine, sine
    return radius * (-sine if bits & 2 else sine), radius * (-cosine if bits & 4 else cosine)


def test_the_transform_is_right_to_a_few_units_in_the_last_place() -> None:
    groups, first = 60, 12345678901
    found = np.empty(groups * GROUP)
    normals.fill(found, first * GROUP, NAME)
    worst = 0.0
    with mp.workdps(40):
        for g in range(groups):
            for j in range(GROUP // 2):
                for k, value in enumerate(exact_pair((first + g) * (GROUP // 2) + j)):
                    got = float(found[g * GROUP + k * (GROUP // 2) + j])
                    worst = max(worst, float(abs((mp.mpf(got) - value) / value)))
    assert 0 < worst < 8 * 2.0**-53


def test_a_number_depends_on_its_place_and_not_on_how_many_are_asked_for() -> None:
    whole = generator(3, "places").standard_normal(1000)
    stream = generator(3, "places")
    parts = [stream.standard_normal(k) for k in (1, 62, 3, 64, 65, 200, 5, 128, 472)]
    assert np.array_equal(np.concatenate(parts), whole)


def test_groups_and_names_have_numbers_of_their_own() -> None:
    several = [generator(3, "places", k).standard_normal(4096) for k in range(8)]
    assert len(np.unique(np.concatenate(several))) == 8 * 4096


def test_the_law_is_normal_in_the_middle_and_in_the_tails() -> None:
    values = generator(1, "law").standard_normal(4_000_000)
    assert stats.kstest(values, "norm").pvalue > 1e-6
    for k in (2, 4, 6, 8):
        moment, square = stats.norm.moment(k), stats.norm.moment(2 * k)
        assert abs(np.mean(values**k) - moment) < 5.5 * np.sqrt((square - moment**2) / len(values))
    for cut in (3.0, 4.0, 4.5):
        expected = 2 * stats.norm.sf(cut) * len(values)
        assert abs(np.sum(np.abs(values) > cut) - expected) < 5.5 * np.sqrt(expected)


@pytest.mark.parametrize("lag", [1, 2, GROUP // 2, GROUP, 3 * GROUP // 2])
def test_numbers_near_each_other_are_independent(lag: int) -> None:
    values = generator(2, "lags").standard_normal(1_000_000)
    for f in (lambda x: x, lambda x: x * x - 1, np.abs, np.sign):
        one, other = f(values[:-lag]), f(values[lag:])
        assert abs(np.corrcoef(one, other)[0, 1]) * np.sqrt(len(one)) < 5.5


def test_a_place_to_write_to_must_be_contiguous_doubles() -> None:
    with pytest.raises(ValueError, match="contiguous arrays of doubles"):
        generator(0).standard_normal(out=np.empty((4, 4))[:, :2])
    with pytest.raises(ValueError, match="contiguous arrays of doubles"):
        generator(0).standard_normal(out=np.empty(4, np.float32))
