"""What scikit-learn refuses is refused, with its exceptions and in its words."""

import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

from scipy import sparse
from sklearn import neural_network
from sklearn.exceptions import NotFittedError

import fastmlp

KINDS = ["MLPClassifier", "MLPRegressor"]
RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 3))
Y = np.arange(12) % 2
# Names that parameters may have: fastmlp's take more.
CHOICE = re.compile(r"must be a str among .*(?= Got)")
QUICK = {"max_iter": 2, "hidden_layer_sizes": 2, "random_state": 0}


def said(action: Callable[[], Any]) -> tuple[list[tuple[type, str]], list[tuple[type, str]]]:
    """Return what `action` raised, with its causes, and its warnings."""
    raised = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            action()
        except Exception as error:
            cause: BaseException | None = error
            while cause is not None:
                raised.append((type(cause), CHOICE.sub("must be", str(cause))))
                cause = cause.__cause__
    told: list[tuple[type, str]] = [(w.category, str(w.message)) for w in caught if w.category is not RuntimeWarning]
    return raised, told


def check(action: Callable[[Any], Any], kind: str, raises: bool | None = True) -> None:
    """Do `action` to scikit-learn's class and to fastmlp's; the former `raises`, or not, or may (None)."""
    theirs, told = said(lambda: action(getattr(neural_network, kind)))
    ours, told_by_ours = said(lambda: action(getattr(fastmlp, kind)))
    assert raises is None or bool(theirs) == raises
    assert ours == theirs
    # Weights that are NaN stay so: fastmlp stops there, and scikit-learn goes on till the end and warns of that, too.
    lost = any(text.startswith("Solver produced non-finite") for _, text in theirs)
    assert lost or told_by_ours == told


