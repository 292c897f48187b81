"""What `compile` asks for, and what becomes of it once the outputs and the targets are known."""

from collections.abc import Sequence
from typing import Any

from fastmlp.graph import Tensor
from fastmlp.models._objective.asks import (
    Ask,
    asked,
    asked_loss,
    asked_metric,
    asked_weight,
    each_output,
    metrics_of_outputs,
)
from fastmlp.models._objective.heads import Heads, depends_on_targets
from fastmlp.models._objective.values import Shape


class Objective:
    """What is asked of all outputs, as given to `compile`.

    Parameters
    ----------
    loss, loss_weights, metrics, weighted_metrics
        For all outputs, or as a list in their order or a dict by their names.

    Raises
    ------
    ValueError
        If a loss or a metric is not known: the message lists the known ones.
    """

    def __init__(self, loss: Any, loss_weights: Any, metrics: Any, weighted_metrics: Any) -> None:
        self._loss = asked(loss, asked_loss)
        self._loss_weights = asked(loss_weights, asked_weight)
        self._metrics = asked(metrics, asked_metric)
        self._weighted_metrics = asked(weighted_metrics, asked_metric)
        self._names: Sequence[str] | None = None
        self._asks: list[Ask] = []
        self._by_targets = False  # whether what is asked depends on the targets' shapes
        self._outputs: Sequence[Tensor] | None = None
        self._heads: dict[tuple[Shape, ...], Heads] = {}

    def asks(self, names: Sequence[str]) -> list[Ask]:
        """Return what is asked of each of the outputs of these names."""
        if self._names != names:
            weights = each_output(self._loss_weights, names, "loss_weights")
            self._asks = [
                Ask(name, loss, 1.0 if weight is None else weight, metrics, weighted)
                for name, loss, weight, metrics, weighted in zip(
                    names,
                    each_output(self._loss, names, "loss"),
                    weights,
                    metrics_of_outputs(self._metrics, names, "metrics"),
                    metrics_of_outputs(self._weighted_metrics, names, "weighted_metrics"),
                    strict=True,
                )
            ]
            self._names = names
            self._by_targets = any(map(depends_on_targets, self._asks))
        return self._asks

    def heads(self, outputs: Sequence[Tensor], names: Sequence[str], targets: Sequence[Shape]) -> Heads:
        """Return the heads of some outputs.

        Parameters
        ----------
        outputs : sequence of Tensor
            The model's; as long as it is the same object, heads made before are used again.
        names : sequence of str
            Their names.
        targets : sequence of tuple of int
            For each output that is judged, the shape of one sample of its target.
        """
        asks = self.asks(names)
        key = tuple(targets) if self._by_targets else ()
        if outputs is not self._outputs:
            self._outputs, self._heads = outputs, {}
        if key not in self._heads:
            self._heads[key] = Heads(outputs, asks, key or None)
        return self._heads[key]

    def check(self, outputs: Sequence[Tensor], names: Sequence[str]) -> None:
        """Raise a ValueError if losses and metrics do not fit the outputs, as far as that can be told without data."""
        self.asks(names)
        if not self._by_targets:
            self.heads(outputs, names, ())
