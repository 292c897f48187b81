"""Tracing: from `call` to a graph, once an epoch, or for every batch where it asks for the values of tensors."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from numpy.typing import NDArray

from fastmlp._structure import flatten, map_structure
from fastmlp.graph import Graph, Tensor, evaluator
from fastmlp.layers.input_layer import Input, InputLayer
from fastmlp.layers.layer import Layer
from fastmlp.layers.node import Node
from fastmlp.lowering import run
from fastmlp.models._data.conversion import sample_shape
from fastmlp.models._topology import calls_in_order

Array = NDArray[Any]


class ValueNeededError(Exception):
    """A `call` asks for the value of a tensor, and must be traced for every batch."""


def has_own_code(layer: Layer) -> bool:
    """Tell whether a layer, or one inside it, is of a class outside this package: its `call` may do anything."""
    return _is_own(layer) or any(_is_own(each) for each in layer._with_sublayers())


def _is_own(layer: Layer) -> bool:
    module = type(layer).call.__module__  # None for code that was executed without a name, as by `exec(code, {})`
    return module is None or not module.startswith("fastmlp.")


@contextmanager
def without_values() -> Iterator[None]:
    """Let code that asks for a tensor's value in the block raise ValueNeededError."""

    def refuse(tensor: Tensor) -> Array:
        raise ValueNeededError(f"the value of {tensor!r} is needed")

    with _evaluating(refuse):
        yield


@contextmanager
def values_of(inputs: Sequence[Tensor], arrays: Sequence[Array]) -> Iterator[None]:
    """Let tensors that are made of `inputs` in the block have the values that they have for a batch."""

    def evaluate(tensor: Tensor) -> Array:
        return run(Graph(inputs, [tensor]), arrays)[0]

    with _evaluating(evaluate):
        yield


@contextmanager
def _evaluating(evaluate: Callable[[Tensor], Array]) -> Iterator[None]:
    token = evaluator.set(evaluate)
    try:
        yield
    finally:
        evaluator.reset(token)


def call_again(inputs: Sequence[Tensor], outputs: Sequence[Tensor], given: Sequence[Tensor]) -> list[Tensor]:
    """Call the layers between `inputs` and `outputs` again, on other inputs; return the outputs that this gives."""
    new: dict[Tensor, Tensor] = dict(zip(inputs, given, strict=True))

    def renewed(leaf: Any) -> Any:
        return _computed_again(leaf, new) if isinstance(leaf, Tensor) else leaf

    for node in calls_in_order(inputs, outputs):
        if not isinstance(node.layer, InputLayer):
            _call_node_again(node, renewed, new)
    return [_computed_again(tensor, new) for tensor in outputs]


def _call_node_again(node: Node, renewed: Callable[[Any], Any], new: dict[Tensor, Tensor]) -> None:
    arguments, keywords = map_structure(renewed, list(node.arguments)), map_structure(renewed, node.keywords)
    first = node.layer._first_node
    results = flatten(node.layer(*arguments, **keywords))
    node.layer._first_node = first
    new.update(zip(node.outputs, results, strict=True))


def _computed_again(tensor: Tensor, new: dict[Tensor, Tensor]) -> Tensor:
    """Return what stands for a tensor, computed by the same ops where these stand between layers."""
    if tensor not in new:
        again = Tensor(
            tensor.shape,
            tensor.dtype,
            tensor.op,
            tuple(_computed_again(source, new) for source in tensor.inputs),
            tensor.variables,
            tensor.detail,
            tensor.scalars,
            indices=tensor.indices,
            training=tensor.training,
        )
        new[tensor] = again
    return new[tensor]


def placeholders(shapes: Any, dtype: str) -> Any:
    """Return inputs for the shapes of samples, in the same structure; those of a dict are named by its keys."""
    if isinstance(shapes, dict):
        return {key: Input(shape, name=str(key), dtype=dtype) for key, shape in shapes.items()}
    if isinstance(shapes, list):
        return [Input(shape, dtype=dtype) for shape in shapes]
    return Input(shapes, dtype=dtype)


def sample_shapes(x: Any) -> Any:
    """Return the shapes of samples of a model's inputs: a shape, a list or a dict of shapes, as there are arrays."""
    if isinstance(x, dict):
        return {key: sample_shape(value) for key, value in x.items()}
    if isinstance(x, list | tuple) and x and all(getattr(value, "shape", ()) for value in x):
        return [sample_shape(value) for value in x]
    return sample_shape(x)
