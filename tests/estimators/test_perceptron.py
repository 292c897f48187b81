"""Perceptron against scikit-learn's, bit by bit, and against scikit-learn's checks of estimators."""

import inspect
import io
import pickle
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits, load_iris
from sklearn.linear_model import Perceptron as Theirs
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_html_repr, get_tags, metadata_routing
from wrappers.checks import parametrize_with_checks

from fastmlp import Perceptron

IRIS = load_iris(return_X_y=True)
TWO = IRIS[0][:100], IRIS[1][:100]


def of_text() -> tuple[Any, np.ndarray]:
    """Return rows like those of documents: few words each, some of them none; three unequal classes, named."""
    rng = np.random.default_rng(0)
    X = sp.random(300, 700, density=0.03, format="csr", random_state=0)
    X = sp.csr_array(X.multiply(np.arange(300)[:, None] % 17 > 0))
    return X, np.array(["a", "b", "c"])[(X @ rng.normal(size=(700, 3)) + [0.5, 0, 0]).argmax(axis=1)]


DATA: dict[str, Callable[[], tuple[Any, np.ndarray]]] = {
    "iris": lambda: IRIS,
    "digits": lambda: load_digits(return_X_y=True),
    "two classes": lambda: load_breast_cancer(return_X_y=True),
    "text": of_text,
    "digits in CSR": lambda: (sp.csr_array(load_digits().data), load_digits().target),
    "two classes in CSC": lambda: (sp.csc_array(load_breast_cancer().data), load_breast_cancer().target),
}
CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "l2": {"penalty": "l2"},
    "strong l2": {"penalty": "l2", "alpha": 0.3, "eta0": 0.5},  # the scale gets small and starts again
    "all of l2": {"penalty": "l2", "alpha": 7.0},
    "l1": {"penalty": "l1"},
    "strong l1": {"penalty": "l1", "alpha": 0.1},
    "elasticnet": {"penalty": "elasticnet", "alpha": 0.01, "l1_ratio": 0.4},
    "no l1 of elasticnet": {"penalty": "elasticnet", "l1_ratio": 0},
    "no alpha": {"penalty": "elasticnet", "alpha": 0},
    "no intercept": {"fit_intercept": False},
    "in order": {"shuffle": False},
    "eta0": {"eta0": 0.1, "tol": 1e-4},
    "no tol": {"tol": None, "max_iter": 7},
    "patient": {"n_iter_no_change": 20, "max_iter": 60},
    "another seed": {"random_state": 12345},
    "balanced": {"class_weight": "balanced"},
    "early stopping": {"early_stopping": True},
    "early stopping and l2": {"early_stopping": True, "penalty": "l2", "alpha": 0.01, "validation_fraction": 0.3},
    "early stopping and l1": {"early_stopping": True, "penalty": "l1", "n_iter_no_change": 2, "random_state": 3},
}


@pytest.fixture(autouse=True)
def _unfinished() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Maximum number of iteration")
        yield


def outcome(make: Callable[[Any], Any], kind: type) -> Any:
    """Return a fitted estimator, or the type and the words of the exception."""
    try:
        return make(kind)
    except Exception as error:
        return type(error).__name__, str(error)


def assert_same(make: Callable[[Any], Any]) -> None:
    """Check that a function of the class does the same with both."""
    ours, theirs = outcome(make, Perceptron), outcome(make, Theirs)
    if isinstance(theirs, tuple):
        assert ours == theirs
        return
    assert not isinstance(ours, tuple), ours
    for name in ("classes_", "coef_", "intercept_"):
        a, b = getattr(ours, name), getattr(theirs, name)
        assert a.dtype == b.dtype, name
        np.testing.assert_array_equal(a, b, strict=True, err_msg=name)
    assert (ours.n_iter_, ours.t_, ours.n_features_in_) == (theirs.n_iter_, theirs.t_, theirs.n_features_in_)
    assert (type(ours.n_iter_), type(ours.t_)) == (type(theirs.n_iter_), type(theirs.t_))


