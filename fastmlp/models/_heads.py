"""What `compile` asks for, said for each output: a loss and metrics, and the names under which they are reported."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from fastmlp import losses as loss_room
from fastmlp import metrics as metric_room
from fastmlp._targets import check_targets
from fastmlp.graph import Tensor
from fastmlp.losses import Loss
from fastmlp.lowering import LossSpec, MetricSpec, Purpose
from fastmlp.metrics import Metric


@dataclass(frozen=True, slots=True)
class Head:
    """One output and what it is trained and judged by.

    Attributes
    ----------
    name : str
        The output's name.
    shape : tuple of int
        Shape of one sample of the output.
    loss : Loss or None
        None where the output is not trained.
    weight : float
        Share of this loss in the total.
    metrics : tuple of Metric
        Reported beside the loss.
    weighted_metrics : tuple of Metric
        The same, with the rows weighted by the sample weights.
    """

    name: str
    shape: tuple[int, ...]
    loss: Loss | None
    weight: float
    metrics: tuple[Metric, ...]
    weighted_metrics: tuple[Metric, ...]

    @property
    def _deciding(self) -> Loss | Metric | None:
        """What says how targets must look."""
        return self.loss or next(iter((*self.metrics, *self.weighted_metrics)), None)

    @property
    def labels(self) -> bool:
        """Whether a target is one class index instead of one number for each column of the output."""
        return self._deciding is not None and self._deciding.labels

    @property
    def target_shape(self) -> tuple[int, ...]:
        """Shape of one sample of the target."""
        return (*self.shape[:-1], 1) if self.labels else self.shape

    def check_targets(self, targets: NDArray[Any]) -> None:
        """Raise a ValueError if the values of an array of targets cannot be."""
        if self._deciding is not None:
            check_targets(self._deciding.kind, targets, self.shape[-1])

    def check_metrics(self) -> None:
        """Raise a ValueError if a metric expects other targets than the loss."""
        for metric in (*self.metrics, *self.weighted_metrics):
            if metric.labels != self.labels:
                expected = "class indices" if self.labels else "one number a column"
                raise ValueError(
                    f"The metrics of output '{self.name}' must compare with {expected}, as its loss does. "
                    f"Received: '{metric.name}'"
                )


class Heads:
    """The heads of a model, and the way from the engine's sums to what users see.

    Parameters
    ----------
    outputs : sequence of Tensor
        The model's outputs.
    names : sequence of str
        Their names.
    loss, loss_weights, metrics, weighted_metrics
        As given to `compile`: for all outputs, or as a list or a dict by the outputs' names.

    Attributes
    ----------
    judged : list of Head
        Those that are compared with targets; the others only predict.
    trained : list of Head
        Those that have a loss.
    names : list of str
        The keys of the logs, as Keras 2 orders them: the total loss, the outputs' losses, the outputs' metrics.
    """

    def __init__(
        self,
        outputs: Sequence[Tensor],
        names: Sequence[str],
        loss: Any,
        loss_weights: Any,
        metrics: Any,
        weighted_metrics: Any,
    ) -> None:
        shapes = [tensor.sample_shape for tensor in outputs]
        of_each = [loss_room.get(each) if each is not None else None for each in _each(loss, names, "loss")]
        weights = [_weight(each) for each in _each(loss_weights, names, "loss_weights")]
        self._heads = [
            Head(name, shape, its_loss, weight, plain, weighted)
            for name, shape, its_loss, weight, plain, weighted in zip(
                names,
                shapes,
                of_each,
                weights,
                _metrics(metrics, names, shapes, of_each, "metrics"),
                _metrics(weighted_metrics, names, shapes, of_each, "weighted_metrics"),
                strict=True,
            )
        ]
        for head in self._heads:
            head.check_metrics()
        self.judged = [head for head in self._heads if head.loss or head.metrics or head.weighted_metrics]
        self.trained = [head for head in self.judged if head.loss]
        self.names = self._names()
        self._specs = self._lowered_to()
        if len(set(self.names)) != len(self.names):
            raise ValueError(f"Losses and metrics must have different names. Received: {self.names}")

    def _names(self) -> list[str]:
        single = len(self._heads) == 1
        names = ["loss"]
        if not single:
            names += [f"{head.name}_loss" for head in self.trained]
        for head in self.judged:
            prefix = "" if single else f"{head.name}_"
            names += [prefix + metric.name for metric in (*head.metrics, *head.weighted_metrics)]
        return names

    def purpose(self, batch_size: int, *, training: bool) -> Purpose:
        """Return what to lower the model for."""
        return Purpose(batch_size, training, *self._specs)

    def _lowered_to(self) -> tuple[tuple[tuple[int, ...], ...], tuple[LossSpec, ...], tuple[MetricSpec, ...]]:
        """Return the targets, losses and metrics that the engine is to know of."""
        place = {head.name: i for i, head in enumerate(self._heads)}
        return (
            tuple(head.target_shape for head in self.judged),
            tuple(
                LossSpec(head.loss.kind, place[head.name], target, head.weight, head.loss.scalars)
                for target, head in enumerate(self.judged)
                if head.loss
            ),
            tuple(
                MetricSpec(metric.kind, place[head.name], target, weighted, metric.scalars)
                for target, head in enumerate(self.judged)
                for weighted, group in ((False, head.metrics), (True, head.weighted_metrics))
                for metric in group
            ),
        )

    def rows(self, sums: NDArray[Any]) -> int:
        """Return how many samples went into the sums of a training."""
        return int(sums[0, 1]) // math.prod(self.trained[0].shape[:-1])

    def logs(self, sums: NDArray[Any], prefix: str = "") -> dict[str, float]:
        """Return the means by name.

        Parameters
        ----------
        sums : numpy.ndarray, shape (losses + metrics, 2)
            The plan's sums over the rows and of their weights.
        prefix : str
            Put in front of each name.
        """
        means = [total / weight if weight else 0.0 for total, weight in sums.tolist()]
        loss = sum(head.weight * mean for head, mean in zip(self.trained, means, strict=False))
        rest = means[len(self.trained) :] if len(self._heads) == 1 else means
        return {prefix + name: value for name, value in zip(self.names, (loss, *rest), strict=True)}


def check_names(loss: Any, loss_weights: Any, metrics: Any, weighted_metrics: Any) -> None:
    """Raise a ValueError if a loss or a metric is not known, where the outputs are not known yet."""
    _check_leaves(loss, loss_room.get)
    _check_leaves(metrics, metric_room.get)
    _check_leaves(weighted_metrics, metric_room.get)


def _check_leaves(value: Any, get: Callable[[Any], object]) -> None:
    if isinstance(value, dict) and "class_name" not in value:
        value = list(value.values())
    if isinstance(value, list | tuple):
        for each in value:
            _check_leaves(each, get)
    elif value is not None:
        get(value)


def _weight(value: Any) -> float:
    if value is None:
        return 1.0
    if isinstance(value, str) or not math.isfinite(value):
        raise ValueError(f"`loss_weights` must be finite numbers. Received: {value!r}")
    return float(value)


def _each(value: Any, names: Sequence[str], argument: str) -> list[Any]:
    """Return one entry for each output: from a dict by name, from a list in order, or the same for all."""
    if isinstance(value, dict) and "class_name" not in value:
        unknown = set(value) - set(names)
        if unknown:
            raise ValueError(f"`{argument}` must be given by the outputs' names {list(names)}. Received: {list(value)}")
        return [value.get(name) for name in names]
    if isinstance(value, list | tuple):
        if len(value) != len(names):
            raise ValueError(f"`{argument}` must have one entry an output, {len(names)}. Received: {len(value)}")
        return list(value)
    return [value] * len(names)


def _metrics(
    value: Any, names: Sequence[str], shapes: Sequence[tuple[int, ...]], losses: Sequence[Loss | None], argument: str
) -> list[tuple[Metric, ...]]:
    """Return the metrics of each output; a flat list counts for all of them."""
    if isinstance(value, list | tuple) and not any(isinstance(each, list | tuple) for each in value):
        given = [list(value)] * len(names)
    else:
        given = [
            list(each) if isinstance(each, list | tuple) else [] if each is None else [each]
            for each in _each(value, names, argument)
        ]
    return [
        tuple(metric_room.get_for(each, shape[-1] if shape else 1, loss is not None and loss.labels) for each in group)
        for group, shape, loss in zip(given, shapes, losses, strict=True)
    ]
