import numpy as np

from fastmlp.layers import Identity, Input


def test_nothing_changes() -> None:
    x = np.ones((2, 3), np.float32)
    np.testing.assert_array_equal(Identity()(x), x)
    layer = Identity()
    assert layer(Input((3,))).node.layer is layer
