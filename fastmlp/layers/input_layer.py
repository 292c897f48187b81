"""InputLayer and Input: where a model's data comes in."""

import re
from collections.abc import Sequence
from typing import Any, Self

from fastmlp import ops
from fastmlp._names import unique_name
from fastmlp.graph import Tensor
from fastmlp.layers._checks import sample_shape
from fastmlp.layers.layer import Layer
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
    batch_shape : sequence of int or None, optional
        `shape` with the batch axis in front.
    """

    def __init__(
        self,
        shape: Sequence[int] | None = None,
        *,
        name: str | None = None,
        dtype: str | None = None,
        input_shape: Sequence[int] | None = None,
        batch_shape: Sequence[int | None] | None = None,
    ) -> None:
        super().__init__(name=name or unique_name("input", first=1), dtype=dtype)
        if shape is None and isinstance(batch_shape, list | tuple):
            sample = sample_shape(batch_shape[1:], "batch_shape")
        else:
            sample = sample_shape(input_shape if shape is None else shape, "shape")
        self.built = True
        self._first_node = Node(self, (), (ops.placeholder(sample, self.dtype, self.name),))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"batch_shape": list(self.input_shape), "dtype": self.dtype, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Make a layer from what `get_config` returned; inputs of integers too are computed with as `floatx()`."""
        integers = re.fullmatch(r"bool|u?int(8|16|32|64)", str(config.get("dtype"))) is not None
        return super().from_config({**config, "dtype": None} if integers else config)

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
