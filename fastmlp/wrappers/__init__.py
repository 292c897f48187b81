"""Models as estimators of scikit-learn, which comes with `fastmlp[sklearn]` and is imported by this package only."""

try:
    import sklearn  # noqa: F401
except ImportError as error:
    raise ImportError("fastmlp.wrappers needs scikit-learn: pip install 'fastmlp[sklearn]'") from error

from fastmlp.wrappers import scikit_learn
from fastmlp.wrappers.sklearn_models import SKLearnClassifier, SKLearnRegressor, SKLearnTransformer

__all__ = ["SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer", "scikit_learn"]
