"""The command line: `python -m fastmlp info | demo | bench`."""

import argparse
import csv
import importlib.util
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

import fastmlp
from fastmlp import plotting
from fastmlp.callbacks import History
from fastmlp.layers import Dense, Flatten, Input

SEED = 42
ROOT = Path(__file__).parents[1]


class Split(NamedTuple):
    """Images (n, height, width), float32 from 0 to 1, and their labels (n,)."""

    images: np.ndarray
    labels: np.ndarray


class Task(NamedTuple):
    """What a demo trains on, and how."""

    load: Callable[[], tuple[Split, Split, Split]]  # training, validation, test
    hidden: tuple[int, ...]  # units of the hidden layers
    learning_rate: float
    epochs: int


def load_digits() -> tuple[Split, Split, Split]:
    """Return scikit-learn's 1,797 digits of 8 x 8 pixels, shuffled, cut in three."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    order = np.random.default_rng(SEED).permutation(len(digits.target))
    train, valid, test = (
        Split((digits.images[rows] / 16).astype(np.float32), digits.target[rows])
        for rows in np.split(order, [1197, 1497])
    )
    return train, valid, test


def load_fashion_mnist() -> tuple[Split, Split, Split]:
    """Return Fashion-MNIST; the first 5,000 of its training images are for validation."""
    (images, labels), (test_images, test_labels) = fastmlp.datasets.fashion_mnist.load_data()
    scaled = images / np.float32(255)
    return (
        Split(scaled[5000:], labels[5000:]),
        Split(scaled[:5000], labels[:5000]),
        Split(test_images / np.float32(255), test_labels),
    )


TASKS = {
    "digits": Task(load_digits, hidden=(100, 50), learning_rate=0.1, epochs=50),
    "fashion-mnist": Task(load_fashion_mnist, hidden=(300, 100), learning_rate=0.01, epochs=30),
}


def demo(data: str, epochs: int | None, out: Path) -> None:
    """Train a classifier, show how it went, and write the learning curves to a folder."""
    missing = [module for module in ("matplotlib", "sklearn") if importlib.util.find_spec(module) is None]
    if missing:
        sys.exit(f"The demo needs {' and '.join(missing)}, which are not installed: pip install 'fastmlp[demo]'")
    task = TASKS[data]
    train, valid, test = task.load()
    out.mkdir(parents=True, exist_ok=True)
    fastmlp.utils.set_random_seed(SEED)
    model = fastmlp.Sequential(
        [
            Input(shape=train.images.shape[1:]),
            Flatten(),
            *(Dense(units, activation="relu") for units in task.hidden),
            Dense(10, activation="softmax"),
        ]
    )
    model.compile(
        loss="sparse_categorical_crossentropy",
        optimizer=fastmlp.optimizers.SGD(learning_rate=task.learning_rate),
        metrics=["accuracy"],
    )
    model.summary()
    history = model.fit(*train, epochs=epochs or task.epochs, validation_data=valid)
    print(f"\nThe last of {len(history.epoch)} epochs:")
    print("  ".join(f"{name} {values[-1]:.4f}" for name, values in history.history.items()))
    results = model.evaluate(*test, verbose=0)
    assert isinstance(results, list)  # the loss and the one metric
    print(f"Accuracy on {len(test.labels):,} test images: {results[1]:.4f}")
    write_history(history, out)
    print(f"Learning curves: {out / 'learning_curves.png'}, {out / 'history.csv'}")


def write_history(history: History, folder: Path) -> None:
    """Write `history.csv`, with epochs from 1 as in the log, and `learning_curves.png` to a folder."""
    with (folder / "history.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["epoch", *history.history])
        table.writerows(zip((epoch + 1 for epoch in history.epoch), *history.history.values(), strict=True))
    plotting.learning_curves(history).savefig(folder / "learning_curves.png", dpi=150)


def bench(arguments: Sequence[str]) -> int:
    """Run the benchmarks of a checkout; return pytest's status."""
    benches = ROOT / "benches"
    if not (ROOT / "setup.py").is_file() or not benches.is_dir():
        sys.exit("The benchmarks are not installed with fastmlp. Run this in a checkout of the project: make bench")
    return subprocess.run([sys.executable, "-m", "pytest", str(benches), *arguments], cwd=ROOT, check=False).returncode


def positive_integer(text: str) -> int:
    """Return a positive integer given on the command line."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"must be a positive integer. Received: {text}")
    return int(text)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    root = argparse.ArgumentParser(prog="python -m fastmlp", description="Multilayer perceptrons on the CPU.")
    root.add_argument("--version", action="version", version=f"fastmlp {fastmlp.__version__}")
    commands = root.add_subparsers(dest="command", required=True, metavar="info | demo | bench")
    commands.add_parser(
        "info",
        help="print version, instruction sets, threads, compiler, NumPy",
        description="Print the version, the instruction set in use and those available, threads, compiler and NumPy.",
    )
    demo = commands.add_parser(
        "demo",
        help="train a classifier on real images",
        description="Train a multilayer perceptron on real images. Prints the model's summary, the progress, the last "
        "epoch's loss and accuracy and the accuracy on the test set; writes learning_curves.png and history.csv.",
    )
    demo.add_argument(
        "--data",
        choices=TASKS,
        default="digits",
        help="digits (default): 1,797 digits of 8 x 8 pixels that come with scikit-learn, 64-100-50-10, 50 epochs. "
        "fashion-mnist: 70,000 images of 28 x 28 pixels, found on this machine or downloaded (31 MB), 784-300-100-10, "
        "30 epochs",
    )
    demo.add_argument("--epochs", type=positive_integer, help="how often to go through the training images")
    demo.add_argument("--out", type=Path, help="folder for the results (default: demo/<data>)")
    bench = commands.add_parser(
        "bench",
        help="run the benchmarks (in a checkout)",
        description="Run the benchmarks of a checkout of the project with pytest-benchmark.",
    )
    bench.add_argument("arguments", nargs="*", help="passed on to pytest; after -- if they begin with a dash")
    return root


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the process' exit status."""
    options = parser().parse_args(arguments)
    match options.command:
        case "info":
            fastmlp.utils.show_config()
        case "demo":
            try:
                demo(options.data, options.epochs, options.out or Path("demo", options.data))
            except OSError as error:  # no data, or no place for the results: the user's to mend
                sys.exit(str(error))
        case "bench":
            return bench(options.arguments)
    return 0


if __name__ == "__main__":
    sys.exit(main())
