"""Schedule-free AdamW: an average of the weights in place of a falling learning rate."""

from typing import Unpack

from numpy.typing import ArrayLike

from fastmlp.optimizers._constant import Constant
from fastmlp.optimizers._rates import LearningRate
from fastmlp.optimizers._settings import Settings
from fastmlp.optimizers.optimizer import Optimizer, registry
from fastmlp.variables import Variable


@registry.add("schedulefreeadamw")
class ScheduleFreeAdamW(Optimizer):
    """Adam's steps from a point z, gradients at a point between z and the mean of all z.

    Step t = 1, 2, ... with v = beta_2 v + (1 - beta_2) g² for the gradient g:
    z -= learning_rate g / (sqrt(v / (1 - beta_2^t)) + epsilon), x += (z - x) / t, w = (1 - beta_1) z + beta_1 x.

    Parameters
    ----------
    learning_rate : float or callable
        The rate of every step, or a schedule: a function of the step's number.
    beta_1 : float
        Where between z (0) and x (1) the weights are, in (0, 1].
    beta_2 : float
        Decay of the mean of the square of the gradient, in [0, 1).
    epsilon : float
        Keeps the division finite; positive.
    warmup_steps : int
        Steps in which the rate rises to `learning_rate`.
    **kwargs
        What all optimizers take, see `Optimizer`.

    References
    ----------
    A. Defazio and others, The Road Less Scheduled, arXiv:2405.15682.
    """

    kind = "schedule_free"
    slot_names = ("momentum", "velocity")
    beta_1 = Constant("above 0 and at most 1", lambda share: 0 < share <= 1)
    beta_2 = Constant("at least 0 and less than 1", lambda decay: 0 <= decay < 1)
    epsilon = Constant("a positive number", lambda number: number > 0)
    warmup_steps = Constant("a number of at least 0", lambda number: number >= 0)

    def __init__(
        self,
        learning_rate: LearningRate = 0.0025,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        warmup_steps: float = 0,
        **kwargs: Unpack[Settings],
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.warmup_steps = warmup_steps

    @property
    def hyper(self) -> tuple[float, ...]:
        """The engine's constants of the formula."""
        return (self.beta_1, self.beta_2, self.epsilon, self.warmup_steps)

    def _first_value(self, name: str, variable: Variable) -> ArrayLike:
        return variable.value if name == "momentum" else 0.0
