"""What is asked of each output: a loss and its weight, metrics. What they mean may depend on the targets."""

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fastmlp import losses as loss_room
from fastmlp import metrics as metric_room
from fastmlp.losses import Loss
from fastmlp.metrics import Metric

# Names that stand for the loss or the metric that fits the targets.
_LOSSES = ("crossentropy", "ce")
_METRICS = ("accuracy", "acc", *_LOSSES)


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked of one output.

    Attributes
    ----------
    name : str
        The output's name.
    loss : Loss, "crossentropy" or None
        A name stands for the loss that fits the targets; None where the output is not trained.
    weight : float
        Share of this loss in the total.
    metrics : tuple of Metric or str
        Reported beside the loss; a name, "accuracy" say, stands for the one that fits the targets.
    weighted_metrics : tuple of Metric or str
        The same, with the rows weighted by the sample weights.
    """

    name: str
    loss: Loss | str | None
    weight: float
    metrics: tuple[Metric | str, ...]
    weighted_metrics: tuple[Metric | str, ...]

    @property
    def judged(self) -> bool:
        """Whether the output is compared with targets; if not, it only predicts."""
        return bool(self.loss or self.metrics or self.weighted_metrics)


def fitting_loss(loss: Loss | str | None, labels: bool, columns: int) -> Loss | None:
    """Return a loss, for "crossentropy" the one that fits class indices or not, and the columns of the output."""
    return loss_room.get_for(loss, columns, labels) if isinstance(loss, str) else loss


def fitting_metric(metric: Metric | str, labels: bool, columns: int) -> Metric:
    """Return a metric, for "accuracy" and the like the one that fits the targets and the columns of the output."""
    return metric_room.get_for(metric, columns, labels) if isinstance(metric, str) else metric


def asked(value: Any, resolve: Callable[[Any], Any]) -> Any:
    """Return lists and dicts with their leaves resolved; dicts may be configs, which are leaves."""
    if value is None:
        return None
    if isinstance(value, dict) and "class_name" not in value:
        return {name: asked(each, resolve) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [asked(each, resolve) for each in value]
    return resolve(value)


def asked_loss(value: Any) -> Loss | str:
    """Return a loss; a name that stands for the crossentropy that fits the targets stays a name."""
    return value if isinstance(value, str) and value.lower() in _LOSSES else loss_room.get(value)


def asked_metric(value: Any) -> Metric | str:
    """Return a metric; a name that stands for the accuracy that fits the targets stays a name."""
    return value if isinstance(value, str) and value.lower() in _METRICS else metric_room.get(value)


def asked_weight(value: Any) -> float:
    """Return the weight of a loss."""
    if isinstance(value, str) or not math.isfinite(value):
        raise ValueError(f"`loss_weights` must be finite numbers. Received: {value!r}")
    return float(value)


def each_output(value: Any, names: Sequence[str], argument: str) -> list[Any]:
    """Return one entry for each output: from a dict by name, from a list in order, or the same for all."""
    if isinstance(value, dict):
        unknown = set(value) - set(names)
        if unknown:
            raise ValueError(f"`{argument}` must be given by the outputs' names {list(names)}. Received: {list(value)}")
        return [value.get(name) for name in names]
    if isinstance(value, list):
        if len(value) != len(names):
            raise ValueError(f"`{argument}` must have one entry an output, {len(names)}. Received: {len(value)}")
        return value
    return [value] * len(names)


def metrics_of_outputs(value: Any, names: Sequence[str], argument: str) -> list[tuple[Metric | str, ...]]:
    """Return the metrics of each output; a flat list counts for all of them."""
    if isinstance(value, list) and not any(isinstance(each, list) for each in value):
        return [tuple(value), *(copy.deepcopy(tuple(value)) for _ in names[1:])]  # each gathers rows of its own
    return [
        tuple(each) if isinstance(each, list) else () if each is None else (each,)
        for each in each_output(value, names, argument)
    ]
