"""FTRL: follow the regularized leader, with penalties that make weights exactly zero."""

from typing import Unpack

from numpy.typing import ArrayLike

from fastmlp.optimizers._constant import Constant
from fastmlp.optimizers._rates import LearningRate
from fastmlp.optimizers._settings import Settings
from fastmlp.optimizers.optimizer import Optimizer, registry
from fastmlp.variables import Variable


@registry.add()
class Ftrl(Optimizer):
    """Follow the regularized leader, one rate for each weight.

    For the gradient g, the sum a of its squares, and p = -learning_rate_power:
    z += g + 2 l2_shrinkage w - ((a + g²)^p - a^p) / learning_rate w, a += g²,
    w = (clip(z, -l1, l1) - z) / (a^p / learning_rate + 2 l2 + beta / learning_rate).

    Parameters
    ----------
    learning_rate : float or callable
        The rate of every step, or a schedule: a function of the step's number.
    learning_rate_power : float
        How the rates fall with the sum of squares, at most 0; -0.5 is Adagrad's way.
    initial_accumulator_value : float
        Where a begins, at least 0.
    l1_regularization_strength, l2_regularization_strength : float
        Penalties on the weights, at least 0.
    l2_shrinkage_regularization_strength : float
        A penalty on the gradient alone, at least 0.
    beta : float
        Added to the roots of the sums of squares.
    **kwargs
        What all optimizers take, see `Optimizer`.

    References
    ----------
    H. B. McMahan and others, Ad Click Prediction: a View from the Trenches, KDD 2013.
    """

    kind = "ftrl"
    slot_names = ("accumulator", "linear")
    learning_rate_power = Constant("a number of at most 0", lambda number: number <= 0)
    initial_accumulator_value = Constant("a number of at least 0", lambda number: number >= 0)
    l1_regularization_strength = Constant("a number of at least 0", lambda number: number >= 0)
    l2_regularization_strength = Constant("a number of at least 0", lambda number: number >= 0)
    l2_shrinkage_regularization_strength = Constant("a number of at least 0", lambda number: number >= 0)
    beta = Constant("a number of at least 0", lambda number: number >= 0)

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
        **kwargs: Unpack[Settings],
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.learning_rate_power = learning_rate_power
        self.initial_accumulator_value = initial_accumulator_value
        self.l1_regularization_strength = l1_regularization_strength
        self.l2_regularization_strength = l2_regularization_strength
        self.l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength
        self.beta = beta

    @property
    def hyper(self) -> tuple[float, ...]:
        """The engine's constants of the formula."""
        return (
            self.learning_rate_power,
            self.l1_regularization_strength,
            self.l2_regularization_strength,
            self.l2_shrinkage_regularization_strength,
            self.beta,
        )

    def _first_value(self, name: str, variable: Variable) -> ArrayLike:
        return float(self.initial_accumulator_value) if name == "accumulator" else 0.0
