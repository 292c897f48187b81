"""What comes of a pass over data: sums that the engine fills, metrics that Python gathers, and the logs of both."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.callbacks.callback import Logs
from fastmlp.metrics import MeanMetricWrapper, Metric
from fastmlp.models._data.samples import Piece
from fastmlp.models._objective.heads import Heads, Reported

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
        self._trained = len(heads.trained)
        self._summed = sum(not reported.in_python for _, reported in heads.metrics)
        self._layout = (self._trained, self._trained + self._summed)  # losses, and all rows of the sums
        self._sums = np.zeros((self._layout[1], 2))
        self._rest = 0.0  # of losses that the model added when it had another number of them
        for metric in self._in_python():
            metric.reset_state()

    def state(self) -> dict[str, Any]:
        """Return what `restore` needs; what JSON knows."""
        return {
            "rows": self.rows,
            "layout": list(self._layout),
            "sums": self._sums.tolist(),
            "rest": self._rest,
            "in_python": [[variable.tolist() for variable in metric.variables] for metric in self._in_python()],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over what another tally of the same heads held."""
        self.rows, self._rest = state["rows"], state["rest"]
        self._layout = (state["layout"][0], state["layout"][1])
        self._sums = np.reshape(np.array(state["sums"], np.float64), (-1, 2))
        for metric, values in zip(self._in_python(), state["in_python"], strict=True):
            metric.restore(values)

    def _in_python(self) -> list[Metric]:
        return [reported.metric for _, reported in self._heads.metrics if reported.in_python]

    def sums(self, losses: int, terms: int) -> Array:
        """Return the array that a plan is to add its sums to.

        It is the same for a whole pass, so that where the engine comes back never changes the order of additions.

        Parameters
        ----------
        losses : int
            Of the heads and of the model itself.
        terms : int
            Losses, metrics and, if there are any, penalties.
        """
        if (losses, terms) != self._layout:
            sums = np.zeros((terms, 2))
            old, first = self._sums, self._layout[0]
            sums[: self._trained] = old[: self._trained]
            sums[losses : losses + self._summed] = old[first : first + self._summed]
            self._rest += self._added(old.tolist())
            self._layout, self._sums = (losses, terms), sums
        return self._sums

    def _added(self, sums: list[list[float]]) -> float:
        """Return the sum of what the model adds and of the penalties, each times its rows."""
        first, last = self._layout[0], self._layout[0] + self._summed
        return sum(total for total, _ in (*sums[self._trained : first], *sums[last:]))

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

    def logs(self) -> Logs:
        """Return the means by name; a metric with several results gives each its own name."""
        sums, first = self._sums.tolist(), self._layout[0]
        means = [total / count if count else 0.0 for total, count in sums[: self._trained]]
        loss = sum(head.weight * mean for head, mean in zip(self._heads.trained, means, strict=True))
        rest = self._rest + self._added(sums)
        values: list[Any] = [loss + (rest / self.rows if self.rows else 0.0)]
        if len(self._heads.names) > 1 + len(self._heads.metrics):  # several outputs
            values += means
        summed = iter(sums[first : first + self._summed])
        values += [_result(reported, summed) for _, reported in self._heads.metrics]
        logs: Logs = {}
        for name, value in zip(self._heads.names, values, strict=True):
            logs |= value if isinstance(value, dict) else {name: value}
        return logs


def _update(reported: Reported, y_true: Array, y_pred: Array, weights: Array | None, batch_size: int) -> None:
    """Update a metric batch by batch: how many batches there are at a time makes no difference."""
    for first in range(0, len(y_true), batch_size):
        part = slice(first, first + batch_size)
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
