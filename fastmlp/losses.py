"""Losses: what a model minimises. They are names and constants here; the engine computes them and their gradients."""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp._lookup import lookup
from fastmlp._measure import Measure
from fastmlp._registry import Configured, Registry

registry: "Registry[Loss]" = Registry("loss")


class Loss(Configured):
    """Base class of losses; a loss of a batch is the mean over its rows.

    Parameters
    ----------
    name : str, optional
        Defaults to the loss' name in Keras.

    Attributes
    ----------
    kind : str
        The engine's name of this loss.
    scalars : tuple of float
        The constants that the engine needs.
    labels : bool
        Whether a target is one class index instead of one number for each column of the prediction.
    """

    default_name: ClassVar[str]
    kind: str
    scalars: tuple[float, ...] = ()
    labels: ClassVar[bool] = False

    def __init__(self, name: str | None = None) -> None:
        self.name = self.default_name if name is None else name

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> NDArray[np.float64]:
        """Return the loss of each row.

        Parameters
        ----------
        y_true : array-like, shape (..., columns), or (...) for class indices
            Targets.
        y_pred : array-like, shape (..., columns)
            Predictions.

        Returns
        -------
        numpy.ndarray, shape (...)
            Means over the columns.
        """
        return Measure("loss", self.kind, self.scalars, self.labels, y_true, y_pred).rows()

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the mean over the rows, each times its weight."""
        total, rows = Measure("loss", self.kind, self.scalars, self.labels, y_true, y_pred, sample_weight).sums()
        return float(total / rows)


@registry.add("mse", "MSE")
class MeanSquaredError(Loss):
    """Mean over the columns of (y_true - y_pred)²."""

    default_name = "mean_squared_error"
    kind = "mse"


@registry.add("mae", "MAE")
class MeanAbsoluteError(Loss):
    """Mean over the columns of the absolute value of y_true - y_pred."""

    default_name = "mean_absolute_error"
    kind = "mae"


@registry.add("huber_loss")
class Huber(Loss):
    """Quadratic for small errors, linear for large ones.

    Of an error e, absolute value of y_true - y_pred: e² / 2 where e <= delta, else delta (e - delta / 2); mean over the
    columns.

    Parameters
    ----------
    delta : float
        Where the quadratic part ends; positive.
    name : str
        Name of the loss.

    References
    ----------
    P. J. Huber, Robust Estimation of a Location Parameter, Annals of Mathematical Statistics 35 (1964).
    """

    default_name = "huber_loss"
    kind = "huber"

    def __init__(self, delta: float = 1.0, name: str | None = None) -> None:
        super().__init__(name)
        if not delta > 0:
            raise ValueError(f"`delta` must be a positive number. Received: delta={delta!r}")
        self.delta = float(delta)
        self.scalars = (self.delta,)


class _Crossentropy(Loss):
    """What the cross-entropies share: they read probabilities or logits."""

    def __init__(self, from_logits: bool = False, name: str | None = None) -> None:
        super().__init__(name)
        self.from_logits = bool(from_logits)
        self.kind = self.default_name + ("_logits" if from_logits else "")


class _SmoothedCrossentropy(_Crossentropy):
    """A cross-entropy whose targets can be drawn towards the uniform distribution."""

    def __init__(self, from_logits: bool = False, label_smoothing: float = 0.0, name: str | None = None) -> None:
        super().__init__(from_logits, name)
        if not 0 <= label_smoothing <= 1:
            raise ValueError(f"`label_smoothing` must be between 0 and 1. Received: {label_smoothing!r}")
        self.label_smoothing = float(label_smoothing)
        self.scalars = (self.label_smoothing,)


@registry.add("bce", "BCE")
class BinaryCrossentropy(_SmoothedCrossentropy):
    """-(t log p + (1 - t) log(1 - p)), mean over the columns; each column is a yes-or-no question of its own.

    Parameters
    ----------
    from_logits : bool
        Whether predictions are logits, whose sigmoid is p; else they are p.
    label_smoothing : float
        Moves targets towards 1/2: t (1 - s) + s / 2.
    name : str
        Name of the loss.
    """

    default_name = "binary_crossentropy"


@registry.add()
class CategoricalCrossentropy(_SmoothedCrossentropy):
    """-sum over the classes of t log p; targets are distributions over the classes, such as one-hot vectors.

    Parameters
    ----------
    from_logits : bool
        Whether predictions are logits, whose softmax is p; else they are p.
    label_smoothing : float
        Moves targets towards the uniform distribution: t (1 - s) + s / classes.
    name : str
        Name of the loss.
    """

    default_name = "categorical_crossentropy"


@registry.add()
class SparseCategoricalCrossentropy(_Crossentropy):
    """-log of the probability predicted for the true class; a target is the index of its class.

    Parameters
    ----------
    from_logits : bool
        Whether predictions are logits, whose softmax is p; else they are p.
    name : str
        Name of the loss.
    """

    default_name = "sparse_categorical_crossentropy"
    labels = True


def mean_squared_error(y_true: ArrayLike, y_pred: ArrayLike) -> NDArray[np.float64]:
    """Return the `MeanSquaredError` of each row."""
    return MeanSquaredError().rows(y_true, y_pred)


def mean_absolute_error(y_true: ArrayLike, y_pred: ArrayLike) -> NDArray[np.float64]:
    """Return the `MeanAbsoluteError` of each row."""
    return MeanAbsoluteError().rows(y_true, y_pred)


def huber(y_true: ArrayLike, y_pred: ArrayLike, delta: float = 1.0) -> NDArray[np.float64]:
    """Return the `Huber` loss of each row."""
    return Huber(delta).rows(y_true, y_pred)


def binary_crossentropy(
    y_true: ArrayLike, y_pred: ArrayLike, from_logits: bool = False, label_smoothing: float = 0.0
) -> NDArray[np.float64]:
    """Return the `BinaryCrossentropy` of each row."""
    return BinaryCrossentropy(from_logits, label_smoothing).rows(y_true, y_pred)


def categorical_crossentropy(
    y_true: ArrayLike, y_pred: ArrayLike, from_logits: bool = False, label_smoothing: float = 0.0
) -> NDArray[np.float64]:
    """Return the `CategoricalCrossentropy` of each row."""
    return CategoricalCrossentropy(from_logits, label_smoothing).rows(y_true, y_pred)


def sparse_categorical_crossentropy(
    y_true: ArrayLike, y_pred: ArrayLike, from_logits: bool = False
) -> NDArray[np.float64]:
    """Return the `SparseCategoricalCrossentropy` of each row."""
    return SparseCategoricalCrossentropy(from_logits).rows(y_true, y_pred)


mse = MSE = mean_squared_error
mae = MAE = mean_absolute_error
bce = BCE = binary_crossentropy

_FUNCTIONS: dict[Callable[..., Any], type[Loss]] = {
    mean_squared_error: MeanSquaredError,
    mean_absolute_error: MeanAbsoluteError,
    huber: Huber,
    binary_crossentropy: BinaryCrossentropy,
    categorical_crossentropy: CategoricalCrossentropy,
    sparse_categorical_crossentropy: SparseCategoricalCrossentropy,
}


def get(identifier: object) -> Loss:
    """Return a loss.

    Parameters
    ----------
    identifier : str, function, class, dict or Loss
        A name ("mse", "mean_squared_error", "MeanSquaredError"), a function of this module, or what `serialize`
        returned.

    Raises
    ------
    ValueError
        If it is none of these; an unknown name is answered with the known ones.
    """
    return lookup(registry, Loss, identifier, _FUNCTIONS)


serialize = registry.serialize
deserialize = registry.deserialize
