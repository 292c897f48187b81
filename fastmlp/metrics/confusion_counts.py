"""Counts of predictions on the right or the wrong side of thresholds, and precision and recall made of them."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from fastmlp.metrics._confusion import LOWEST, ConfusionMetric, check_thresholds
from fastmlp.metrics.metric import State, ratio, registry


class _AtThresholds(ConfusionMetric, ABC):
    """What these share: one value for one threshold, an array for several."""

    def __init__(
        self,
        thresholds: float | Sequence[float] | None = None,
        top_k: int | None = None,
        class_id: int | None = None,
        *,
        dtype: str | None,
        name: str | None,
    ) -> None:
        self._given = thresholds
        self.thresholds = check_thresholds(thresholds) if thresholds is not None or top_k is None else [LOWEST]
        super().__init__(self.thresholds, top_k, class_id, dtype=dtype, name=name)

    @abstractmethod
    def _values(self) -> NDArray[Any]:
        """Return the value at each threshold."""

    def result(self) -> float | NDArray[Any]:
        """Return the value, or an array of one for each threshold where there are several."""
        values = self._values()
        return float(values[0]) if len(self.thresholds) == 1 else values

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "thresholds": self._given}


class _Count(_AtThresholds):
    """One of the four counts."""

    def __init__(
        self, thresholds: float | Sequence[float] | None = None, name: str | None = None, dtype: str | None = None
    ) -> None:
        super().__init__(thresholds, dtype=dtype, name=name)

    @abstractmethod
    def _counted(self) -> State:
        """Return the count at each threshold."""

    def _values(self) -> NDArray[Any]:
        return self._counted().numpy()


@registry.add()
class TruePositives(_Count):
    """How many positive targets were predicted positive, or the sum of their weights.

    Parameters
    ----------
    thresholds : float or sequence of float, optional
        From 0 to 1: what a positive prediction exceeds; 0.5 by default.
    name, dtype
        See `Metric`.
    """

    def _counted(self) -> State:
        return self.true_positives


@registry.add()
class TrueNegatives(_Count):
    """How many negative targets were predicted negative, or the sum of their weights; see `TruePositives`."""

    def _counted(self) -> State:
        return self.true_negatives


@registry.add()
class FalsePositives(_Count):
    """How many negative targets were predicted positive, or the sum of their weights; see `TruePositives`."""

    def _counted(self) -> State:
        return self.false_positives


@registry.add()
class FalseNegatives(_Count):
    """How many positive targets were predicted negative, or the sum of their weights; see `TruePositives`."""

    def _counted(self) -> State:
        return self.false_negatives


class _Share(_AtThresholds):
    """A share of the true positives."""

    direction = "up"

    def __init__(
        self,
        thresholds: float | Sequence[float] | None = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(thresholds, top_k, class_id, dtype=dtype, name=name)


@registry.add()
class Precision(_Share):
    """The share of the positive predictions that are right; 0 where there are none.

    Parameters
    ----------
    thresholds : float or sequence of float, optional
        From 0 to 1: what a positive prediction exceeds; 0.5 by default, none where `top_k` is given.
    top_k : int, optional
        Only the k largest predictions of a row can be positive.
    class_id : int, optional
        Only this column counts.
    name, dtype
        See `Metric`.
    """

    def _values(self) -> NDArray[Any]:
        return ratio(self.true_positives, self.true_positives + self.false_positives)


@registry.add()
class Recall(_Share):
    """The share of the positive targets that were predicted; 0 where there are none. Parameters as of `Precision`."""

    def _values(self) -> NDArray[Any]:
        return ratio(self.true_positives, self.true_positives + self.false_negatives)
