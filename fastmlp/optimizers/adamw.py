"""AdamW: Adam with weights that decay by themselves."""

from typing import Unpack

from fastmlp.optimizers._rates import LearningRate
from fastmlp.optimizers._settings import Common
from fastmlp.optimizers.adam import Adam
from fastmlp.optimizers.optimizer import registry


@registry.add("adamw")
class AdamW(Adam):
    """Adam, with w -= learning_rate * weight_decay * w before each step.

    Parameters
    ----------
    learning_rate : float or callable
        The rate of every step, or a schedule: a function of the step's number.
    weight_decay : float
        What each step takes off the weights, as a share of them and of the learning rate.
    beta_1, beta_2, epsilon, amsgrad
        As for Adam.
    **kwargs
        What all optimizers take, see `Optimizer`.

    References
    ----------
    I. Loshchilov and F. Hutter, Decoupled Weight Decay Regularization, arXiv:1711.05101.
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **kwargs: Unpack[Common],
    ) -> None:
        if weight_decay is None:
            raise ValueError("`weight_decay` must be a number. Received: weight_decay=None")
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay=weight_decay, **kwargs)