# ---- numbers ----


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("configuration", CONFIGURATIONS)
@pytest.mark.parametrize("data", DATA)
def test_fit(data: str, configuration: str, dtype: str) -> None:
    X, y = DATA[data]()
    X = X.astype(dtype)
    arguments = CONFIGURATIONS[configuration]
    assert_same(lambda kind: kind(**arguments).fit(X, y))


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("penalty", [None, "l2", "l1", "elasticnet"])
@pytest.mark.parametrize("data", ["iris", "two classes"])
def test_calls_one_after_another(data: str, penalty: str | None, sparse: bool) -> None:
    X, y = DATA[data]()
    X = sp.csr_array(X) if sparse else X
    arguments = {"penalty": penalty, "alpha": 0.001, "warm_start": True}

    def partial(kind: Any) -> Any:
        estimator = kind(**arguments)
        for start in range(0, 120, 30):
            part = slice(start, None, 3)
            estimator.partial_fit(X[part], y[part], classes=np.unique(y), sample_weight=np.linspace(0, 2, len(y[part])))
        return estimator

    assert_same(partial)
    assert_same(lambda kind: kind(**arguments).fit(X, y).fit(X[::2], y[::2]))
    assert_same(lambda kind: partial(kind).fit(X, y).partial_fit(X, y))
    assert_same(lambda kind: kind(early_stopping=True, class_weight="balanced").fit(X, y).partial_fit(X, y))
    assert_same(lambda kind: kind(**arguments).fit(X, y).fit(X.astype("float32"), y))


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("data", ["iris", "two classes"])
def test_random_states(data: str, early_stopping: bool) -> None:
    X, y = DATA[data]()

    def with_one_for_all(kind: Any) -> Any:
        generator = np.random.RandomState(3)
        kind(random_state=generator, early_stopping=early_stopping).fit(X, y)
        return kind(random_state=generator, early_stopping=early_stopping).fit(X, y)

    def with_that_of_numpy(kind: Any) -> Any:
        np.random.seed(4)  # noqa: NPY002  # what None stands for
        return kind(random_state=None, early_stopping=early_stopping).fit(X, y)

    assert_same(with_one_for_all)
    assert_same(with_that_of_numpy)


@pytest.mark.parametrize(
    "weights", [np.arange(150.0), -np.ones(150), np.zeros(150), np.full(150, np.nan), np.ones(9), 2.5]
)
@pytest.mark.parametrize("early_stopping", [False, True])
def test_sample_weights(weights: Any, early_stopping: bool) -> None:
    assert_same(lambda kind: kind(early_stopping=early_stopping).fit(*IRIS, sample_weight=weights))


@pytest.mark.parametrize(
    "weights", [{0: 2.0}, {0: 1, 1: 2, 2: 3}, {1: 0}, {5: 1}, {0: np.inf}, {1: np.nan}, {0: -1}, "x"]
)
@pytest.mark.parametrize("data", [IRIS, TWO], ids=["three", "two"])
def test_class_weights(data: tuple[np.ndarray, np.ndarray], weights: Any) -> None:
    assert_same(lambda kind: kind(class_weight=weights).fit(*data))


@pytest.mark.parametrize(
    ("coef", "intercept"),
    [
        (np.ones((3, 4)), None), (None, np.ones(3)), (np.ones((3, 4)), [1, 2, 3]), (np.ones(12), None),
        (np.ones((4, 3)), None), (np.ones((3, 4)), np.ones((3, 1))), (np.full((3, 4), np.nan), None),
        (np.ones((3, 4)), np.full(3, np.inf)), (None, 1.0), (np.ones((1, 4)), None), (np.ones(4), np.ones(1)),
        (None, 2.0), (np.ones(3), None), (np.ones((4, 1)), 3), (None, np.ones((1, 1))),
    ],
)  # fmt: skip
def test_where_learning_begins(coef: Any, intercept: Any) -> None:
    for data in (IRIS, TWO):
        assert_same(lambda kind, data=data: kind(penalty="l2").fit(*data, coef_init=coef, intercept_init=intercept))


def test_what_is_given_to_begin_with_stays_as_it_is() -> None:
    coef, intercept = np.ones((3, 4)), np.ones(3)
    for array in (coef, intercept):
        array.flags.writeable = False
    estimator = Perceptron(warm_start=True).fit(*IRIS, coef_init=coef, intercept_init=intercept)
    before = estimator.coef_
    copied = before.copy()
    estimator.fit(*IRIS)
    np.testing.assert_array_equal(before, copied)
    assert (coef == 1).all()
    assert (intercept == 1).all()


def test_stochastic_gradient_descent_on_the_perceptron_loss() -> None:
    X, y = load_digits(return_X_y=True)
    ours = Perceptron(random_state=7).fit(X, y)
    sgd = SGDClassifier(loss="perceptron", learning_rate="constant", eta0=1, penalty=None, random_state=7).fit(X, y)
    np.testing.assert_array_equal(ours.coef_, sgd.coef_)
    np.testing.assert_array_equal(ours.intercept_, sgd.intercept_)
    np.testing.assert_array_equal(ours.predict(X), sgd.predict(X))


