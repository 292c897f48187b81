"""Batches as tuples: inputs, and targets and sample weights where there are any."""

from typing import Any


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, Any, Any]:
    """Return inputs, targets and sample weights of a batch.

    Parameters
    ----------
    data : object, or tuple or list of one to three
        x, (x,), (x, y) or (x, y, sample_weight).

    Returns
    -------
    tuple
        Three entries, None where there is nothing.
    """
    if not isinstance(data, list | tuple):
        return data, None, None
    if not 1 <= len(data) <= 3:
        received = f"a {type(data).__name__} of {len(data)}"
        raise ValueError(f"A batch must be x, (x,), (x, y) or (x, y, sample_weight). Received: {received}")
    parts = [*data, None, None]
    return parts[0], parts[1], parts[2]


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """Return a batch of which `unpack_x_y_sample_weight` makes the same parts.

    Parameters
    ----------
    x, y, sample_weight : object
        Inputs, targets and weights; what is None is left out.

    Returns
    -------
    object
        `x` itself if it is all there is and no list or tuple; else a tuple of one to three.
    """
    if y is None:
        return (x,) if isinstance(x, list | tuple) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)
