"""What tensors of a graph are asked: whether one is a tensor, and from which inputs it is computed."""

from typing import Any

from fastmlp.graph import Tensor


def is_keras_tensor(x: Any) -> bool:
    """Return whether `x` is what `Input` and layers return: a tensor that stands for a computation."""
    return isinstance(x, Tensor)


def get_source_inputs(tensor: Tensor) -> list[Tensor]:
    """Return the inputs that a tensor is computed from, each once, in the order in which they are met.

    Parameters
    ----------
    tensor : Tensor
        Returned by a layer or an operation; an input is its own source.
    """
    if not is_keras_tensor(tensor):
        raise ValueError(f"Expected a tensor that a layer returned. Received: {tensor!r}")
    found: dict[Tensor, None] = {}
    seen: set[Tensor] = set()
    stack = [tensor]
    while stack:
        each = stack.pop()
        if each in seen:
            continue
        seen.add(each)
        if each.op == "input":
            found[each] = None
        stack.extend(reversed(each.inputs))
    return list(found)