BAD_PARAMETERS: dict[str, list[Any]] = {
    "hidden_layer_sizes": [0, -1, (3, 0), [-2], np.array([3, -3]), 1.5, None, "ten"],
    "activation": ["swish-swash", 1, None],
    "solver": ["newton", 1, None],
    "alpha": [-1e-9, "much", None, np.inf * -1],
    "batch_size": [0, -5, 2.5, "all", None],
    "learning_rate": ["cosine-like", 0.1, None],
    "learning_rate_init": [0, -0.1, "fast", None],
    "power_t": [-0.5, "half"],
    "max_iter": [0, -3, 2.5, "long", None],
    "shuffle": [2, "yes", None],
    "random_state": [-1, 1.5, "seed", np.random.default_rng(0)],
    "tol": [-1e-3, "tight", None],
    "verbose": [-1, "loud", None],
    "warm_start": [2, "yes", None],
    "momentum": [-0.1, 1.1, "some"],
    "nesterovs_momentum": [2, "yes"],
    "early_stopping": [3, "yes", None],
    "validation_fraction": [-0.1, 1.0, "tenth"],
    "beta_1": [-0.1, 1.0, "a"],
    "beta_2": [-0.1, 1.0, "b"],
    "epsilon": [0, -1e-8, "tiny"],
    "n_iter_no_change": [0, -1, 2.5, "few", None, -np.inf, np.nan],
    "max_fun": [0, -1, 2.5, None],
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", BAD_PARAMETERS)
def test_parameters(name: str, kind: str) -> None:
    for value in BAD_PARAMETERS[name]:
        check(lambda cls, value=value: cls(**{name: value}).fit(X, Y), kind)
        if name != "solver" and name != "max_iter":
            check(lambda cls, value=value: cls(**{name: value}).partial_fit(X, Y), kind)


def test_parameters_of_one_class() -> None:
    check(lambda cls: cls(loss="huber-ish").fit(X, Y), "MLPRegressor")
    check(lambda cls: cls(loss=None).fit(X, Y), "MLPRegressor")
    check(lambda cls: cls(loss="log_loss"), "MLPClassifier")
    for kind in KINDS:
        check(lambda cls: cls(units=3), kind)


def test_parameters_are_not_checked_before_fit() -> None:
    for kind in KINDS:
        check(lambda cls: cls(alpha=-1, solver="none"), kind, raises=False)


ROWS = {
    "none": None,
    "a-number": 3.0,
    "one-dimension": X[:, 0],
    "three-dimensions": X.reshape(3, 2, 6),
    "no-rows": X[:0],
    "no-columns": X[:, :0],
    "nan": np.where(X > 1, np.nan, X),
    "inf": np.where(X > 1, np.inf, X),
    "nan-32": np.where(X > 1, np.nan, X).astype(np.float32),
    "too-great-for-32": (1e200 * X).astype(np.float64),
    "strings": X.astype(str)[:, ::-1] + np.array("a"),
    "objects": np.array([[1, "a", None]] * 12, dtype=object),
    "complex": X + 1j,
    "ragged": [[1.0, 2.0], [1.0]],
    "fewer-rows": X[:7],
    "sparse-nan": sparse.csr_array(np.where(X > 1, np.nan, 0)),
    "sparse-inf": sparse.csc_array(np.where(X > 1, np.inf, 0)),
    "sparse-fewer-rows": sparse.csr_array(X[:7]),
    "sparse-one-dimension": sparse.coo_array(X[:, 0]),
    "sparse-complex": sparse.csr_array(X + 1j),
}
ALLOWED = {"too-great-for-32"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ROWS)
def test_rows(name: str, kind: str) -> None:
    check(lambda cls: cls(**QUICK, solver="lbfgs").fit(ROWS[name], Y), kind, raises=name not in ALLOWED)
    check(lambda cls: cls(**QUICK).partial_fit(ROWS[name], Y), kind)
    check(
        lambda cls: cls(**QUICK).fit(X, Y).predict(ROWS[name]),
        kind,
        raises=name not in {*ALLOWED, "fewer-rows", "sparse-fewer-rows"},
    )


TARGETS: dict[str, Any] = {
    "none": None,
    "a-number": 1,
    "fewer": Y[:7],
    "empty": Y[:0],
    "nan": np.where(Y, np.nan, 0.0),
    "inf": np.where(Y, np.inf, 0.0),
    "complex": Y + 1j,
    "three-dimensions": np.zeros((12, 2, 2)),
    "ragged": [[1], [1, 2]] * 6,
    "none-within": np.array([None, 1] * 6, dtype=object),
    "mixed": np.array(["a", 1] * 6, dtype=object),
    "words": np.array(["a", "b"] * 6),
    "fractions": X[:, 0],
    "one-class": np.zeros(12, int),
    "a-column": Y[:, None],
    "several-classes-of-several": np.stack([np.arange(12) % 3, np.arange(12) % 4], axis=1),
    "fractions-of-several": X[:, :2],
    "indicators": np.stack([Y, 1 - Y], axis=1),
    "sparse-indicators": sparse.csr_matrix(np.stack([Y, 1 - Y], axis=1)),
    "booleans": Y.astype(bool),
    "lists": Y.tolist(),
}
STUMBLES = {("sparse-indicators", "MLPRegressor")}  # scikit-learn does in the middle of training


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", TARGETS)
def test_targets(name: str, kind: str) -> None:
    if (name, kind) in STUMBLES:
        with pytest.raises(ValueError, match="`y` must be an array of numbers"):
            fastmlp.MLPRegressor().fit(X, TARGETS[name])
        return
    for early_stopping in (False, True):
        settings = {**QUICK, "early_stopping": early_stopping, "validation_fraction": 0.4}
        predictions: list[Any] = []

        def answer(cls: Any, settings: Any = settings, predictions: list[Any] = predictions) -> None:
            predictions.append(np.asarray(cls(**settings).fit(X, TARGETS[name]).predict(X)))

        check(answer, kind, raises=None)
        if predictions:
            theirs, ours = predictions
            assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)


