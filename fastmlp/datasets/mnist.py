"""MNIST: 70,000 grey images, 28 x 28 pixels, of handwritten digits."""

import numpy as np

from fastmlp.datasets._images import IdxFile, ImageDataSet

DATA_SET = ImageDataSet(
    title="MNIST",
    folder="mnist",
    urls=(
        "https://ossci-datasets.s3.amazonaws.com/mnist",
        "https://storage.googleapis.com/cvdf-datasets/mnist",
    ),
    files=(
        IdxFile(
            "train-images-idx3-ubyte.gz",
            (60000, 28, 28),
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "x_train",
        ),
        IdxFile(
            "train-labels-idx1-ubyte.gz",
            (60000,),
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "y_train",
        ),
        IdxFile(
            "t10k-images-idx3-ubyte.gz",
            (10000, 28, 28),
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "x_test",
        ),
        IdxFile(
            "t10k-labels-idx1-ubyte.gz",
            (10000,),
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            "y_test",
        ),
    ),
)


def load_data() -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Return MNIST.

    The four files are looked for in `$FASTMLP_HOME/datasets/mnist` (`FASTMLP_HOME` is `~/.fastmlp` unless set), in
    Keras' cache, where they may also be one `mnist.npz`, and in `/usr/share/datasets/mnist`; otherwise they are
    downloaded (12 MB) to the first of these. Each is used only if the SHA-256 of its content is the published one.

    Returns
    -------
    x_train, y_train : (ndarray, ndarray)
        Pixels (60000, 28, 28), uint8 from 0 to 255, and labels (60000,), uint8 from 0 to 9.
    x_test, y_test : (ndarray, ndarray)
        The same with 10,000 images.

    Raises
    ------
    ValueError
        If a file that was found is damaged.
    OSError
        If the files are neither found nor can be downloaded.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to document recognition",
    Proceedings of the IEEE 86 (1998), 2278-2324.
    """
    return DATA_SET.load()
