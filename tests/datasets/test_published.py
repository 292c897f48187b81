"""The real Fashion-MNIST and MNIST, where this machine has them."""

import dataclasses

import numpy as np
import pytest

from fastmlp.datasets import fashion_mnist, mnist


@pytest.mark.parametrize("module", [fashion_mnist, mnist], ids=["fashion_mnist", "mnist"])
def test_published_data_set(module, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DATA_SET", dataclasses.replace(module.DATA_SET, urls=()))
    try:
        (x_train, y_train), (x_test, y_test) = module.load_data()
    except OSError as error:
        pytest.skip(str(error))
    assert x_train.shape == (60000, 28, 28)
    assert x_test.shape == (10000, 28, 28)
    for array in (x_train, y_train, x_test, y_test):
        assert array.dtype == np.uint8
    assert y_train.shape == (60000,)
    assert set(y_test) == set(range(10))
