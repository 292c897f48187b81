"""ScaledAndShifted: what layers share that scale by a gamma and shift by a beta what they have normalized."""

from collections.abc import Callable
from typing import Any

from fastmlp import constraints, initializers, regularizers
from fastmlp.layers.layer import Layer

Initializer = str | dict[str, Any] | Callable[..., Any]


class ScaledAndShifted(Layer):
    """The base of normalizing layers.

    Parameters
    ----------
    center, scale : bool
        Whether there is a beta; a gamma.
    beta_initializer, gamma_initializer : str, dict or callable
        First values.
    beta_regularizer, gamma_regularizer, beta_constraint, gamma_constraint : str, dict or callable, optional
        Penalties on the two, and what holds them in their limits.
    **kwargs
        As for Layer.

    Attributes
    ----------
    gamma, beta : Variable or None
        Of the same shape; once the layer is built.
    """

    single_input = True

    def __init__(
        self,
        center: bool,
        scale: bool,
        beta_initializer: Initializer,
        gamma_initializer: Initializer,
        beta_regularizer: Any,
        gamma_regularizer: Any,
        beta_constraint: Any,
        gamma_constraint: Any,
        **kwargs: Any,
    ) -> None:
        self.center = center
        self.scale = scale
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)
        super().__init__(**kwargs)

    def _make_gamma_and_beta(self, shape: tuple[int, ...]) -> None:
        self.gamma = self.beta = None
        if self.scale:
            self.gamma = self.add_weight(
                shape,
                self.gamma_initializer,
                name="gamma",
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
            )
        if self.center:
            self.beta = self.add_weight(
                shape,
                self.beta_initializer,
                name="beta",
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
            )
