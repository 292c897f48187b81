"""The losses of the estimators as the engine takes them, with scikit-learn's scale."""

from typing import NamedTuple

import numpy as np

from fastmlp.lowering import LossSpec


class Objective(NamedTuple):
    """A loss of the output before its activation.

    Attributes
    ----------
    spec : LossSpec
        Its gradient is what scikit-learn takes for the gradient. That of the squared error belongs to half the sum over
        the outputs, while scikit-learn reports half the mean.
    scale : float
        What the engine's loss, a mean over the outputs, is multiplied with to be the loss that scikit-learn reports.
    target : tuple of int
        The shape of one sample of the target.
    """

    spec: LossSpec
    scale: float
    target: tuple[int, ...]


def objective_of(loss: str, activation: str, outputs: int, dtype: str) -> Objective:
    """Return the objective of a loss behind an output activation, both by scikit-learn's names.

    Parameters
    ----------
    loss : {"log_loss", "squared_error", "poisson"}
        Of `log_loss`, the kind follows from the activation.
    activation : {"softmax", "logistic", "identity", "exp"}
        Of the output.
    outputs : int
        Columns of the output.
    dtype : str
        Of the network. Logarithms are of probabilities between its epsilon and 1 minus that.
    """
    clip = (0.0, float(np.finfo(dtype).eps))
    if activation == "softmax":
        return _objective("sparse_categorical_crossentropy_logits", 1, 1.0, 1.0, clip)
    if activation == "logistic":
        return _objective("binary_crossentropy_logits", outputs, outputs, outputs, clip)
    if loss == "poisson":
        return _objective("poisson_log", outputs, outputs, outputs)
    return _objective("mse", outputs, outputs / 2, 0.5)


def _objective(kind: str, target: int, weight: float, scale: float, scalars: tuple[float, ...] = ()) -> Objective:
    return Objective(LossSpec(kind, 0, 0, weight, scalars, per="weight"), scale, (target,))
