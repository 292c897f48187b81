"""Estimators to and from scikit-learn's, and to a model of fastmlp's."""

import inspect
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from sklearn import neural_network
from sklearn.neural_network import _stochastic_optimizers as scikit_learns

from fastmlp.estimators._activations import OF_HIDDEN, activation_named, of_layers
from fastmlp.estimators._rates import POLICIES, RatePolicy
from fastmlp.estimators._slots import Slots
from fastmlp.layers import Dense, Dropout, Input, Layer
from fastmlp.models import Sequential
from fastmlp.optimizers import SGD, Adam, Optimizer

if TYPE_CHECKING:
    from fastmlp.estimators._mlp import BaseMLP

Array = NDArray[Any]
Estimator = TypeVar("Estimator", bound="BaseMLP")

# What is learnt besides weights and optimizer, by scikit-learn's names, which are fastmlp's too.
_LEARNT = (
    "classes_", "n_features_in_", "feature_names_in_", "n_iter_", "t_", "n_layers_", "n_outputs_", "out_activation_",
    "loss_", "loss_curve_", "best_loss_", "validation_scores_", "best_validation_score_",
    "_label_binarizer", "_random_state", "_no_improvement_count",
)  # fmt: skip
# The constants of scikit-learn's optimizers, which have the same names in both.
_CONSTANTS: dict[type[Optimizer], tuple[str, ...]] = {
    SGD: ("momentum", "nesterov"),
    Adam: ("beta_1", "beta_2", "epsilon"),
}
_WEIGHTS = ("coefs_", "intercepts_", "_best_coefs", "_best_intercepts")


def to_keras(estimator: "BaseMLP") -> Sequential:
    """Return the trained network as a model; see `BaseMLP.to_keras`."""
    network, hidden = estimator._trained_network(), estimator.n_layers_ - 2
    activations = [*of_layers("activation", estimator.activation, hidden), estimator.out_activation_]
    rates = [*estimator._dropout(hidden), 0.0]
    model = Sequential([Input((network.sizes[0],), dtype=network.dtype)])
    for size, given, rate in zip(network.sizes[1:], activations, rates, strict=True):
        activation = activation_named(given, network.dtype)
        own = activation if isinstance(activation, Layer) else None
        model.add(Dense(size, None if own else activation, kernel_initializer="zeros", dtype=network.dtype))
        if own is not None:
            model.add(own)
        if rate:
            model.add(Dropout(rate, dtype=network.dtype))
    model.set_weights([variable.value for variable in network.variables])
    return model


# To and from scikit-learn


def to_sklearn(estimator: "BaseMLP") -> Any:
    """Return scikit-learn's estimator of the same name; see `BaseMLP.to_sklearn`."""
    cls = getattr(neural_network, type(estimator).__name__)
    _refuse_other_activations(estimator)
    other = cls(**_parameters_for(cls, estimator.get_params(deep=False)))
    if not hasattr(estimator, "coefs_"):
        return other
    _copy_learnt(estimator, other)
    if "_optimizer" in vars(estimator):
        optimizer = _to_sklearn_optimizer(estimator, other)
        if optimizer is not None:
            other._optimizer = optimizer
    return other


def from_sklearn(cls: type[Estimator], other: Any) -> Estimator:
    """Return an estimator made of scikit-learn's; see `BaseMLP.from_sklearn`."""
    expected = getattr(neural_network, cls.__name__)
    if not isinstance(other, expected):
        raise TypeError(f"{cls.__name__}.from_sklearn expects scikit-learn's {cls.__name__}. Received: {other!r}")
    estimator = cls(**other.get_params(deep=False))
    if not hasattr(other, "coefs_"):
        return estimator
    _copy_learnt(other, estimator)
    if hasattr(other, "loss_curve_"):
        estimator.validation_loss_curve_ = estimator.best_validation_loss_ = None
    if hasattr(other, "_optimizer"):
        estimator._optimizer, estimator._slots = _from_sklearn_optimizer(estimator, other._optimizer)
        estimator._rate_policy = _from_sklearn_policy(other._optimizer)
    return estimator


