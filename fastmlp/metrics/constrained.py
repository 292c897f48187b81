"""The best of one rate among the thresholds at which another rate is good enough."""

import numpy as np
from numpy.typing import NDArray

from fastmlp.metrics._confusion import ConfusionMetric, check_share
from fastmlp.metrics.metric import ratio, registry

Rates = NDArray[np.float64]


class _Constrained(ConfusionMetric):
    """What these share: thresholds spread evenly from 0 to 1, and the search among them."""

    direction = "up"

    def __init__(
        self, value: float, num_thresholds: int, class_id: int | None, name: str | None, dtype: str | None
    ) -> None:
        if num_thresholds < 1:
            raise ValueError(f"`num_thresholds` must be a positive integer. Received: num_thresholds={num_thresholds}")
        self._needed = value
        self.num_thresholds = num_thresholds
        self.thresholds = [0.5] if num_thresholds == 1 else np.linspace(0, 1, num_thresholds).tolist()
        super().__init__(self.thresholds, class_id=class_id, dtype=dtype, name=name)

    def _precisions(self) -> Rates:
        return ratio(self.true_positives, self.true_positives + self.false_positives)

    def _recalls(self) -> Rates:
        return ratio(self.true_positives, self.true_positives + self.false_negatives)

    def _specificities(self) -> Rates:
        return ratio(self.true_negatives, self.true_negatives + self.false_positives)

    def _best(self, wanted: Rates, constrained: Rates) -> float:
        """Return the largest of `wanted` where `constrained` is at least as large as needed; 0 if that is nowhere."""
        return float(np.max(wanted, where=constrained >= self._needed, initial=0))


@registry.add()
class SensitivityAtSpecificity(_Constrained):
    """The best sensitivity, tp / (tp + fn), where the specificity, tn / (tn + fp), is at least the given one.

    Parameters
    ----------
    specificity : float
        From 0 to 1.
    num_thresholds : int
        How many thresholds from 0 to 1 are tried.
    class_id : int, optional
        Only this column counts.
    name, dtype
        See `Metric`.
    """

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        self.specificity = check_share("specificity", specificity)
        super().__init__(specificity, num_thresholds, class_id, name, dtype)

    def result(self) -> float:
        """Return the sensitivity."""
        return self._best(self._recalls(), self._specificities())


@registry.add()
class SpecificityAtSensitivity(_Constrained):
    """The best specificity where the sensitivity is at least the given one; see `SensitivityAtSpecificity`."""

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        self.sensitivity = check_share("sensitivity", sensitivity)
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)

    def result(self) -> float:
        """Return the specificity."""
        return self._best(self._specificities(), self._recalls())


@registry.add()
class PrecisionAtRecall(_Constrained):
    """The best precision, tp / (tp + fp), where the recall, tp / (tp + fn), is at least the given one.

    See `SensitivityAtSpecificity`.
    """

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        self.recall = check_share("recall", recall)
        super().__init__(recall, num_thresholds, class_id, name, dtype)

    def result(self) -> float:
        """Return the precision."""
        return self._best(self._precisions(), self._recalls())


@registry.add()
class RecallAtPrecision(_Constrained):
    """The best recall where the precision is at least the given one; see `PrecisionAtRecall`."""

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        self.precision = check_share("precision", precision)
        super().__init__(precision, num_thresholds, class_id, name, dtype)

    def result(self) -> float:
        """Return the recall."""
        return self._best(self._recalls(), self._precisions())
