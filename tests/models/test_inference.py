import numpy as np
import pytest

from fastmlp import ops
from fastmlp.graph import Graph
from fastmlp.lowering import Purpose, lower
from fastmlp.models._inference import Inference
from fastmlp.variables import Variable

KERNEL = Variable((6, 2), "float64", lambda shape, dtype: np.arange(12.0).reshape(shape))


@pytest.fixture
def inference() -> Inference:
    x = ops.placeholder((2, 3), "float64", "x")
    graph = Graph([x], [ops.dense(ops.reshape_samples(x, (-1,)), KERNEL)])
    return Inference(lower(graph, Purpose(batch_size=4)), (2, 3), (2,), "float64")


@pytest.mark.parametrize("rows", [1, 4, 11])
def test_more_rows_than_a_batch_are_fine(inference: Inference, rows: int) -> None:
    x = np.random.default_rng(0).random((rows, 2, 3))
    assert inference.accepts(x)
    np.testing.assert_allclose(inference(x), x.reshape(rows, 6) @ KERNEL.value, rtol=1e-13)


def test_what_the_engine_cannot_read_is_left_to_the_general_way(inference: Inference) -> None:
    x = np.ones((4, 2, 3))
    wide = np.ones((4, 2, 6))
    unaligned = np.frombuffer(b"\0" + x.tobytes(), np.uint8)[1:].view(np.float64).reshape(x.shape)
    cut = wide[:, :, ::2]
    for other in (x[:0], x.reshape(4, 6), x.astype("f2"), x.astype(">f8"), x.astype("O"), cut, x[0], unaligned):
        assert not inference.accepts(other)
    for other in (x, x.astype("u1"), x.astype("i4"), x.astype("i8"), x.astype("f4")):
        assert inference.accepts(other)
