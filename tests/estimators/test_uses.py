"""Where scikit-learn's users put their MLPs: pipelines, searches, ensembles, files, processes, threads."""

import copy
import inspect
import multiprocessing
import pickle
import threading
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

import joblib
import sklearn
from sklearn import neural_network
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.datasets import load_diabetes, load_iris, load_wine
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.feature_selection import SequentialFeatureSelector
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import (
    GridSearchCV,
    RandomizedSearchCV,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler, scale
from sklearn.utils import estimator_html_repr, get_tags

import fastmlp

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

KINDS = ["MLPClassifier", "MLPRegressor"]
QUICK: dict[str, Any] = {"hidden_layer_sizes": (6,), "max_iter": 15, "learning_rate_init": 0.02, "random_state": 0}
ORDER = np.random.default_rng(0).permutation(150)
X, Y = (array[ORDER] for array in load_iris(return_X_y=True))
X = scale(X)
X_DIABETES, Y_DIABETES = (array[:150] for array in load_diabetes(return_X_y=True))


def classifier(**settings: Any) -> Any:
    return fastmlp.MLPClassifier(**{**QUICK, **settings})


def regressor(**settings: Any) -> Any:
    return fastmlp.MLPRegressor(**{**QUICK, **settings})


def pair(kind: str, **settings: Any) -> tuple[Any, Any]:
    """Return fastmlp's estimator and scikit-learn's."""
    ours, theirs = (getattr(module, kind)(**{**QUICK, **settings}) for module in (fastmlp, neural_network))
    return ours, theirs


def data(kind: str) -> tuple[Any, Any]:
    return (X, Y) if kind == "MLPClassifier" else (scale(X_DIABETES), scale(Y_DIABETES))


def output(estimator: Any, x: Any) -> Any:
    return estimator.predict_proba(x) if is_classifier(estimator) else estimator.predict(x)


# The face


@pytest.mark.parametrize("kind", KINDS)
def test_the_constructor_takes_what_scikit_learns_takes(kind: str) -> None:
    ours, theirs = (inspect.signature(getattr(module, kind)).parameters for module in (fastmlp, neural_network))
    assert [(p.name, p.default, p.kind) for p in theirs.values()] == [
        (p.name, p.default, p.kind) for p in list(ours.values())[: len(theirs)]
    ]
    assert all(p.kind is p.KEYWORD_ONLY and p.default is not p.empty for p in list(ours.values())[len(theirs) :])


@pytest.mark.parametrize("method", ["fit", "partial_fit", "predict", "predict_proba", "predict_log_proba", "score"])
@pytest.mark.parametrize("kind", KINDS)
def test_methods_take_what_scikit_learns_take(kind: str, method: str) -> None:
    ours, theirs = (getattr(getattr(module, kind), method, None) for module in (fastmlp, neural_network))
    if theirs is None:
        assert ours is None
        return
    expected = [(p.name, p.default) for p in inspect.signature(theirs).parameters.values()]
    assert [(p.name, p.default) for p in inspect.signature(ours).parameters.values()][: len(expected)] == expected


@pytest.mark.parametrize("kind", KINDS)
def test_tags_and_representation(kind: str) -> None:
    ours, theirs = pair(kind, alpha=0.5)
    assert get_tags(ours) == get_tags(theirs)
    assert (is_classifier(ours), is_regressor(ours)) == (is_classifier(theirs), is_regressor(theirs))
    assert repr(ours) == repr(theirs)
    for estimator in (ours, ours.fit(*data(kind))):
        page = estimator_html_repr(estimator)
        assert kind in page
        assert "hidden_layer_sizes" in page


@pytest.mark.parametrize("kind", KINDS)
def test_clones_have_parameters_and_no_weights(kind: str) -> None:
    estimator = pair(kind, alpha=0.25, hidden_layer_sizes=[4])[0].fit(*data(kind))
    copied = clone(estimator)
    assert copied.get_params() == estimator.get_params()
    assert not hasattr(copied, "coefs_")
    np.testing.assert_array_equal(output(copied.fit(*data(kind)), data(kind)[0]), output(estimator, data(kind)[0]))


def test_random_states_go_on_as_in_scikit_learn() -> None:
    ours, theirs = (np.random.RandomState(5) for _ in range(2))
    for module, state in ((fastmlp, ours), (neural_network, theirs)):
        module.MLPClassifier(**{**QUICK, "random_state": state, "early_stopping": True}).fit(X, Y)
    assert ours.random() == theirs.random()
    states = []
    for module in (fastmlp, neural_network):
        np.random.seed(11)  # noqa: NPY002 - what random_state=None draws from
        module.MLPClassifier(**{**QUICK, "random_state": None}).fit(X, Y)
        states.append(np.random.random())  # noqa: NPY002
    assert states[0] == states[1]


def test_coefficients_may_be_changed() -> None:
    for kind in KINDS:
        ours, theirs = (estimator.fit(*data(kind)) for estimator in pair(kind))
        x = data(kind)[0]
        for estimator in (ours, theirs):
            estimator.coefs_[0][1:] *= 0.5
            estimator.intercepts_[-1] += 0.25
        np.testing.assert_allclose(output(ours, x), output(theirs, x), rtol=1e-7)
        for estimator in (ours, theirs):
            estimator.coefs_ = [np.ones_like(w) for w in estimator.coefs_]
            estimator.intercepts_[0] = np.zeros_like(estimator.intercepts_[0])
        np.testing.assert_allclose(output(ours, x), output(theirs, x), rtol=1e-7)
        for estimator in (ours, theirs):
            estimator.partial_fit(*data(kind))
        np.testing.assert_allclose(output(ours, x), output(theirs, x), rtol=1e-6)


def test_what_was_kept_does_not_change_with_later_training() -> None:
    kept = classifier().fit(X, Y)
    before = [w.copy() for w in kept.coefs_]
    other = copy.deepcopy(kept)
    other.partial_fit(X, Y)
    for now, then in zip(kept.coefs_, before, strict=True):
        np.testing.assert_array_equal(now, then)
    coefs = kept.coefs_
    kept.fit(X, Y[::-1])
    for now, then in zip(coefs, before, strict=True):
        np.testing.assert_array_equal(now, then)


# Files


@pytest.mark.parametrize(
    "settings", [{}, {"solver": "sgd", "early_stopping": True}, {"solver": "lbfgs"}], ids=["adam", "sgd", "lbfgs"]
)
@pytest.mark.parametrize("kind", KINDS)
def test_saved_and_loaded(kind: str, settings: dict[str, Any], tmp_path: Path) -> None:
    x, y = data(kind)
    estimator = pair(kind, **settings)[0].fit(x, y)
    joblib.dump(estimator, tmp_path / "estimator.joblib", compress=3)
    copies = [
        *(pickle.loads(pickle.dumps(estimator, protocol)) for protocol in (2, pickle.HIGHEST_PROTOCOL)),
        joblib.load(tmp_path / "estimator.joblib"),
        copy.deepcopy(estimator),
    ]
    expected = output(estimator, x)
    for other in copies:
        np.testing.assert_array_equal(output(other, x), expected)
    if settings == {}:
        estimator.partial_fit(x, y).partial_fit(x, y)
        for other in copies:
            np.testing.assert_array_equal(output(other.partial_fit(x, y).partial_fit(x, y), x), output(estimator, x))


def test_loaded_in_a_mapped_file(tmp_path: Path) -> None:
    estimator = classifier().fit(X, Y)
    joblib.dump(estimator, tmp_path / "estimator")
    mapped = joblib.load(tmp_path / "estimator", mmap_mode="r")
    np.testing.assert_array_equal(mapped.predict_proba(X), estimator.predict_proba(X))


@pytest.mark.parametrize("kind", KINDS)
def test_skops(kind: str, tmp_path: Path) -> None:
    io = pytest.importorskip("skops.io")
    x, y = data(kind)
    estimator = make_pipeline(StandardScaler(), pair(kind)[0]).fit(x, y)
    io.dump(estimator, tmp_path / "estimator.skops")
    unknown = io.get_untrusted_types(file=tmp_path / "estimator.skops")
    assert all(name.startswith(("builtins.", "fastmlp.", "numpy.", "sklearn.")) for name in unknown), unknown
    loaded = io.load(tmp_path / "estimator.skops", trusted=unknown)
    np.testing.assert_array_equal(output(loaded, x), output(estimator, x))
    np.testing.assert_array_equal(output(loaded[-1].partial_fit(x, y), x), output(estimator[-1].partial_fit(x, y), x))


# Pipelines


def test_pipelines_and_names_of_features() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(load_wine().data[:, :4], columns=["alcohol", "acid", "ash", "alkali"])
    frame["cellar"] = np.array(["a", "b", "c"])[np.arange(len(frame)) % 3]
    y = pandas.Series(load_wine().target_names[load_wine().target])
    columns = ColumnTransformer(
        [
            ("numbers", StandardScaler(), ["alcohol", "acid", "ash", "alkali"]),
            ("words", OneHotEncoder(sparse_output=False), ["cellar"]),
        ],
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        warnings.simplefilter("ignore", sklearn.exceptions.ConvergenceWarning)
        pipeline = make_pipeline(columns, classifier(max_iter=40)).fit(frame, y)
        assert pipeline.score(frame, y) > 0.8
    names = ["alcohol", "acid", "ash", "alkali", "cellar_a", "cellar_b", "cellar_c"]
    assert list(pipeline[-1].feature_names_in_) == names
    assert pipeline[-1].feature_names_in_.dtype == object
    assert list(pipeline.classes_) == ["class_0", "class_1", "class_2"]


def test_set_output_of_what_stacks_them() -> None:
    pytest.importorskip("pandas")
    stacked = StackingClassifier([("mlp", classifier())], LogisticRegression(), cv=2).set_output(transform="pandas")
    assert list(stacked.fit(X, Y).transform(X).columns) == [
        "stackingclassifier_mlp0",
        "stackingclassifier_mlp1",
        "stackingclassifier_mlp2",
    ]


def test_targets_may_be_transformed() -> None:
    target = np.exp(scale(Y_DIABETES))
    ours, theirs = (
        TransformedTargetRegressor(estimator, func=np.log, inverse_func=np.exp)
        .fit(X_DIABETES, target)
        .predict(X_DIABETES)
        for estimator in pair("MLPRegressor")
    )
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)


# Searches


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_grid_searches_in_jobs(backend: str) -> None:
    grid = {"mlp__alpha": [1e-4, 1.0], "mlp__solver": ["adam", "lbfgs"]}
    results = []
    for estimator, jobs in (*((classifier(), n) for n in (1, 2)), (pair("MLPClassifier")[1], 1)):
        pipeline = sklearn.pipeline.Pipeline([("scale", StandardScaler()), ("mlp", estimator)])
        with joblib.parallel_config(backend):
            search = GridSearchCV(pipeline, grid, cv=2, n_jobs=jobs).fit(X, Y)
        results.append((search.cv_results_["mean_test_score"], search.predict_proba(X)))
    for alone, together, theirs in zip(*results, strict=True):
        np.testing.assert_array_equal(alone, together)
        np.testing.assert_allclose(alone, theirs, rtol=1e-6)


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_randomized_searches_in_jobs(backend: str) -> None:
    space = {"hidden_layer_sizes": [(3,), (9,), (4, 4)], "learning_rate_init": [0.001, 0.1], "batch_size": [16, 50]}
    results = []
    for jobs in (1, 2):
        with joblib.parallel_config(backend):
            search = RandomizedSearchCV(regressor(), space, n_iter=5, cv=2, random_state=0, n_jobs=jobs)
            search.fit(X_DIABETES, scale(Y_DIABETES))
        results.append((search.cv_results_["mean_test_score"], search.best_estimator_.predict(X_DIABETES)))
    for alone, together in zip(*results, strict=True):
        np.testing.assert_array_equal(alone, together)


@pytest.mark.parametrize("kind", KINDS)
def test_cross_validation(kind: str) -> None:
    x, y = data(kind)
    ours, theirs = pair(kind)
    np.testing.assert_allclose(
        cross_val_score(ours, x, y, cv=3, n_jobs=2), cross_val_score(theirs, x, y, cv=3), rtol=1e-6
    )
    method = "predict_proba" if kind == "MLPClassifier" else "predict"
    predictions = [cross_val_predict(estimator, x, y, cv=3, method=method) for estimator in (ours, theirs)]
    np.testing.assert_allclose(*predictions, rtol=1e-6)
    for a, b in zip(
        *(learning_curve(e, x, y, cv=2, exploit_incremental_learning=True)[1:] for e in (ours, theirs)), strict=True
    ):
        np.testing.assert_allclose(a, b, rtol=1e-6)


def test_weights_are_routed() -> None:
    weight = np.random.default_rng(3).uniform(0, 2, len(Y))
    results = []
    with sklearn.config_context(enable_metadata_routing=True):
        for estimator in pair("MLPClassifier"):
            pipeline = make_pipeline(
                StandardScaler().set_fit_request(sample_weight=False),
                estimator.set_fit_request(sample_weight=True).set_score_request(sample_weight=True),
            )
            results.append(cross_validate(pipeline, X, Y, params={"sample_weight": weight}, cv=3)["test_score"])
            assert (
                "sample_weight"
                in estimator.set_partial_fit_request(sample_weight=True).get_metadata_routing().partial_fit.requests
            )
            assert "classes" in estimator.get_metadata_routing().partial_fit.requests
    np.testing.assert_array_equal(*results)


# In other estimators


@pytest.mark.parametrize(
    "ensemble", ["sigmoid", "isotonic", "vote", "stack", "bag", "boost", "one-vs-rest", "features"]
)
def test_classifiers_in_other_estimators(ensemble: str) -> None:
    def wrapped(mlp: Any) -> Any:
        match ensemble:
            case "sigmoid" | "isotonic":
                return CalibratedClassifierCV(mlp, method=ensemble, cv=2)
            case "vote":
                return VotingClassifier([("mlp", mlp), ("linear", LogisticRegression())], voting="soft")
            case "stack":
                return StackingClassifier([("mlp", mlp), ("linear", LogisticRegression())], cv=2)
            case "bag":
                return BaggingClassifier(mlp, 3, random_state=0)
            case "boost":
                return AdaBoostClassifier(mlp, n_estimators=2, random_state=0)
            case "one-vs-rest":
                return OneVsRestClassifier(mlp)
        return make_pipeline(SequentialFeatureSelector(mlp, n_features_to_select=2, cv=2), LogisticRegression())

    ours, theirs = (wrapped(mlp).fit(X, Y).predict_proba(X) for mlp in pair("MLPClassifier"))
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("ensemble", ["vote", "stack", "several"])
def test_regressors_in_other_estimators(ensemble: str) -> None:
    def wrapped(mlp: Any) -> Any:
        match ensemble:
            case "vote":
                return VotingRegressor([("mlp", mlp), ("linear", Ridge())])
            case "stack":
                return StackingRegressor([("mlp", mlp), ("linear", Ridge())], cv=2)
        return MultiOutputRegressor(mlp)

    x, y = data("MLPRegressor")
    y = np.stack([y, -y], axis=1) if ensemble == "several" else y
    ours, theirs = (wrapped(mlp).fit(x, y).predict(x) for mlp in pair("MLPRegressor"))
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-9)