def _refuse_other_activations(estimator: "BaseMLP") -> None:
    """Raise if scikit-learn cannot compute what the estimator does."""
    activation = estimator.activation
    output = getattr(estimator, "out_activation", None)
    if not isinstance(activation, str) or activation not in OF_HIDDEN:
        raise ValueError(f"scikit-learn's activation is one of {sorted(OF_HIDDEN)}. Received: {activation!r}")
    if output is not None and output != ("exp" if estimator.get_params()["loss"] == "poisson" else "identity"):
        raise ValueError(f"scikit-learn has no out_activation of one's own. Received: {output!r}")


def _parameters_for(cls: Any, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return those parameters that a class of scikit-learn has and whose values it takes."""
    known = {name: parameters[name] for name in inspect.signature(cls).parameters}
    for name, value in known.items():
        try:
            cls(**{name: value})._validate_params()
        except ValueError:
            known = {each: kept for each, kept in known.items() if each != name}
    return known


def _copy_learnt(source: Any, target: Any) -> None:
    for name in _LEARNT:
        if hasattr(source, name):
            value = getattr(source, name)
            setattr(target, name, list(value) if isinstance(value, list) else value)
    for name in _WEIGHTS:
        setattr(target, name, [np.array(array, order="C") for array in getattr(source, name)])
    if source._best_coefs is source.coefs_:  # behind early stopping, in both
        target._best_coefs, target._best_intercepts = target.coefs_, target.intercepts_


def _to_sklearn_optimizer(estimator: "BaseMLP", other: Any) -> Any:
    """Return scikit-learn's optimizer with what the estimator's remembers, or None if it has none of the kind.

    Its constants are those that it was made with; parameters may have been set since.
    """
    optimizer, network, policy = estimator._optimizer, estimator._trained_network(), estimator._rate_policy
    variables = [*network.kernels, *network.biases]
    params, names = [*other.coefs_, *other.intercepts_], list(optimizer.slot_names)
    if not _is_known_to_sklearn(optimizer):
        return None

    def slot(name: str) -> list[Array]:
        slots = dict(zip(network.variables, optimizer.slots(network.variables)[names.index(name)], strict=True))
        return [slots[variable].numpy() for variable in variables]

    rate = float(optimizer.learning_rate)
    if isinstance(optimizer, SGD):
        made = scikit_learns.SGDOptimizer(
            params, policy.first, policy.name, optimizer.momentum, optimizer.nesterov, policy.power_t
        )
        made.learning_rate = rate
        if names:
            made.velocities = slot("momentum")
        return made
    made = scikit_learns.AdamOptimizer(params, rate, *(getattr(optimizer, name) for name in _CONSTANTS[Adam]))
    made.t, made.ms, made.vs = int(optimizer.batches), slot("momentum"), slot("velocity")
    return made


def _is_known_to_sklearn(optimizer: Optimizer) -> bool:
    """Tell whether an optimizer is one of scikit-learn's two, with nothing that these do not have."""
    kind = type(optimizer)
    if kind not in _CONSTANTS:
        return False
    given = {name: getattr(optimizer, name) for name in ("name", *_CONSTANTS[kind])}
    return kind(optimizer._rate, **given).get_config() == optimizer.get_config()


def _from_sklearn_optimizer(estimator: "BaseMLP", other: Any) -> tuple[Optimizer, Slots]:
    """Return an optimizer and its slots in the order of the network's variables, from scikit-learn's."""
    layers = len(estimator.coefs_)

    def interleaved(arrays: list[Array]) -> list[Array]:
        return [array for i in range(layers) for array in (arrays[i], arrays[layers + i])]

    kind: type[SGD] | type[Adam] = Adam if isinstance(other, scikit_learns.AdamOptimizer) else SGD
    rate = other.learning_rate_init if kind is Adam else other.learning_rate
    optimizer = kind(float(rate), **{name: getattr(other, name) for name in _CONSTANTS[kind]})
    if kind is Adam:
        optimizer.batches = other.t
        content = {"momentum": interleaved(other.ms), "velocity": interleaved(other.vs)}
    else:
        content = {name: interleaved(other.velocities) for name in optimizer.slot_names}
    shapes = [array.shape for array in interleaved([*estimator.coefs_, *estimator.intercepts_])]
    return optimizer, Slots(shapes, content)


def _from_sklearn_policy(other: Any) -> RatePolicy:
    policy = POLICIES[getattr(other, "lr_schedule", "constant")]
    return policy(float(other.learning_rate_init), getattr(other, "power_t", 0.0))
