"""Models put together at random, from fixed seeds, of everything that the other tests look at one by one."""

from typing import Any

import numpy as np
import pytest
from differential.harness import COLUMNS, TARGETS, WEIGHTS, X, same_training

ACTIVATIONS = ["relu", "tanh", "sigmoid", "elu", "selu", "gelu", "softplus", "silu", "mish", "leaky_relu", "softmax"]
REGULARIZERS = [None, None, "l2", ("L1", 0.01), ("L1L2", 0.01, 0.02)]
# None that leaves weights at 0, where the derivative of L1 is 0 here and in TensorFlow, but 1 in JAX.
CONSTRAINTS = [None, None, ("MinMaxNorm", 0.3, 0.9), ("MaxNorm", 0.8), "unit_norm"]
LAYERS = [
    ("BatchNormalization", {"momentum": 0.8}),
    ("LayerNormalization", {}),
    ("ELU", {"alpha": 0.5}),
    ("PReLU", {"alpha_initializer": "ones"}),
    ("LeakyReLU", {}),
    ("ActivityRegularization", {"l2": 0.01}),
    ("Rescaling", {"scale": 0.5, "offset": 0.1}),
    ("UnitNormalization", {}),
]
MERGING = ["Add", "Multiply", "Concatenate", "Average", "Maximum"]
# With the default epsilon, gradients that should be 0 and are not for rounding would make whole steps.
OPTIMIZERS = [
    ("SGD", {"learning_rate": 0.05, "momentum": 0.9, "nesterov": True}),
    ("RMSprop", {"learning_rate": 0.003, "epsilon": 1e-4}),
    ("Adam", {"learning_rate": 0.005, "epsilon": 1e-2}),
    ("AdamW", {"learning_rate": 0.005, "epsilon": 1e-2, "weight_decay": 0.05}),
    ("Nadam", {"learning_rate": 0.005, "epsilon": 1e-2}),
    ("Adamax", {"learning_rate": 0.005, "epsilon": 1e-2}),
    ("Adagrad", {"learning_rate": 0.05}),
    ("Ftrl", {"learning_rate": 0.05}),
]
OPTIONS = [{}, {}, {"clipnorm": 0.3}, {"global_clipnorm": 0.5}, {"clipvalue": 0.1}, {"gradient_accumulation_steps": 2}]
HEADS = [
    ("linear", "numbers", ["mse", "mae", "huber", "log_cosh"], ["mae", "cosine_similarity"]),
    ("softmax", "one_hot", ["categorical_crossentropy", "kl_divergence", "categorical_hinge"], ["accuracy"]),
    ("softmax", "labels", ["sparse_categorical_crossentropy"], ["accuracy"]),
    ("sigmoid", "bits", ["binary_crossentropy", "mse", "binary_focal_crossentropy"], ["binary_accuracy", "mae"]),
]


class Recipe:
    """A model drawn from a seed: called with fastmlp and with Keras, it makes the same of both."""

    def __init__(self, seed: int) -> None:
        self._rng = rng = np.random.default_rng(seed)
        self.last, self.target, losses, self.metrics = HEADS[rng.integers(len(HEADS))]
        self.loss = str(rng.choice(losses))
        name, settings = OPTIMIZERS[rng.integers(len(OPTIMIZERS))]
        self.optimizer = name, {**settings, **OPTIONS[rng.integers(len(OPTIONS))]}
        self.stack = [self._dense() for _ in range(rng.integers(1, 4))]
        self.branch = self._dense()
        self.merging = str(rng.choice(MERGING))
        self.weighted, self.frozen, self.two = (bool(bit) for bit in rng.integers(0, 2, 3))

    def _of(self, options: list[Any]) -> Any:
        return options[self._rng.integers(len(options))]

    def _dense(self) -> dict[str, Any]:
        return {
            "activation": self._of(ACTIVATIONS),
            "use_bias": bool(self._rng.integers(4)),
            "kernel_regularizer": self._of(REGULARIZERS),
            "bias_initializer": "ones",  # away from 0, where L1 pulls to whichever side rounding says
            "bias_regularizer": self._of(REGULARIZERS),
            "kernel_constraint": self._of(CONSTRAINTS),
            "behind": self._of(LAYERS) if self._rng.integers(2) else None,
        }

    def __call__(self, kit: Any) -> Any:
        inputs = kit.Input((COLUMNS,), name="features")
        hidden = inputs
        for place, settings in enumerate(self.stack):
            hidden = self._applied(kit, settings, hidden, f"dense_{place}")
        side = self._applied(kit, self.branch, inputs, "side")
        merged = getattr(kit.layers, self.merging)()([hidden, side])
        outputs = [kit.layers.Dense(3, activation=self.last, name="main")(merged)]
        if self.two:
            outputs.append(kit.layers.Dense(3, name="other")(hidden))
        model = kit.Model(inputs, outputs if self.two else outputs[0])
        if self.frozen:
            model.get_layer("side").trainable = False
        name, settings = self.optimizer
        second = {"loss": ["mse"], "metrics": [["mae"]]} if self.two else {"loss": [], "metrics": []}
        losses, metrics = [self.loss, *second["loss"]], [self.metrics, *second["metrics"]]
        model.compile(
            getattr(kit.optimizers, name)(**settings),
            losses if self.two else losses[0],
            loss_weights=[0.7, 0.3] if self.two else None,
            metrics=metrics if self.two else metrics[0],
        )
        return model

    def _applied(self, kit: Any, settings: dict[str, Any], x: Any, name: str) -> Any:
        settings = dict(settings)
        behind = settings.pop("behind")
        for role, room in (("regularizer", kit.regularizers), ("constraint", kit.constraints)):
            for argument in [argument for argument in settings if argument.endswith(role)]:
                if isinstance(settings[argument], tuple):
                    kind, *numbers = settings[argument]
                    settings[argument] = getattr(room, kind)(*numbers)
        y = kit.layers.Dense(4, name=name, **settings)(x)
        return y if behind is None else getattr(kit.layers, behind[0])(**behind[1])(y)


@pytest.mark.parametrize("seed", range(24))
def test_a_combination(seed: int) -> None:
    recipe = Recipe(seed)
    y: Any = TARGETS[recipe.target]
    weights: Any = WEIGHTS
    if recipe.two:
        y, weights = [y, TARGETS["numbers"]], [WEIGHTS, WEIGHTS[::-1].copy()]
    same_training(recipe, X, y, **({"sample_weight": weights} if recipe.weighted else {}))
