"""Adam: steps scaled by running means of the gradient and of its square."""

from typing import Unpack

from fastmlp.optimizers._moments import Moments
from fastmlp.optimizers._rates import LearningRate
from fastmlp.optimizers._settings import Settings
from fastmlp.optimizers.optimizer import registry


@registry.add()
class Adam(Moments):
    """Adaptive moment estimation.

    With m = beta_1 m + (1 - beta_1) g and v = beta_2 v + (1 - beta_2) g² for the gradient g, step t = 1, 2, ... is
    w -= learning_rate sqrt(1 - beta_2^t) / (1 - beta_1^t) * m / (sqrt(v) + epsilon).

    Parameters
    ----------
    learning_rate : float or callable
        The rate of every step, or a schedule: a function of the step's number.
    beta_1 : float
        Decay of the mean of the gradient, in [0, 1).
    beta_2 : float
        Decay of the mean of its square, in [0, 1).
    epsilon : float
        Keeps the division finite; positive.
    amsgrad : bool
        Whether the largest v so far takes the place of v in the step.
    **kwargs
        What all optimizers take, see `Optimizer`.

    References
    ----------
    D. P. Kingma and J. Ba, Adam: A Method for Stochastic Optimization, arXiv:1412.6980; the last formula of section 2.
    S. Reddi, S. Kale and S. Kumar, On the Convergence of Adam and Beyond, ICLR 2018, for `amsgrad`.
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **kwargs: Unpack[Settings],
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **kwargs)
        self.amsgrad = bool(amsgrad)

    @property
    def kind(self) -> str:
        """The engine's name of the formula."""
        return "amsgrad" if self.amsgrad else "adam"

    @property
    def slot_names(self) -> tuple[str, ...]:
        """The slots that the formula needs."""
        return ("momentum", "velocity", "velocity_hat") if self.amsgrad else ("momentum", "velocity")

    @property
    def slot_blocks(self) -> tuple[tuple[str, ...], ...]:
        """The slots in Keras' order."""
        return (self.slot_names[:2], self.slot_names[2:])
