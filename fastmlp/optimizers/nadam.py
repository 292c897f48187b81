"""Nadam: Adam with Nesterov's momentum."""

from fastmlp.optimizers._moments import Moments
from fastmlp.optimizers.optimizer import registry


@registry.add()
class Nadam(Moments):
    """Adam that looks one step ahead.

    With Adam's m and v, the momentum of step t, u_t = beta_1 (1 - 0.96^t / 2), and U_t, the product of those up to t,
    w -= learning_rate * n / (sqrt(v / (1 - beta_2^t)) + epsilon) where
    n = u_(t+1) m / (1 - U_(t+1)) + (1 - u_t) g / (1 - U_t).

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
    **kwargs
        What all optimizers take, see `Optimizer`.

    References
    ----------
    T. Dozat, Incorporating Nesterov Momentum into Adam, ICLR workshop 2016.
    """

    kind = "nadam"
    slot_names = ("momentum", "velocity")
