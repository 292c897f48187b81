import numpy as np
import pytest

import fastmlp
from fastmlp.utils import get_num_threads, set_num_threads, show_config


def test_threads_can_be_set() -> None:
    before = get_num_threads()
    set_num_threads(np.int64(3))
    assert get_num_threads() == 3
    set_num_threads(before)
    assert get_num_threads() == before


@pytest.mark.parametrize("n", [0, -1, 1.5, "2", True, None])
def test_the_number_of_threads_is_positive(n: object) -> None:
    with pytest.raises(ValueError, match=r"`n` must be a positive integer. Received: n="):
        set_num_threads(n)  # type: ignore[arg-type]


def test_show_config_says_what_runs(capsys: pytest.CaptureFixture[str]) -> None:
    show_config()
    text = capsys.readouterr().out
    rows = dict(line.split(maxsplit=1) for line in text.replace("instruction set", "isa").splitlines())
    assert set(rows) == {"fastmlp", "isa", "threads", "compiler", "numpy", "python"}
    assert rows["fastmlp"] == fastmlp.__version__
    assert rows["isa"].split()[0] in ("baseline", "avx2", "avx512", "neon")
    assert rows["numpy"] == np.__version__
