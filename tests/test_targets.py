import numpy as np
import pytest

from fastmlp._targets import check_finite, check_labels, check_probabilities, check_shares

BIG = np.zeros((1000, 3))


def test_what_may_be() -> None:
    check_finite(BIG)
    check_finite(np.array([1, 2]))
    check_labels(BIG, 1)
    check_labels(np.array([0.0, 2.0]), 3)
    check_probabilities(np.array([0, 0.3, 1]))
    check_shares(np.array([[0.5, 2.0, 0.0]]))


@pytest.mark.parametrize("check", [check_finite, check_probabilities, check_shares, lambda t: check_labels(t, 3)])
def test_the_first_wrong_target_is_named(check) -> None:
    targets = BIG.copy()
    targets[7, 2] = targets[9, 1] = np.nan
    with pytest.raises(ValueError, match=r"Received: nan at index \(7, 2\)"):
        check(targets)
