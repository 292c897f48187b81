"""Adamax: Adam with the largest gradient in place of its mean square."""

from fastmlp.optimizers._moments import Moments
from fastmlp.optimizers.optimizer import registry


@registry.add()
class Adamax(Moments):
    """Adam with the infinity norm.

    With m = beta_1 m + (1 - beta_1) g and u = max(beta_2 u, |g|) for the gradient g, step t = 1, 2, ... is
    w -= learning_rate / (1 - beta_1^t) * m / (u + epsilon).

    Parameters
    ----------
    learning_rate : float or callable
        The rate of every step, or a schedule: a function of the step's number.
    beta_1 : float
        Decay of the mean of the gradient, in [0, 1).
    beta_2 : float
        Decay of its largest absolute value, in [0, 1).
    epsilon : float
        Keeps the division finite; positive.
    **kwargs
        What all optimizers take, see `Optimizer`.

    References
    ----------
    D. P. Kingma and J. Ba, Adam: A Method for Stochastic Optimization, arXiv:1412.6980; section 7.1.
    """

    kind = "adamax"
    slot_names = ("momentum", "norm")
