"""scikit-learn's policies for the learning rate of `solver="sgd"`."""

from fastmlp.optimizers import Optimizer


class RatePolicy:
    """What becomes of the learning rate behind an epoch, and where nothing improves any more; here: nothing.

    Parameters
    ----------
    first : float
        The learning rate at the start.
    power_t : float
        The exponent of `InverseScaling`.

    Attributes
    ----------
    name : str
        As a value of the parameter `learning_rate`.
    """

    name = "constant"

    def __init__(self, first: float, power_t: float) -> None:
        self.first = first
        self.power_t = power_t

    def end_epoch(self, optimizer: Optimizer, rows_seen: int) -> None:
        """Set the rate of the next epoch."""

    def no_improvement(self, optimizer: Optimizer) -> tuple[bool, str]:
        """Return whether training is to stop, and what is done, for the report."""
        return True, "Stopping."


class InverseScaling(RatePolicy):
    """The rate falls with a power of the rows seen."""

    name = "invscaling"

    def end_epoch(self, optimizer: Optimizer, rows_seen: int) -> None:
        optimizer.learning_rate = self.first / (rows_seen + 1) ** self.power_t


class Adaptive(RatePolicy):
    """The rate is divided by 5 whenever nothing improves, down to 1e-6."""

    name = "adaptive"

    def no_improvement(self, optimizer: Optimizer) -> tuple[bool, str]:
        if optimizer.learning_rate <= 1e-6:
            return True, "Learning rate too small. Stopping."
        optimizer.learning_rate = float(optimizer.learning_rate) / 5
        return False, f"Setting learning rate to {float(optimizer.learning_rate):f}"


POLICIES = {policy.name: policy for policy in (RatePolicy, InverseScaling, Adaptive)}
