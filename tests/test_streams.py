import numpy as np
import pytest

from verify.streams import generator


def numbers(*name: str | int) -> list[int]:
    seed, *key = name
    assert isinstance(seed, int)
    return [int(x) for x in generator(seed, *key).bit_generator.random_raw(4)]


def test_a_name_gives_the_same_numbers_every_time() -> None:
    assert numbers(3, "claim", "point", 7) == numbers(3, "claim", "point", 7)


def test_the_scheme_is_pinned_since_certificates_name_their_seeds() -> None:
    assert numbers(0, "claim", "point", 1, "draws")[:2] == [16361786462682106628, 7336110951090309317]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((0, "a"), (1, "a")),
        ((0, "a"), (0, "b")),
        ((0, "a", 0), (0, "a", 1)),
        ((0, 1), (0, "1")),
        ((0, "ab", "c"), (0, "a", "bc")),
        ((0, "a"), (0, "a", "")),
        ((0, 12), (0, 1, 2)),
        ((0, "str:1:a"), (0, "a")),
    ],
)
def test_different_names_give_different_numbers(
    one: tuple[int, *tuple[str | int, ...]], other: tuple[int, *tuple[str | int, ...]]
) -> None:
    assert not set(numbers(*one)) & set(numbers(*other))


def test_streams_of_neighbouring_names_are_uncorrelated() -> None:
    draws = np.array([generator(5, "chunk", k).standard_normal(2000) for k in range(40)])
    correlations = np.corrcoef(draws)[np.triu_indices(40, 1)] * np.sqrt(2000)
    assert np.abs(correlations).max() < 5.5  # 780 of them: by chance once in 3e4
    assert abs(correlations.std() - 1) < 0.15


@pytest.mark.parametrize("part", [True, 1.0, None, b"a", ("a",)])
def test_a_part_that_is_neither_text_nor_integer_is_refused(part: object) -> None:
    with pytest.raises(TypeError, match="named by texts and integers"):
        generator(0, part)  # type: ignore[arg-type]  # what is tested
