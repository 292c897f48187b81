"""Keras' `backend` names: defaults of the process."""

from fastmlp.config import epsilon, floatx, set_epsilon, set_floatx
from fastmlp.utils.state import clear_session

__all__ = ["clear_session", "epsilon", "floatx", "set_epsilon", "set_floatx"]
