"""Lamb: Adam's direction, as long as the weights are large."""

from fastmlp.optimizers._moments import Moments
from fastmlp.optimizers.optimizer import registry


@registry.add()
class Lamb(Moments):
    """Adam with a rate for each variable.

    The direction r = m / (1 - beta_1^t) / (sqrt(v / (1 - beta_2^t)) + epsilon), with Adam's m and v, is followed by
    w -= learning_rate * |w| / |r| * r; by learning_rate * r where one of the norms is zero.

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
    Y. You and others, Large Batch Optimization for Deep Learning: Training BERT in 76 minutes, arXiv:1904.00962.
    """

    kind = "lamb"
    slot_names = ("momentum", "velocity")
