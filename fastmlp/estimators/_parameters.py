"""Parameters: how estimators keep them, and what those of the MLPs may be, as scikit-learn's validation wants it."""

from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.metrics import get_scorer_names

from fastmlp import losses
from fastmlp.callbacks import Callback
from fastmlp.estimators import _activations, _optimizers
from fastmlp.estimators._scikit_learn import Interval, Options, StrOptions
from fastmlp.losses import Loss
from fastmlp.optimizers import Optimizer

_LOSSES = {"squared_error", "poisson", "absolute_error", "huber", "quantile"} | {
    name for name in losses.registry.names if name == name.lower()
}

CONSTRAINTS: dict[str, list[Any]] = {
    "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
    "activation": [StrOptions(_activations.NAMES), callable, list, tuple],
    "solver": [StrOptions({"lbfgs", *_optimizers.NAMES}), Optimizer],
    "alpha": [Interval(Real, 0, None, closed="left")],
    "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
    "learning_rate": [StrOptions({"constant", "invscaling", "adaptive"}), callable],
    "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
    "power_t": [Interval(Real, 0, None, closed="left")],
    "max_iter": [Interval(Integral, 1, None, closed="left")],
    "shuffle": ["boolean"],
    "random_state": ["random_state"],
    "tol": [Interval(Real, 0, None, closed="left")],
    "verbose": ["verbose"],
    "warm_start": ["boolean"],
    "momentum": [Interval(Real, 0, 1, closed="both")],
    "nesterovs_momentum": ["boolean"],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="left")],
    "beta_1": [Interval(Real, 0, 1, closed="left")],
    "beta_2": [Interval(Real, 0, 1, closed="left")],
    "epsilon": [Interval(Real, 0, None, closed="neither")],
    "n_iter_no_change": [Interval(Integral, 1, None, closed="left"), Options(Real, {np.inf})],
    "max_fun": [Interval(Integral, 1, None, closed="left")],
    "dropout": [Interval(Real, 0, 1, closed="left"), "array-like"],
    "callbacks": [list, tuple, Callback, None],
    "scoring": [StrOptions(set(get_scorer_names())), callable, None],
    "restore_best": ["boolean"],
    "n_threads": [Interval(Integral, 1, None, closed="left"), None],
}
CLASSIFIER: dict[str, list[Any]] = {**CONSTRAINTS, "class_weight": [StrOptions({"balanced"}), dict, list, None]}
REGRESSOR: dict[str, list[Any]] = {
    **CONSTRAINTS,
    "loss": [StrOptions(_LOSSES), Loss, callable],
    "out_activation": [StrOptions(_activations.NAMES | {"exp"}), callable, None],
    "quantile": [Interval(Real, 0, 1, closed="neither")],
    "delta": [Interval(Real, 0, None, closed="neither")],
}


def keep_parameters(estimator: Any, given: Mapping[str, Any]) -> None:
    """Keep the arguments of a constructor under their names, as they are: scikit-learn's clone wants that."""
    for name, value in given.items():
        if name != "self":
            setattr(estimator, name, value)
