"""InputLayer and Input: where a model's data comes in."""

from collections.abc import Sequence

from fastmlp import ops
from fastmlp._names import unique_name
from fastmlp.graph import Tensor
from fastmlp.layers.layer import Layer, check_sample_shape
from fastmlp.layers.node import Node


class InputLayer(Layer):
    """The start of a model.

    Parameters
    ----------
    shape : sequence of int
        Shape of one sample.
    name : str, optional
        "input_1", "input_2", ... by default.
    dtype : str, optional
        "float32" or "float64", in which the model computes. Arrays of integers are read as they are.
    input_shape : sequence of int, optional
        Another name of `shape`.
    """

    def __init__(
        self,
        shape: Sequence[int] | None = None,
        *,
        name: str | None = None,
        dtype: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        super().__init__(name=name or unique_name("input", first=1), dtype=dtype)
        sample = check_sample_shape(input_shape if shape is None else shape, "shape")
        self.built = True
        self._first_node = Node(self, (), (ops.placeholder(sample, self.dtype, self.name),))

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """The shape of the arrays that come in: (None, ...)."""
        return self.tensor.shape

    @property
    def tensor(self) -> Tensor:
        """The tensor that stands for the data."""
        return self._called().outputs[0]


def Input(  # noqa: N802 (Keras' name)
    shape: Sequence[int], *, name: str | None = None, dtype: str | None = None
) -> Tensor:
    """Return a tensor that stands for the data a model will get.

    Parameters
    ----------
    shape : sequence of int
        Shape of one sample.
    name : str, optional
        Name of the input.
    dtype : str, optional
        "float32" or "float64"; `floatx()` by default.
    """
    return InputLayer(shape, name=name, dtype=dtype).tensor
