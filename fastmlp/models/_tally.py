"""What comes of a pass over data: sums that the engine fills, metrics that Python gathers, and the logs of both."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.callbacks.callback import Logs
from fastmlp.metrics import MeanMetricWrapper, Metric
from fastmlp.models._heads import Heads, Reported, Terms
from fastmlp.models._samples import Piece

Array = NDArray[Any]


class Tally:
    """Losses and metrics of the rows of a pass so far.

    Parameters
    ----------
    heads : Heads
        What is reported. Metrics that Python gathers are reset.

    Attributes
    ----------
    rows : int
        Samples so far.
    """

    def __init__(self, heads: Heads) -> None:
        self.rows = 0
        self._heads = heads
        self._losses = np.zeros((len(heads.trained), 2))
        self._metrics = np.zeros((sum(not reported.in_python for _, reported in heads.metrics), 2))
        self._rest = 0.0  # losses that the model adds and penalties, times rows
        for metric in self._in_python():
            metric.reset_state()

    def state(self) -> dict[str, Any]:
        """Return what `restore` needs; what JSON knows."""
        return {
            "rows": self.rows,
            "losses": self._losses.tolist(),
            "metrics": self._metrics.tolist(),
            "rest": self._rest,
            "in_python": [[variable.tolist() for variable in metric.variables] for metric in self._in_python()],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over what another tally of the same heads held."""
        self.rows, self._rest = state["rows"], state["rest"]
        self._losses[:] = state["losses"]
        self._metrics[:] = np.reshape(state["metrics"], (-1, 2))
        for metric, values in zip(self._in_python(), state["in_python"], strict=True):
            metric.restore(values)

    def _in_python(self) -> list[Metric]:
        return [reported.metric for _, reported in self._heads.metrics if reported.in_python]

    def add(self, sums: Array, rows: int, terms: Terms) -> None:
        """Add the sums of a plan over some rows.

        Parameters
        ----------
        sums : numpy.ndarray, shape (terms, 2)
            Of the heads' losses, of losses that the model adds, of metrics, and of penalties if there are any.
        rows : int
            Samples.
        terms : Terms
            What the plan reports.
        """
        own, losses = len(self._losses), len(terms.losses)
        metrics = losses + len(self._metrics)
        self.rows += rows
        self._losses += sums[:own]
        self._metrics += sums[losses:metrics]
        if own < losses or metrics < len(sums):
            self._rest += sums[own:losses, 0].sum() + sums[metrics:, 0].sum()

    def gather(self, piece: Piece, rows: int, outputs: list[Array]) -> None:
        """Let the metrics in Python see the first rows of a piece; `outputs` are the model's for them."""
        if not self._heads.in_python:
            return
        places = slice(piece.first, piece.first + rows) if piece.order is None else piece.order[piece.first :][:rows]
        judged = self._heads.judged
        weights = piece.samples.weights or [None] * len(judged)
        for head, targets, weight in zip(judged, piece.samples.targets, weights, strict=True):
            metrics = [reported for reported in head.metrics if reported.in_python]
            if metrics:
                y_true = targets[places].reshape(rows, *head.target_shape)
                of_rows = None if weight is None else weight[places]
                for reported in metrics:
                    _update(reported, y_true, outputs[head.output][:rows], of_rows, piece.batch_size)

    def logs(self, prefix: str = "") -> Logs:
        """Return the means by name, with `prefix` in front of each."""
        means = [total / count if count else 0.0 for total, count in self._losses.tolist()]
        loss = sum(head.weight * mean for head, mean in zip(self._heads.trained, means, strict=True))
        values: list[Any] = [loss + (self._rest / self.rows if self.rows else 0.0)]
        if len(self._heads.names) > 1 + len(self._heads.metrics):  # several outputs
            values += means
        summed = iter(self._metrics.tolist())
        values += [_result(reported, summed) for _, reported in self._heads.metrics]
        logs: Logs = {}
        for name, value in zip(self._heads.names, values, strict=True):
            logs |= {prefix + name: value} if not isinstance(value, dict) else {prefix + k: v for k, v in value.items()}
        return logs


def _update(reported: Reported, y_true: Array, y_pred: Array, weights: Array | None, batch_size: int) -> None:
    """Update a metric with some rows: at once, or batch by batch where that makes a difference."""
    rows = len(y_true)
    step = rows if getattr(reported.metric, "additive", False) else batch_size
    for first in range(0, rows, step):
        part = slice(first, first + step)
        if reported.weighted and weights is not None:
            reported.metric.update_state(y_true[part], y_pred[part], weights[part])
        else:
            reported.metric.update_state(y_true[part], y_pred[part])


def _result(reported: Reported, summed: Any) -> Any:
    """Return the value of a metric; those of the engine are the next of `summed`."""
    if isinstance(reported.metric, MeanMetricWrapper) and not reported.in_python:
        reported.metric.reset_state()
        reported.metric.add(*next(summed))
    result = reported.metric.result()
    if isinstance(result, dict):
        return result
    array = np.asarray(result)
    return array.item() if array.ndim == 0 else array
