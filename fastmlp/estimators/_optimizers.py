"""From the parameters `solver` and `learning_rate` to an optimizer and what becomes of its rate."""

from typing import TYPE_CHECKING

from fastmlp import optimizers
from fastmlp.estimators._rates import POLICIES, RatePolicy
from fastmlp.optimizers import SGD, Adam, Optimizer
from fastmlp.optimizers.optimizer import registry

if TYPE_CHECKING:
    from fastmlp.estimators._mlp import BaseMLP

NAMES = frozenset(name for name in registry.names if name == name.lower())


def optimizer_of(estimator: "BaseMLP") -> Optimizer:
    """Return a new optimizer as the parameters ask for it."""
    solver, schedule = estimator.solver, estimator.learning_rate
    rate = schedule if callable(schedule) else float(estimator.learning_rate_init)
    if isinstance(solver, Optimizer):
        own = schedule if callable(schedule) else solver._rate
        return type(solver).from_config({**solver.get_config(), "learning_rate": own})
    if solver == "sgd":
        return SGD(rate, momentum=estimator.momentum, nesterov=estimator.nesterovs_momentum)
    if solver == "adam":
        return Adam(rate, beta_1=estimator.beta_1, beta_2=estimator.beta_2, epsilon=estimator.epsilon)
    found = optimizers.get(solver)
    found.learning_rate = rate
    return found


def policy_of(estimator: "BaseMLP") -> RatePolicy:
    """Return scikit-learn's policy of `solver="sgd"`, and for others the one that changes nothing."""
    scaled = estimator.solver == "sgd" and isinstance(estimator.learning_rate, str)
    policy = POLICIES[estimator.learning_rate if scaled else "constant"]
    return policy(float(estimator.learning_rate_init), estimator.power_t)
