"""scikit-learn's face: its estimators, on fastmlp's engine. scikit-learn comes with `fastmlp[sklearn]`."""

try:
    import sklearn  # noqa: F401
except ImportError as error:
    raise ImportError("fastmlp.estimators needs scikit-learn: pip install 'fastmlp[sklearn]'") from error

from fastmlp.estimators.mlp_classifier import MLPClassifier
from fastmlp.estimators.mlp_regressor import MLPRegressor
from fastmlp.estimators.perceptron import Perceptron

__all__ = ["MLPClassifier", "MLPRegressor", "Perceptron"]