@pytest.mark.parametrize("data", ["digits", "text", "two classes"])
def test_predictions(data: str) -> None:
    X, y = DATA[data]()
    ours, theirs = Perceptron().fit(X, y), Theirs().fit(X, y)
    for rows in (X, X.astype("float32"), X[:1]):
        np.testing.assert_array_equal(ours.decision_function(rows), theirs.decision_function(rows), strict=True)
        np.testing.assert_array_equal(ours.predict(rows), theirs.predict(rows), strict=True)
    assert ours.score(X, y) == theirs.score(X, y)
    expected = ours.decision_function(X)
    assert sp.issparse(ours.sparsify().coef_)
    assert type(ours.coef_) is type(theirs.sparsify().coef_)
    np.testing.assert_allclose(ours.decision_function(X), expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(ours.densify().decision_function(X), expected)


def test_threads_change_nothing() -> None:
    X, y = load_digits(return_X_y=True)
    one = Perceptron(penalty="elasticnet").fit(X, y)
    for n_jobs in (2, -1):
        many = Perceptron(penalty="elasticnet", n_jobs=n_jobs).fit(X, y)
        np.testing.assert_array_equal(one.coef_, many.coef_)
        assert one.n_iter_ == many.n_iter_


# ---- beyond scikit-learn's ----


def test_learning_goes_on_in_the_dtype_it_began_with() -> None:
    X, y = IRIS
    for first, second in (("float64", "float32"), ("float32", "float64")):
        estimator = Perceptron().fit(X.astype(first), y).partial_fit(X.astype(second), y)
        assert estimator.coef_.dtype == first


def test_learning_needs_dense_weights() -> None:
    with pytest.raises(TypeError, match=r"`coef_` must be dense: call densify\(\) first. Received: csr_"):
        Perceptron().fit(*IRIS).sparsify().partial_fit(*IRIS)


def test_weights_that_are_mapped_read_only_can_be_learned_on_with(tmp_path: Path) -> None:
    estimator = Perceptron().fit(*IRIS)
    joblib.dump(estimator, tmp_path / "estimator")
    loaded = joblib.load(tmp_path / "estimator", mmap_mode="r")
    np.testing.assert_array_equal(loaded.partial_fit(*IRIS).coef_, estimator.partial_fit(*IRIS).coef_)


# ---- an estimator among others ----


def test_parameters_are_those_of_scikit_learn() -> None:
    ours, theirs = (inspect.signature(kind.__init__).parameters.values() for kind in (Perceptron, Theirs))
    assert [(p.name, p.kind, p.default) for p in ours] == [(p.name, p.kind, p.default) for p in theirs]
    for method in ("fit", "partial_fit", "predict", "decision_function", "score"):
        ours, theirs = (inspect.signature(getattr(kind, method)).parameters.values() for kind in (Perceptron, Theirs))
        assert [(p.name, p.kind, p.default) for p in ours] == [(p.name, p.kind, p.default) for p in theirs]


def test_requests_and_tags_are_those_of_scikit_learn() -> None:
    assert repr(metadata_routing.get_routing_for_object(Perceptron())) == repr(
        metadata_routing.get_routing_for_object(Theirs())
    )
    assert get_tags(Perceptron()) == get_tags(Theirs())
    assert "Perceptron" in estimator_html_repr(Perceptron())
    assert not hasattr(Perceptron(), "predict_proba")


def test_copies() -> None:
    estimator = Perceptron(penalty="l2").fit(*IRIS)
    stored = io.BytesIO()
    joblib.dump(estimator, stored)
    for other in (pickle.loads(pickle.dumps(estimator)), joblib.load(stored), clone(estimator).fit(*IRIS)):
        np.testing.assert_array_equal(other.decision_function(IRIS[0]), estimator.decision_function(IRIS[0]))


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_searches() -> None:
    grid = {"perceptron__penalty": [None, "l2"], "perceptron__eta0": [0.1, 1.0]}
    results = []
    for kind in (Perceptron, Theirs):
        search = GridSearchCV(make_pipeline(StandardScaler(), kind()), grid, n_jobs=2).fit(*IRIS)
        results.append(search.cv_results_["mean_test_score"])
        with joblib.parallel_backend("threading", n_jobs=2):
            results.append(GridSearchCV(search.estimator, grid).fit(*IRIS).cv_results_["mean_test_score"])
    for scores in results:
        np.testing.assert_array_equal(scores, results[0])
    np.testing.assert_array_equal(cross_val_score(Perceptron(), *IRIS), cross_val_score(Theirs(), *IRIS))


def test_early_stopping_by_a_score_of_your_own() -> None:
    def with_score(kind: Any) -> Any:
        def score(self: Any, X: Any, y: Any, sample_weight: Any = None) -> Any:
            return balanced_accuracy_score(y, self.predict(X))

        estimator = type("Perceptron", (kind,), {"score": score, "__init__": kind.__init__})
        return estimator(early_stopping=True, tol=0).fit(*IRIS)

    assert_same(with_score)


def failures(estimator: Perceptron) -> dict[str, str]:
    """Return the checks that scikit-learn's own class fails."""
    reason = "a weight of 2 is one longer step, two rows are two steps"
    return {
        "check_sample_weight_equivalence_on_dense_data": reason,
        "check_sample_weight_equivalence_on_sparse_data": reason,
    }


@parametrize_with_checks([Perceptron(max_iter=5), Perceptron(max_iter=5, penalty="l1", n_jobs=2)], failures)
def test_check_estimator(estimator: Perceptron, check: Callable[[Perceptron], None]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check(estimator)
