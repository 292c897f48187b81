"""Fashion-MNIST: 70,000 grey images, 28 x 28 pixels, of ten kinds of clothing."""

import numpy as np

from fastmlp.datasets._images import IdxFile, ImageDataSet

DATA_SET = ImageDataSet(
    title="Fashion-MNIST",
    folder="fashion-mnist",
    urls=(
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
    ),
    files=(
        IdxFile(
            "train-images-idx3-ubyte.gz",
            (60000, 28, 28),
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            "x_train",
        ),
        IdxFile(
            "train-labels-idx1-ubyte.gz",
            (60000,),
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            "y_train",
        ),
        IdxFile(
            "t10k-images-idx3-ubyte.gz",
            (10000, 28, 28),
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            "x_test",
        ),
        IdxFile(
            "t10k-labels-idx1-ubyte.gz",
            (10000,),
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
            "y_test",
        ),
    ),
)


def load_data() -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Return Fashion-MNIST.

    The four files are looked for in `$FASTMLP_HOME/datasets/fashion-mnist` (`FASTMLP_HOME` is `~/.fastmlp` unless
    set), in Keras' cache, and where Debian's package puts them; otherwise they are downloaded (31 MB) to the first
    of these. Each file is used only if the SHA-256 of its content is the published one.

    Returns
    -------
    x_train, y_train : (ndarray, ndarray)
        Pixels (60000, 28, 28), uint8 from 0 to 255, and labels (60000,), uint8 from 0 to 9: T-shirt/top, trouser,
        pullover, dress, coat, sandal, shirt, sneaker, bag, ankle boot.
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
    H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning
    algorithms", arXiv:1708.07747. MIT licence.
    """
    return DATA_SET.load()