WEIGHTS = {
    "fewer": np.ones(7),
    "a-row": np.ones((1, 12)),
    "a-column": np.ones((12, 1)),
    "nan": np.where(Y, np.nan, 1.0),
    "inf": np.where(Y, np.inf, 1.0),
    "words": np.array(["a"] * 12),
    "zeros": np.zeros(12),
    "a-word": "balanced",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", WEIGHTS)
def test_weights(name: str, kind: str) -> None:
    for solver in ("adam", "lbfgs"):
        check(lambda cls, solver=solver: cls(**QUICK, solver=solver).fit(X, Y, WEIGHTS[name]), kind)
    check(lambda cls: cls(**QUICK).partial_fit(X, Y, sample_weight=WEIGHTS[name]), kind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_without_weight(kind: str) -> None:
    for weight in (np.r_[np.zeros(4), np.ones(8)], np.r_[2.0, -2.0, np.ones(10)]):
        check(lambda cls, w=weight: cls(**QUICK, batch_size=2, shuffle=False).fit(X, Y, w), kind)
    few = np.r_[np.ones(10), 0, 0]
    settings = {**QUICK, "batch_size": 2, "max_iter": 50}  # until these two come together
    check(lambda cls: cls(**settings).fit(X, Y, few), kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", ["predict", "predict_proba", "predict_log_proba", "score"])
def test_nothing_is_fitted_yet(method: str, kind: str) -> None:
    arguments = (X, Y) if method == "score" else (X,)
    check(lambda cls: getattr(cls(), method)(*arguments), kind)
    if hasattr(fastmlp.MLPClassifier, method):
        with pytest.raises(NotFittedError, match="This MLPClassifier instance is not fitted yet"):
            getattr(fastmlp.MLPClassifier(), method)(*arguments)


def test_partial_fit_of_lbfgs() -> None:
    check(lambda cls: cls(solver="lbfgs").partial_fit(X, Y), "MLPClassifier")
    check(lambda cls: cls(solver="lbfgs").partial_fit, "MLPClassifier")
    assert not hasattr(fastmlp.MLPClassifier(solver="lbfgs"), "partial_fit")
    assert hasattr(fastmlp.MLPClassifier(solver="sgd"), "partial_fit")
    # scikit-learn's regressor lets it through.
    check(lambda cls: cls(solver="lbfgs").partial_fit(X, Y), "MLPRegressor", raises=False)


@pytest.mark.parametrize("kind", KINDS)
def test_partial_fit_with_early_stopping(kind: str) -> None:
    classes = {"classes": [0, 1]} if kind == "MLPClassifier" else {}
    check(lambda cls: cls(early_stopping=True).partial_fit(X, Y, **classes), kind)
    check(lambda cls: cls(**QUICK, early_stopping=True, validation_fraction=0.3).fit(X, Y).partial_fit(X, Y), kind)


def test_classes_of_partial_fit() -> None:
    for classes in (None, [2], [0], [], [0, 2], ["a", "b"], 3):
        check(lambda cls, classes=classes: cls().partial_fit(X, Y, classes=classes), "MLPClassifier")
    begun: Callable[[Any], Any] = lambda cls: cls(**QUICK).partial_fit(X, Y, classes=[0, 1])  # noqa: E731
    check(lambda cls: begun(cls).partial_fit(X, Y, classes=[0, 1, 2]), "MLPClassifier")
    check(lambda cls: begun(cls).partial_fit(X, Y, classes=[1, 2]), "MLPClassifier")
    check(lambda cls: begun(cls).partial_fit(X, Y + 1), "MLPClassifier")
    check(lambda cls: begun(cls).partial_fit(X, np.array(["a", "b"] * 6)), "MLPClassifier")
    check(lambda cls: cls(**QUICK).fit(X, Y).partial_fit(X, Y + 5), "MLPClassifier")
    check(lambda cls: cls().partial_fit(X, Y, classes=[0, 1]), "MLPRegressor")


@pytest.mark.parametrize("kind", KINDS)
def test_other_columns_than_before(kind: str) -> None:
    for method in ("partial_fit", "predict", "predict_proba", "score"):
        arguments = (Y,) if method in ("partial_fit", "score") else ()
        check(lambda cls, m=method, a=arguments: getattr(cls(**QUICK).fit(X, Y), m)(X[:, :2], *a), kind)
        check(
            lambda cls, m=method, a=arguments: getattr(cls(**QUICK).fit(X, Y), m)(sparse.csr_array(X[:, :2]), *a), kind
        )
    check(lambda cls: cls(**QUICK, warm_start=True).fit(X, Y).fit(X[:, :2], Y), kind)


def test_other_classes_than_before_a_warm_start() -> None:
    for y in (np.arange(12) % 3, np.zeros(12), Y + 1, np.where(Y, "a", "b")):
        for solver in ("adam", "lbfgs"):
            check(
                lambda cls, y=y, s=solver: cls(**QUICK, solver=s, warm_start=True).fit(X, Y).fit(X, y), "MLPClassifier"
            )


@pytest.mark.parametrize("kind", KINDS)
def test_names_of_features(kind: str) -> None:
    pandas = pytest.importorskip("pandas")
    named, other = pandas.DataFrame(X, columns=list("abc")), pandas.DataFrame(X, columns=list("bca"))
    missing = pandas.DataFrame(X[:, :2], columns=list("ab"))
    mixed = pandas.DataFrame(X, columns=["a", 1, 2])
    for method in ("predict", "score", "partial_fit"):
        arguments = () if method == "predict" else (Y,)
        for rows, raises in ((other, True), (missing, True), (X, False), (named, False)):
            check(
                lambda cls, m=method, r=rows, a=arguments: getattr(cls(**QUICK).fit(named, Y), m)(r, *a), kind, raises
            )
        check(lambda cls, m=method, a=arguments: getattr(cls(**QUICK).fit(X, Y), m)(named, *a), kind, raises=False)
    check(lambda cls: cls(**QUICK).fit(mixed, Y), kind)
    check(lambda cls: cls(**QUICK, warm_start=True).fit(named, Y).fit(other, Y), kind)
    check(
        lambda cls: cls(**QUICK, early_stopping=True, validation_fraction=0.3).fit(named, Y).predict(named),
        kind,
        raises=False,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_validation_rows(kind: str) -> None:
    early = {**QUICK, "early_stopping": True}
    check(lambda cls: cls(**early).fit(X[:1], Y[:1]), kind)
    check(lambda cls: cls(**early).fit(X[:2], Y[:2]), kind)
    check(lambda cls: cls(**early, validation_fraction=0.0).fit(X, Y), kind)
    check(lambda cls: cls(**early, validation_fraction=0.99).fit(X, Y), kind)
    check(lambda cls: cls(**early, validation_fraction=0.01).fit(X, Y), kind)


def test_validation_rows_of_rare_classes() -> None:
    early = {**QUICK, "early_stopping": True}
    check(lambda cls: cls(**early, validation_fraction=0.3).fit(X, np.arange(12) == 0), "MLPClassifier")
    check(lambda cls: cls(**early, validation_fraction=0.2).fit(X, np.arange(12) % 6), "MLPClassifier", raises=False)


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("kind", KINDS)
def test_weights_that_are_not_finite(kind: str, solver: str) -> None:
    # So many columns that the sums of a layer overflow, in whatever order they are taken.
    great = np.finfo(float).max * RNG.random((12, 1000))
    check(lambda cls: cls(solver=solver, random_state=0, max_iter=3).fit(great, Y), kind, raises=solver != "lbfgs")


def test_too_fast() -> None:
    settings = {
        "solver": "sgd",
        "learning_rate_init": 1e10,
        "activation": "identity",
        "random_state": 0,
        "max_iter": 50,
    }
    check(lambda cls: cls(**settings).fit(X, X[:, 0]), "MLPRegressor")
    check(lambda cls: cls(**settings, early_stopping=True).fit(X, X[:, 0]), "MLPRegressor", raises=False)


def test_negative_counts() -> None:
    check(lambda cls: cls("poisson", **QUICK).fit(X, X[:, 0]), "MLPRegressor", raises=False)


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_greater_than_the_data_is_told(kind: str) -> None:
    check(lambda cls: cls(**QUICK, batch_size=13).fit(X, Y), kind, raises=False)
    check(lambda cls: cls(**QUICK, batch_size=13, solver="lbfgs").fit(X, Y), kind, raises=False)


@pytest.mark.parametrize("kind", KINDS)
def test_an_interrupt_is_told_and_keeps_the_model(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(cls: Any) -> Any:
        est = cls(**{**QUICK, "max_iter": 50, "verbose": True})
        calls = []

        def interrupt(*args: Any) -> None:
            calls.append(args)
            if len(calls) == 3:
                raise KeyboardInterrupt

        monkeypatch.setattr("builtins.print", interrupt)
        est.fit(X, Y)
        monkeypatch.undo()
        return est

    theirs, ours = (interrupted_with_warning(interrupted, getattr(m, kind)) for m in (neural_network, fastmlp))
    assert ours.n_iter_ == theirs.n_iter_ == 3
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-8)
    np.testing.assert_allclose(ours.coefs_[0], theirs.coefs_[0], rtol=1e-7)


def interrupted_with_warning(interrupted: Callable[[Any], Any], cls: Any) -> Any:
    with pytest.warns(UserWarning, match=r"^Training interrupted by user\.$"):
        return interrupted(cls)


TIMES: dict[str, np.ndarray] = {
    "dates": np.arange(36).reshape(12, 3).astype("datetime64[D]"),
    "durations": np.arange(36).reshape(12, 3).astype("timedelta64[s]"),
}
NO_NUMBERS: dict[str, Any] = {
    "strings": list("abcabcabcabc"),
    "numerals": X[:, 0].astype(str),
    "bytes": X[:, 0].astype("S"),
    "dates": TIMES["dates"][:, 0],
    "columns of dates": TIMES["dates"],
    "durations": TIMES["durations"][:, 0],
    "records": np.zeros(12, dtype=[("a", "f8")]),
}


@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
@pytest.mark.parametrize("use", ["fit", "partial_fit", "score"])
@pytest.mark.parametrize("targets", NO_NUMBERS)
def test_targets_that_are_no_numbers(targets: str, use: str, loss: str) -> None:
    def action(cls: Any) -> Any:
        regressor = cls(loss=loss, **QUICK)
        if use == "score":
            regressor.fit(X, X[:, 0] ** 2)
        return getattr(regressor, use)(X, NO_NUMBERS[targets])

    check(action, "MLPRegressor", raises=None if use == "score" else True)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rows", TIMES)
def test_rows_of_times(rows: str, kind: str) -> None:
    """`fit` takes them as numbers, but nothing else does."""
    check(lambda cls: cls(**QUICK).fit(TIMES[rows], Y), kind, raises=False)
    check(lambda cls: cls(**QUICK).fit(X, Y).predict(TIMES[rows]), kind)
    fitted = getattr(fastmlp, kind)(**QUICK).fit(X, Y)
    for use in (fitted.hidden_activations, fitted.input_gradients):
        with pytest.raises(TypeError, match="ufunc 'matmul'"):
            use(TIMES[rows])


def spoilt(form: str, part: str, place: int, value: int) -> Any:
    """Return X as a sparse matrix with one wrong index of 64 bits."""
    matrix = sparse.csr_matrix(X).asformat(form)
    for name in ("indices", "indptr"):
        setattr(matrix, name, getattr(matrix, name).astype(np.int64))
    getattr(matrix, part)[place] = value
    return matrix


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (("csr", "indices", 4, 10**8), "Columns must be from 0 to 2. Received: 100000000"),
        (("csr", "indices", 4, -1), "Columns must be from 0 to 2. Received: -1"),
        (("csr", "indices", 4, 2**32 + 1), "Columns must be from 0 to 2. Received: 4294967297"),
        (("csr", "indptr", 2, 10**8), "The rows of a CSR matrix must begin one after the other. Received: row 3"),
        (("csr", "indptr", 12, 10**8), "The rows of a CSR matrix must lie within its 36 values"),
        (("csr", "indptr", 0, -1), "The rows of a CSR matrix must lie within its 36 values"),
        (("csc", "indices", 4, 12), "Rows must be from 0 to 11. Received: 12"),
        (("csc", "indices", 4, 2**32 + 1), "Rows must be from 0 to 11. Received: 4294967297"),
        (("csc", "indptr", 1, 2**40), "The columns of a CSC matrix must begin one after the other. Received: column 2"),
        (("csc", "indptr", 3, 2**40), "The columns of a CSC matrix must lie within its 36 values"),
    ],
)
def test_places_outside_of_a_sparse_matrix(wrong: Any, sentence: str) -> None:
    fitted = fastmlp.MLPClassifier(**QUICK).fit(X, Y)
    regressor = fastmlp.MLPRegressor(**QUICK).fit(X, Y)
    uses: list[Callable[[Any], Any]] = [
        lambda matrix: fastmlp.MLPClassifier(**QUICK).fit(matrix, Y),
        lambda matrix: fastmlp.MLPClassifier(**QUICK, early_stopping=True, validation_fraction=0.4).fit(matrix, Y),
        lambda matrix: fastmlp.MLPClassifier(**QUICK, solver="lbfgs").fit(matrix, Y),
        lambda matrix: fastmlp.MLPClassifier(**QUICK).partial_fit(matrix, Y, classes=[0, 1]),
        lambda matrix: fastmlp.MLPClassifier(**QUICK).fit(X, Y, eval_set=(matrix, Y)),
        fitted.predict,
        fitted.predict_proba,
        fitted.predict_log_proba,
        lambda matrix: fitted.score(matrix, Y),
        fitted.hidden_activations,
        fitted.input_gradients,
        lambda matrix: fastmlp.MLPRegressor(**QUICK).fit(matrix, Y),
        lambda matrix: fastmlp.MLPRegressor(**QUICK).partial_fit(matrix, Y),
        regressor.predict,
        lambda matrix: regressor.score(matrix, Y),
    ]
    for use in uses:
        with pytest.raises(ValueError, match=f"^{sentence}$"):
            use(spoilt(*wrong))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("again", ["fit", "partial_fit"])
@pytest.mark.parametrize(("before", "now"), [(3, 1), (1, 3), (2, 3)])
def test_another_number_of_outputs(before: int, now: int, again: str) -> None:
    """scikit-learn's words are those of NumPy's matmul; 3 and then 1 it broadcasts."""
    targets = {columns: RNG.normal(size=(12, columns)).squeeze() for columns in (1, 2, 3)}
    regressor = fastmlp.MLPRegressor(**QUICK, warm_start=again == "fit")
    learn = getattr(regressor, again)
    learn(X, targets[before])
    expected = regressor.predict(X)
    with pytest.raises(ValueError, match=rf"`y` must have {before} columns.*Received: {now}"):
        learn(X, targets[now])
    np.testing.assert_array_equal(regressor.predict(X), expected)  # as before
    learn(X, targets[before])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sizes", [[4.0, 3.0], (4.5,), True, [True, 3], np.array([4.0, 3.0]), (3, None)], ids=str)
def test_sizes_that_are_no_integers(sizes: Any, kind: str) -> None:
    check(lambda cls: cls(**{**QUICK, "hidden_layer_sizes": sizes}).fit(X, Y), kind)


@pytest.mark.parametrize("target", ["classes", "bits", "numbers"])
def test_weights_of_all_rows_that_add_up_to_nothing(target: str) -> None:
    y = {"classes": Y, "bits": np.stack([Y, 1 - Y], axis=1), "numbers": X[:, 0]}[target]
    weights = np.repeat([1.0, -1.0], 6)
    kind = KINDS[target == "numbers"]
    check(lambda cls: cls(**QUICK, solver="lbfgs").fit(X, y, weights), kind)


def test_what_is_left_of_a_partial_fit_that_would_stop_early() -> None:
    left = []
    for module in (fastmlp, neural_network):
        estimator = module.MLPRegressor(**QUICK, early_stopping=True)
        with pytest.raises(ValueError, match="partial_fit does not support early_stopping=True"):
            estimator.partial_fit(X, X[:, 0])
        names = ("loss_curve_", "best_loss_", "validation_scores_", "best_validation_score_", "n_iter_", "t_")
        left.append([getattr(estimator, name) for name in names])
    assert left[0] == left[1]
