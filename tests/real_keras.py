"""Keras itself, as a reference: `from real_keras import keras` skips the importing module where it cannot train.

Imported once for a whole run of the tests, with the backend that KERAS_BACKEND names or else the first one found.
"""

import importlib.util
import os
import warnings

import pytest

_BACKENDS = {"jax": "jax", "tensorflow": "tensorflow", "torch": "torch"}  # those that train; numpy does not

_found = [name for name, module in _BACKENDS.items() if importlib.util.find_spec(module)]
if importlib.util.find_spec("keras") is None:
    pytest.skip("needs Keras: pip install fastmlp[keras]", allow_module_level=True)
if not _found:
    pytest.skip(f"needs a backend for Keras, one of {', '.join(_BACKENDS)}", allow_module_level=True)

if os.environ.get("KERAS_BACKEND") not in _found:
    os.environ["KERAS_BACKEND"] = _found[0]
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Tests train for a few steps only: what takes long is to compile them.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true")

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # theirs, not ours
    import keras

__all__ = ["keras"]

if int(keras.__version__.split(".")[0]) < 3:
    pytest.skip(f"needs Keras 3. Received: {keras.__version__}", allow_module_level=True)