def test_inspection() -> None:
    ours, theirs = (mlp.fit(X, Y) for mlp in pair("MLPClassifier"))
    a, b = (permutation_importance(mlp, X, Y, n_repeats=3, random_state=0).importances for mlp in (ours, theirs))
    np.testing.assert_array_equal(a, b)
    a, b = (partial_dependence(mlp, X, [0], grid_resolution=5)["average"] for mlp in (ours, theirs))
    np.testing.assert_allclose(a, b, rtol=1e-6)


# Processes and threads


@pytest.mark.filterwarnings("ignore:.*fork.*")
def test_a_forked_process_predicts_and_trains() -> None:
    estimator = classifier(batch_size=10).fit(X, Y)
    expected = estimator.predict_proba(X), classifier(max_iter=4).fit(X, Y).predict_proba(X)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        answers = [pool.apply_async(_in_a_child, (estimator,)) for _ in range(2)]
        for answer in answers:
            for ours, theirs in zip(answer.get(timeout=60), expected, strict=True):
                np.testing.assert_array_equal(ours, theirs)


def _in_a_child(estimator: Any) -> tuple[Any, Any]:
    return estimator.predict_proba(X), classifier(max_iter=4).fit(X, Y).predict_proba(X)


def test_threads_train_apart() -> None:
    estimators = [
        (make(solver=solver, batch_size=20, random_state=seed), *data(kind))
        for seed in range(2)
        for solver in ("adam", "sgd", "lbfgs")
        for make, kind in ((classifier, "MLPClassifier"), (regressor, "MLPRegressor"))
    ]
    alone = [output(clone(estimator).fit(x, y), x) for estimator, x, y in estimators]
    together: dict[int, Any] = {}

    def train(number: int) -> None:
        estimator, x, y = estimators[number]
        together[number] = output(estimator.fit(x, y), x)

    # Warnings are caught for the whole process: threads that ignore them one by one would undo each other's filters.
    threads = [threading.Thread(target=train, args=(number,)) for number in range(len(estimators))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, expected in enumerate(alone):
        np.testing.assert_array_equal(together[number], expected)


def test_threads_share_a_model() -> None:
    estimator = classifier().fit(X, Y)
    expected = estimator.predict_proba(X)
    answers: list[Any] = []
    threads = [
        threading.Thread(target=lambda: answers.extend(estimator.predict_proba(X) for _ in range(20))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 80
    for answer in answers:
        np.testing.assert_array_equal(answer, expected)
