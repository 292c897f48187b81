"""Adafactor: Adam with the mean squares of a matrix kept by rows and by columns alone."""

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from fastmlp.optimizers._rates import LearningRate
from fastmlp.optimizers._settings import Settings
from fastmlp.optimizers.optimizer import Optimizer, registry
from fastmlp.variables import Variable

Array = NDArray[Any]


@registry.add()
class Adafactor(Optimizer):
    """Steps scaled by an estimate of the mean square of the gradient, of rank one for matrices.

    Computed in NumPy, batch by batch.

    Parameters
    ----------
    learning_rate : float or callable
        The highest rate, or a schedule: a function of the step's number.
    beta_2_decay : float
        How the decay of the means approaches 1, at step t: 1 - t ** beta_2_decay. Not positive.
    epsilon_1 : float
        Added to squares of the gradient.
    epsilon_2 : float
        The least scale of the weights of a variable.
    clip_threshold : float
        The largest root mean square of a step before it is scaled.
    relative_step : bool
        Whether the rate is at most 1 / sqrt(t); not if it is a schedule.
    **kwargs
        What all optimizers take, see `Optimizer`.

    References
    ----------
    N. Shazeer and M. Stern, Adafactor: Adaptive Learning Rates with Sublinear Memory Cost, arXiv:1804.04235.
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 1e-3,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
        **kwargs: Unpack[Settings],
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.beta_2_decay = beta_2_decay
        self.epsilon_1 = epsilon_1
        self.epsilon_2 = epsilon_2
        self.clip_threshold = clip_threshold
        self.relative_step = relative_step
        self._means: dict[Variable, tuple[Variable, ...]] = {}

    def build(self, variables: Sequence[Variable]) -> None:
        """Prepare for training these variables."""
        super().build(variables)
        for variable in variables:
            shape = variable.shape
            factors = (shape[:-1], (*shape[:-2], shape[-1])) if len(shape) > 1 else ((), ())  # Keras saves these too
            shapes = (*factors, shape)
            self._means[variable] = tuple(self.add_variable(each, dtype=variable.dtype) for each in shapes)

    def update_step(self, gradient: Array, variable: Variable, learning_rate: float) -> None:
        """Change a variable by its gradient."""
        step = self.iterations + 1
        most = 1 / np.sqrt(step)
        rate = min(learning_rate, most) if self.relative_step and not self.scheduled else learning_rate
        share = step**self.beta_2_decay
        squares = np.square(gradient) + np.asarray(self.epsilon_1, gradient.dtype)
        rows, columns, mean = self._means[variable]
        if len(variable.shape) > 1:
            rows.assign((1 - share) * rows.value + share * squares.mean(axis=-1))
            columns.assign((1 - share) * columns.value + share * squares.mean(axis=-2))
            relative = rows.value / rows.value.mean(axis=-1, keepdims=True)
            mean.assign(relative[..., np.newaxis] * columns.value[..., np.newaxis, :])
        else:
            mean.assign((1 - share) * mean.value + share * squares)
        change = gradient / np.sqrt(mean.value)
        change = change / max(1.0, _root_mean_square(change) / self.clip_threshold)
        scale = max(self.epsilon_2, _root_mean_square(variable.value)) * min(rate, most)
        self.assign_sub(variable, scale * change)


def _root_mean_square(x: Array) -> float:
    return float(np.sqrt(np.square(x).mean()))
