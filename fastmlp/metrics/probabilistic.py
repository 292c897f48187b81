"""The losses of predicted classes and distributions as metrics."""

from fastmlp import losses
from fastmlp.metrics.means import RowMean
from fastmlp.metrics.metric import registry


@registry.add("bce", "BCE")
class BinaryCrossentropy(RowMean):
    """Mean over the columns of -(t log p + (1 - t) log(1 - p)); see `losses.BinaryCrossentropy`.

    Parameters
    ----------
    name, dtype
        See `Metric`.
    from_logits, label_smoothing
        See the loss.
    """

    direction = "down"

    def __init__(
        self,
        name: str | None = "binary_crossentropy",
        dtype: str | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
    ) -> None:
        super().__init__(
            losses.binary_crossentropy, name, dtype, from_logits=from_logits, label_smoothing=label_smoothing
        )
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing


@registry.add("crossentropy", "ce")  # unless `get_for` knows better
class CategoricalCrossentropy(RowMean):
    """-sum over the classes of t log p; see `losses.CategoricalCrossentropy`.

    Parameters
    ----------
    name, dtype
        See `Metric`.
    from_logits, label_smoothing, axis
        See the loss.
    """

    direction = "down"

    def __init__(
        self,
        name: str | None = "categorical_crossentropy",
        dtype: str | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
        axis: int = -1,
    ) -> None:
        settings = {"from_logits": from_logits, "label_smoothing": label_smoothing, "axis": axis}
        super().__init__(losses.categorical_crossentropy, name, dtype, **settings)
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis


@registry.add()
class SparseCategoricalCrossentropy(RowMean):
    """-log of the probability predicted for the true class; see `losses.SparseCategoricalCrossentropy`.

    Parameters
    ----------
    name, dtype
        See `Metric`.
    from_logits, ignore_class, axis
        See the loss; a target of `ignore_class` counts as a loss of 0.
    """

    direction = "down"

    def __init__(
        self,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: str | None = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ) -> None:
        settings = {"from_logits": from_logits, "ignore_class": ignore_class, "axis": axis}
        super().__init__(losses.sparse_categorical_crossentropy, name, dtype, **settings)
        self.from_logits = from_logits
        self.ignore_class = ignore_class
        self.axis = axis


@registry.add("kld", "KLD")
class KLDivergence(RowMean):
    """Sum over the classes of y_true log(y_true / y_pred), of probabilities.

    Parameters
    ----------
    name, dtype
        See `Metric`.
    """

    direction = "down"

    def __init__(self, name: str | None = "kl_divergence", dtype: str | None = None) -> None:
        super().__init__(losses.kl_divergence, name, dtype)


@registry.add()
class Poisson(RowMean):
    """Mean over the columns of y_pred - y_true log(y_pred): predictions are expected counts.

    Parameters
    ----------
    name, dtype
        See `Metric`.
    """

    direction = "down"

    def __init__(self, name: str | None = "poisson", dtype: str | None = None) -> None:
        super().__init__(losses.poisson, name, dtype)


@registry.add()
class Hinge(RowMean):
    """Mean over the columns of max(1 - y_true y_pred, 0); targets are -1 or 1, or 0 or 1.

    Parameters
    ----------
    name, dtype
        See `Metric`.
    """

    direction = "down"

    def __init__(self, name: str | None = "hinge", dtype: str | None = None) -> None:
        super().__init__(losses.hinge, name, dtype)


@registry.add()
class SquaredHinge(RowMean):
    """Mean over the columns of max(1 - y_true y_pred, 0)²; targets are -1 or 1, or 0 or 1.

    Parameters
    ----------
    name, dtype
        See `Metric`.
    """

    direction = "down"

    def __init__(self, name: str | None = "squared_hinge", dtype: str | None = None) -> None:
        super().__init__(losses.squared_hinge, name, dtype)


@registry.add()
class CategoricalHinge(RowMean):
    """max(1 + the largest prediction of another class - that of the true class, 0); targets are one-hot vectors.

    Parameters
    ----------
    name, dtype
        See `Metric`.
    """

    direction = "down"

    def __init__(self, name: str | None = "categorical_hinge", dtype: str | None = None) -> None:
        super().__init__(losses.categorical_hinge, name, dtype)
