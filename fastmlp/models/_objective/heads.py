"""The outputs of a model and what they are trained and judged by, ready for the engine."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp._engine import LOSSES, METRICS
from fastmlp.graph import Tensor, as_matrix
from fastmlp.losses import Loss
from fastmlp.losses.loss import MEANS
from fastmlp.lowering import LossSpec, MetricSpec, Purpose
from fastmlp.metrics import Metric
from fastmlp.models._data.samples import Samples
from fastmlp.models._objective.asks import Ask, fitting_loss, fitting_metric
from fastmlp.models._objective.values import Shape, loss_value, metric_value, target_leaf, target_shape

_ASKED_KEPT = 16  # a model that is traced for every batch adds other losses every time


@dataclass(frozen=True, slots=True)
class Reported:
    """A metric of an output and the way in which it is computed.

    Attributes
    ----------
    name : str
        Its key in the logs.
    metric : Metric
        What the user asked for.
    weighted : bool
        Whether rows count by their sample weight.
    value : Tensor or None
        The metric of each sample, where it is written in ops.
    in_python : bool
        Whether it is gathered outside of the engine, from arrays.
    """

    name: str
    metric: Metric
    weighted: bool
    value: Tensor | None
    in_python: bool


@dataclass(frozen=True, slots=True)
class Head:
    """One output that is compared with targets, and what it is trained and judged by.

    Attributes
    ----------
    name : str
        The output's name.
    output : int
        Its number among the outputs of the model.
    shape, target_shape : tuple of int
        Shapes of one sample of the output and of its target.
    loss : Loss or None
        None where the output is not trained.
    weight : float
        Share of this loss in the total.
    metrics : tuple of Reported
        Those that leave sample weights aside, then the others.
    """

    name: str
    output: int
    shape: Shape
    target_shape: Shape
    loss: Loss | None
    weight: float
    metrics: tuple[Reported, ...]

    @property
    def labels(self) -> bool | None:
        """Whether a target is one class index; False: one number for each column of the output; None: either."""
        return _labels(self.loss, *(each.metric for each in self.metrics))

    def check_targets(self, targets: NDArray[Any]) -> None:
        """Raise a ValueError if the values of an array of targets cannot be."""
        judge = self.loss or self.metrics[0].metric
        judge.check(targets, self.shape[-1] if self.shape else 1)


class Terms(NamedTuple):
    """What a plan reports in its sums, besides penalties.

    Attributes
    ----------
    targets : tuple of tuple of int
        Shapes of one sample of what is compared with outputs, then of weights that losses read themselves.
    losses : tuple of LossSpec
        Those of the heads, then those that the model adds itself.
    metrics : tuple of MetricSpec
        Those that the engine computes.
    values : tuple of Tensor
        Outputs of the graph beside those of the model: losses and metrics that are written in ops.
    weights : tuple of int
        The heads whose weights are read as targets.
    """

    targets: tuple[Shape, ...]
    losses: tuple[LossSpec, ...]
    metrics: tuple[MetricSpec, ...]
    values: tuple[Tensor, ...]
    weights: tuple[int, ...]


class Heads:
    """The heads of a model: for given outputs and, where losses and metrics depend on them, shapes of targets.

    Parameters
    ----------
    outputs : sequence of Tensor
        The model's outputs.
    asks : sequence of Ask
        What is asked of each.
    targets : sequence of tuple of int, optional
        For each output that is judged, the shape of one sample of its target.

    Attributes
    ----------
    judged : list of Head
        Those that are compared with targets; the other outputs only predict.
    trained : list of Head
        Those that have a loss.
    metrics : list of (Head, Reported)
        In the order in which they are reported.
    in_python : bool
        Whether a metric is gathered outside of the engine, from arrays of outputs.
    names : list of str
        The keys of the logs, as Keras 2 orders them: the total loss, the outputs' losses, the outputs' metrics.

    Raises
    ------
    ValueError
        If losses and metrics of an output do not fit one another.
    """

    def __init__(self, outputs: Sequence[Tensor], asks: Sequence[Ask], targets: Sequence[Shape] | None = None) -> None:
        self._outputs = tuple(outputs)
        judged = [number for number, ask in enumerate(asks) if ask.judged]
        given: Sequence[Shape | None] = targets or [None] * len(judged)
        losses, names = log_names(asks)
        self.judged = [
            _head(asks[number], names[number], number, outputs[number], shape, target)
            for target, (number, shape) in enumerate(zip(judged, given, strict=True))
        ]
        self.trained = [head for head in self.judged if head.loss]
        self.metrics = [(head, reported) for head in self.judged for reported in head.metrics]
        self.names = [*losses, *(reported.name for _, reported in self.metrics)]
        self.in_python = any(reported.in_python for _, reported in self.metrics)
        first = self.trained[0] if self.trained else None
        fused = first is not None and first.loss is not None and _is_fused(first.loss)
        self._rows_a_sample = math.prod(first.shape[:-1]) if first is not None and fused else 1
        self._asked: dict[tuple[object, ...], tuple[Terms, Purpose]] = {}

    def buffers(self, rows: int) -> list[NDArray[Any]]:
        """Return arrays for the outputs of so many samples, which metrics in Python need; none if there are none."""
        if not self.in_python:
            return []
        return [np.empty((rows, *tensor.sample_shape), tensor.dtype) for tensor in self._outputs]

    def rows(self, sums: NDArray[Any]) -> int:
        """Return how many samples went into the sums of a training."""
        if not self.trained:
            return int(sums[-1, 1])  # of penalties or losses that the model adds
        return int(sums[0, 1]) // self._rows_a_sample

    def asked(
        self, batch_size: int, training: bool, samples: Samples, added: tuple[Tensor, ...]
    ) -> tuple[Terms, Purpose]:
        """Return what a plan is to report, and the purpose that it is made for; the same objects for the same request.

        Parameters
        ----------
        batch_size : int
            The most rows of one batch.
        training : bool
            Whether the plan is to train.
        samples : Samples
            What it is to run through.
        added : tuple of Tensor
            Losses that the model adds itself.
        """
        key = (batch_size, training, samples.sparse, samples.weight_shapes, added)
        asked = self._asked.get(key)
        if asked is None:
            if len(self._asked) >= _ASKED_KEPT:
                self._asked.clear()
            terms = self.terms(samples.weight_shapes, added)
            written = len(self._outputs) if self.in_python else 0
            reported = terms.targets, terms.losses, terms.metrics
            asked = self._asked[key] = terms, Purpose(batch_size, training, *reported, written, samples.sparse)
        return asked

    def terms(self, weights: Sequence[Shape | None], added: Sequence[Tensor] = ()) -> Terms:
        """Return what a plan is to report.

        Parameters
        ----------
        weights : sequence of tuple of int or None
            For each head, the shape of one sample of its weights; None where all are 1. Empty: all are 1.
        added : sequence of Tensor
            Losses that the model adds itself.
        """
        weights = weights or [None] * len(self.judged)
        targets = [head.target_shape for head in self.judged]
        losses: list[LossSpec] = []
        metrics: list[MetricSpec] = []
        values: list[Tensor] = []
        weighing: list[int] = []

        def place(value: Tensor) -> int:
            values.append(value)
            return len(self._outputs) + len(values) - 1

        for target, head in enumerate(self.judged):
            if head.loss is None:
                continue
            if _is_fused(head.loss):
                per: Any = "weight" if head.loss.reduction == "mean_with_sample_weight" else "row"
                losses.append(
                    LossSpec(
                        str(head.loss.engine_kind), head.output, target, head.weight, head.loss.engine_scalars, per
                    )
                )
                continue
            y_pred = self._outputs[head.output]
            weight, shape = None, weights[target]
            if shape is not None:
                weight = target_leaf(len(targets), shape, y_pred.dtype)
                targets.append(shape)
                weighing.append(target)
            value = loss_value(head.loss, target_leaf(target, head.target_shape, y_pred.dtype), y_pred, weight)
            losses.append(LossSpec("value", place(value), None, head.weight))
        losses += [LossSpec("value", place(value), None) for value in added]
        for target, head in enumerate(self.judged):
            for reported in head.metrics:
                if reported.value is not None:
                    metrics.append(MetricSpec("value", place(reported.value), target, reported.weighted))
                elif not reported.in_python:
                    metric: Any = reported.metric  # of the kinds that the engine has
                    metrics.append(
                        MetricSpec(metric.engine_kind, head.output, target, reported.weighted, metric.engine_scalars)
                    )
        return Terms(tuple(targets), tuple(losses), tuple(metrics), tuple(values), tuple(weighing))


def depends_on_targets(ask: Ask) -> bool:
    """Tell whether the shape of the targets decides on what an ask means: most losses and metrics are clear."""
    if ask.loss is not None:
        return isinstance(ask.loss, str) or ask.loss.labels is None
    return any(isinstance(metric, str) or metric.labels is None for metric in (*ask.metrics, *ask.weighted_metrics))


def log_names(asks: Sequence[Ask]) -> tuple[list[str], list[list[str]]]:
    """Return the keys of the losses, and for each output those of its metrics.

    A metric whose key is taken gets "weighted" in front or a number behind it, as in Keras.
    """
    single = len(asks) == 1
    losses = ["loss", *(f"{ask.name}_loss" for ask in asks if ask.loss and not single)]
    taken: Counter[str] = Counter()
    keys: list[list[str]] = [[] for _ in asks]
    for weighted in (False, True):
        for ask, own in zip(asks, keys, strict=True):
            prefix = "" if single else f"{ask.name}_"
            for metric in ask.weighted_metrics if weighted else ask.metrics:
                plain = metric if isinstance(metric, str) else metric.name
                name = prefix + plain
                if weighted and name in taken:
                    name = f"{prefix}weighted_{plain}"
                taken[name] += 1
                own.append(f"{name}_{taken[name] - 1}" if taken[name] > 1 else name)
    return losses, keys


def _head(ask: Ask, names: Sequence[str], number: int, output: Tensor, given: Shape | None, target: int) -> Head:
    """Return the head of one output; `target` is its number among those that are judged."""
    shape = output.sample_shape
    columns = shape[-1] if shape else 1
    compared = None if given is None else target_shape(given, shape)
    indices = compared is not None and (len(compared) < len(shape) or (compared[-1:] == (1,) and columns > 1))
    loss = fitting_loss(ask.loss, indices, columns)
    if loss is not None and loss.labels is not None:
        indices = loss.labels
    metrics = [
        (fitting_metric(metric, indices, columns), weighted)
        for weighted, group in ((False, ask.metrics), (True, ask.weighted_metrics))
        for metric in group
    ]
    labels = _labels(loss, *(metric for metric, _ in metrics))
    if labels is not None:
        compared = _expected(labels, shape)
    elif compared is None:
        compared = shape
    y_true = target_leaf(target, compared, output.dtype)
    return Head(
        ask.name,
        number,
        shape,
        compared,
        loss,
        ask.weight,
        tuple(
            _reported(name, metric, weighted, ask.name, y_true, output)
            for name, (metric, weighted) in zip(names, metrics, strict=True)
        ),
    )


def _reported(name: str, metric: Metric, weighted: bool, head: str, y_true: Tensor, y_pred: Tensor) -> Reported:
    if metric.labels is not None:
        expected = _expected(metric.labels, y_pred.sample_shape)
        if as_matrix(expected) != y_true.matrix:
            kind = "class indices" if y_true.sample_shape[-1:] == (1,) else "one number a column"
            raise ValueError(
                f"The metrics of output '{head}' must compare with {kind}, as its loss does. Received: '{metric.name}'"
            )
    if _is_fused(metric):
        return Reported(name, metric, weighted, None, in_python=False)
    value = metric_value(metric, y_true, y_pred)
    if weighted and y_true.matrix[0] > 1:  # weights come for each row of a target, the value for each sample
        value = None
    return Reported(name, metric, weighted, value, in_python=value is None)


def _labels(*measures: Loss | Metric | None) -> bool | None:
    """Return whether the first of some losses and metrics that is particular about its targets wants class indices."""
    return next((each.labels for each in measures if each is not None and each.labels is not None), None)


def _expected(labels: bool, shape: Shape) -> Shape:
    """Return the shape of the targets of an output: class indices, or one number for each column."""
    return (*shape[:-1], 1) if labels else shape


def _is_fused(measure: Loss | Metric) -> bool:
    """Tell whether the engine has a kernel for a loss or metric as it is."""
    kind = getattr(measure, "engine_kind", None)
    if isinstance(measure, Loss):
        return kind in LOSSES and measure.reduction in MEANS
    return kind in METRICS
