"""Losses: what a model minimises. Each is a formula in ops; the engine has the commonest in one piece."""

from collections.abc import Callable
from typing import Any

from fastmlp._lookup import lookup
from fastmlp._registry import Functions
from fastmlp.losses.crossentropies import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
    binary_crossentropy,
    categorical_crossentropy,
    sparse_categorical_crossentropy,
)
from fastmlp.losses.focal import (
    BinaryFocalCrossentropy,
    CategoricalFocalCrossentropy,
    CategoricalGeneralizedCrossEntropy,
    binary_focal_crossentropy,
    categorical_focal_crossentropy,
    categorical_generalized_cross_entropy,
)
from fastmlp.losses.hinge import (
    CategoricalHinge,
    Hinge,
    SquaredHinge,
    categorical_hinge,
    hinge,
    squared_hinge,
)
from fastmlp.losses.loss import Loss, LossFunctionWrapper, registry
from fastmlp.losses.overlap import Dice, Tversky, dice, tversky
from fastmlp.losses.probabilistic import KLDivergence, Poisson, kl_divergence, poisson
from fastmlp.losses.regression import (
    CosineSimilarity,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    cosine_similarity,
    huber,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
)

mse = MSE = mean_squared_error
mae = MAE = mean_absolute_error
mape = MAPE = mean_absolute_percentage_error
msle = MSLE = mean_squared_logarithmic_error
bce = BCE = binary_crossentropy
kld = KLD = kullback_leibler_divergence = kl_divergence
logcosh = log_cosh

_FUNCTIONS: dict[Callable[..., Any], type[Loss]] = {
    binary_crossentropy: BinaryCrossentropy,
    binary_focal_crossentropy: BinaryFocalCrossentropy,
    categorical_crossentropy: CategoricalCrossentropy,
    categorical_focal_crossentropy: CategoricalFocalCrossentropy,
    categorical_generalized_cross_entropy: CategoricalGeneralizedCrossEntropy,
    categorical_hinge: CategoricalHinge,
    cosine_similarity: CosineSimilarity,
    dice: Dice,
    hinge: Hinge,
    huber: Huber,
    kl_divergence: KLDivergence,
    log_cosh: LogCosh,
    mean_absolute_error: MeanAbsoluteError,
    mean_absolute_percentage_error: MeanAbsolutePercentageError,
    mean_squared_error: MeanSquaredError,
    mean_squared_logarithmic_error: MeanSquaredLogarithmicError,
    poisson: Poisson,
    sparse_categorical_crossentropy: SparseCategoricalCrossentropy,
    squared_hinge: SquaredHinge,
    tversky: Tversky,
}
_CROSSENTROPY = ("crossentropy", "ce")

functions = Functions("loss function")  # by which configs name them
for _function in _FUNCTIONS:
    functions.add()(_function)


def get(identifier: object) -> Loss:
    """Return a loss.

    Parameters
    ----------
    identifier : str, function, class, dict or Loss
        A name ("mse", "mean_squared_error", "MeanSquaredError"), a function of targets and predictions, or what
        `serialize` returned.

    Raises
    ------
    ValueError
        If it is none of these; an unknown name is answered with the known ones.
    """
    return lookup(registry, Loss, identifier, _FUNCTIONS, LossFunctionWrapper)


def get_for(identifier: object, columns: int, labels: bool) -> Loss:
    """Return a loss as `get` does, and for "crossentropy" or "ce" the one that fits the output.

    Parameters
    ----------
    identifier : str, function, class, dict or Loss
        What the user gave.
    columns : int
        Columns of the output: with one, it means `BinaryCrossentropy`, with more `CategoricalCrossentropy`.
    labels : bool
        Whether targets are class indices: then it means `SparseCategoricalCrossentropy`.
    """
    if not (isinstance(identifier, str) and identifier.lower() in _CROSSENTROPY):
        return get(identifier)
    if columns == 1:
        return BinaryCrossentropy()
    return SparseCategoricalCrossentropy() if labels else CategoricalCrossentropy()


serialize = registry.serialize
deserialize = registry.deserialize

__all__ = [
    "BCE",
    "KLD",
    "MAE",
    "MAPE",
    "MSE",
    "MSLE",
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "CategoricalHinge",
    "CosineSimilarity",
    "Dice",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "LossFunctionWrapper",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "Tversky",
    "bce",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_generalized_cross_entropy",
    "categorical_hinge",
    "cosine_similarity",
    "deserialize",
    "dice",
    "get",
    "get_for",
    "hinge",
    "huber",
    "kl_divergence",
    "kld",
    "kullback_leibler_divergence",
    "log_cosh",
    "logcosh",
    "mae",
    "mape",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "mse",
    "msle",
    "poisson",
    "registry",
    "serialize",
    "sparse_categorical_crossentropy",
    "squared_hinge",
    "tversky",
]
