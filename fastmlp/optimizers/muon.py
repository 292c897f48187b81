"""Muon: momentum whose matrices are made nearly orthogonal; Adam for all that is no matrix."""

import re
from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from fastmlp.optimizers._rates import LearningRate
from fastmlp.optimizers._settings import Common
from fastmlp.optimizers.optimizer import Optimizer, registry
from fastmlp.variables import Variable

Array = NDArray[Any]


@registry.add()
class Muon(Optimizer):
    """Steps along the momentum of a matrix with all its singular values near 1.

    Computed in NumPy, batch by batch.

    Parameters
    ----------
    learning_rate : float or callable
        The rate of every step, or a schedule: a function of the step's number.
    adam_beta_1, adam_beta_2, epsilon : float
        Of Adam's steps, for vectors and what is excluded.
    adam_weight_decay : float, optional
        Decay of the weights that Adam steps.
    weight_decay : float, optional
        Decay of the other weights.
    exclude_layers : list of str, optional
        Patterns of names of variables to be left to Adam.
    exclude_embeddings : bool
        Whether embeddings are left to Adam.
    muon_a, muon_b, muon_c : float
        Coefficients of the polynomial that is iterated on the singular values.
    adam_lr_ratio : float
        Adam's rate, as a multiple of `learning_rate`.
    momentum : float
        How much of the momentum a step keeps.
    ns_steps : int
        Iterations of the polynomial.
    nesterov : bool
        Whether the step looks ahead by Nesterov's rule.
    rms_rate : float, optional
        Steps are multiplied by this and by the root of the larger side of the matrix.
    **kwargs
        What all optimizers take, see `Optimizer`.

    References
    ----------
    K. Jordan and others, Muon: An optimizer for hidden layers in neural networks, 2024; rates as in J. Liu and others,
    Muon is Scalable for LLM Training, arXiv:2502.16982.
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        adam_beta_1: float = 0.9,
        adam_beta_2: float = 0.999,
        adam_weight_decay: float | None = 0.004,
        epsilon: float = 1e-7,
        weight_decay: float | None = 0.004,
        exclude_layers: list[str] | None = None,
        exclude_embeddings: bool = True,
        muon_a: float = 3.4445,
        muon_b: float = -4.775,
        muon_c: float = 2.0315,
        adam_lr_ratio: float = 1,
        momentum: float = 0.95,
        ns_steps: int = 5,
        nesterov: bool = True,
        rms_rate: float | None = 0.2,
        **kwargs: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, weight_decay, **kwargs)
        self.adam_beta_1 = adam_beta_1
        self.adam_beta_2 = adam_beta_2
        self.adam_weight_decay = adam_weight_decay
        self.epsilon = epsilon
        self.exclude_layers = exclude_layers or []
        self.exclude_embeddings = exclude_embeddings
        self.muon_a = muon_a
        self.muon_b = muon_b
        self.muon_c = muon_c
        self.adam_lr_ratio = adam_lr_ratio
        self.momentum = momentum
        self.ns_steps = ns_steps
        self.nesterov = nesterov
        self.rms_rate = rms_rate
        self._means: dict[Variable, tuple[Variable, ...]] = {}

    def build(self, variables: Sequence[Variable]) -> None:
        """Prepare for training these variables."""
        super().build(variables)
        for variable in variables:
            names = ("momentum", "velocity") if self._is_adams(variable) else ("momentum",)
            self._means[variable] = tuple(self.add_variable_from_reference(variable, name) for name in names)

    def update_step(self, gradient: Array, variable: Variable, learning_rate: float) -> None:
        """Change a variable by its gradient."""
        if self._is_adams(variable):
            self._adam_step(gradient, variable, learning_rate * self.adam_lr_ratio)
            return
        (momentum,) = self._means[variable]
        self.assign_add(momentum, gradient + momentum.value * (self.momentum - 1))
        direction = gradient + self.momentum * momentum.value if self.nesterov else momentum.value
        scale = 1.0 if self.rms_rate is None else np.sqrt(max(variable.shape)) * self.rms_rate
        self.assign_sub(variable, learning_rate * scale * self._orthogonal(direction))

    def _adam_step(self, gradient: Array, variable: Variable, rate: float) -> None:
        momentum, velocity = self._means[variable]
        step = self.iterations + 1
        rate *= np.sqrt(1 - self.adam_beta_2**step) / (1 - self.adam_beta_1**step)
        self.assign_add(momentum, (gradient - momentum.value) * (1 - self.adam_beta_1))
        self.assign_add(velocity, (np.square(gradient) - velocity.value) * (1 - self.adam_beta_2))
        self.assign_sub(variable, rate * momentum.value / (np.sqrt(velocity.value) + self.epsilon))

    def _orthogonal(self, x: Array) -> Array:
        """Return a matrix with the singular vectors of x and singular values near 1, by Newton and Schulz."""
        if x.shape[0] > x.shape[1]:
            return self._orthogonal(x.T).T
        x = x / (np.linalg.norm(x) + 1e-7)
        for _ in range(self.ns_steps):
            squares = x @ x.T
            x = self.muon_a * x + (self.muon_b * squares + self.muon_c * squares @ squares) @ x
        return x

    def _is_adams(self, variable: Variable) -> bool:
        name = variable.name
        embedding = self.exclude_embeddings and "embedding" in name.lower()
        return len(variable.shape) != 2 or embedding or any(re.search(each, name) for each in self.exclude_layers)

    @property
    def _decaying(self) -> bool:
        return bool(self.weight_decay or self.adam_weight_decay)

    def _decay_of(self, variable: Variable) -> float:
        return (self.adam_weight_decay if self._is_adams(variable) else self.weight_decay) or 0.0
