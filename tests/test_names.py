from concurrent.futures import ThreadPoolExecutor

import pytest

from fastmlp import _names


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Dense", "dense"),
        ("BatchNormalization", "batch_normalization"),
        ("PReLU", "p_re_lu"),
        ("ReLU", "re_lu"),
        ("Wide2Deep", "wide2_deep"),
        ("Block3D", "block3d"),
    ],
)
def test_snake_case_as_in_keras(name: str, expected: str) -> None:
    assert _names.snake_case(name) == expected


def test_names_are_counted_by_prefix_until_the_reset() -> None:
    _names.reset()
    assert [_names.unique_name("dense") for _ in range(3)] == ["dense", "dense_1", "dense_2"]
    assert [_names.unique_name("input", first=1) for _ in range(2)] == ["input_1", "input_2"]
    _names.reset()
    assert _names.unique_name("dense") == "dense"


def test_threads_get_different_names() -> None:
    _names.reset()
    with ThreadPoolExecutor(4) as pool:
        names = list(pool.map(_names.unique_name, ["dense"] * 1000))
    assert len(set(names)) == 1000
