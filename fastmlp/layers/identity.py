"""Identity: a layer that changes nothing."""

from typing import Any

from fastmlp.layers.layer import Layer


class Identity(Layer):
    """Return what came in."""

    def call(self, inputs: Any) -> Any:
        """Return the inputs."""
        return inputs
