"""TensorBoard's own server on what the callback writes, asked as its page asks it, and looked at in a browser."""

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any
from urllib.request import urlopen

import numpy as np
import pytest

import fastmlp
from fastmlp import layers
from fastmlp.callbacks import TensorBoard

pytest.importorskip("tensorboard", reason="needs tensorboard: pip install fastmlp[tensorboard]")

SERIES = {f"{run}/{part}" for run in ("first_run", "second_run") for part in ("train", "validation")}


@pytest.fixture(scope="module")
def histories() -> dict[str, Any]:
    return {}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, histories: dict[str, Any]) -> Iterator[str]:
    """Train twice, start the server on the logs, and return its address."""
    folder = tmp_path_factory.mktemp("my_logs")
    x = np.random.default_rng(0).normal(size=(100, 3)).astype("float32")
    for run, rate in (("first_run", 0.1), ("second_run", 0.001)):
        model = fastmlp.Sequential([layers.Dense(4, input_shape=[3], name="hidden"), layers.Dense(1, name="out")])
        model.compile(fastmlp.optimizers.SGD(rate), "mse")
        callbacks = [TensorBoard(folder / run, histogram_freq=1, write_images=True)]
        history = model.fit(x, x[:, :1], epochs=5, verbose=0, validation_split=0.2, callbacks=callbacks)
        histories[run] = history.history
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(folder), "--host", "127.0.0.1", "--port", "0"]
    with subprocess.Popen(
        [*command, "--load_fast", "false"], stderr=subprocess.STDOUT, stdout=subprocess.PIPE
    ) as server:
        assert server.stdout is not None
        giving_up = threading.Timer(120, server.kill)
        giving_up.start()
        said = b""
        for line in server.stdout:
            said += line
            if b"http://" in line:
                break
        giving_up.cancel()
        try:
            assert b"http://" in said, said.decode()
            yield said[said.index(b"http://") :].split()[0].decode()
        finally:
            server.terminate()


def asked(address: str, path: str) -> bytes:
    with urlopen(f"{address}data/{path}", timeout=60) as answer:
        content: bytes = answer.read()
    return content


@pytest.fixture(autouse=True)
def without_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1,localhost")


def test_runs_and_their_values(address: str, histories: dict[str, Any]) -> None:
    assert set(json.loads(asked(address, "runs"))) == SERIES
    points = json.loads(asked(address, "plugin/scalars/scalars?run=second_run/validation&tag=epoch_loss"))
    assert [step for _, step, _ in points] == list(range(5))
    assert [value for _, _, value in points] == pytest.approx(histories["second_run"]["val_loss"])


def test_graph_histograms_and_images(address: str) -> None:
    graph = asked(address, "plugin/graphs/graph?run=first_run/train&conceptual=true&tag=keras").decode()
    assert "hidden" in graph
    assert "out" in graph
    tags = json.loads(asked(address, "plugin/histograms/tags"))["first_run/train"]
    (path,) = [tag for tag in tags if tag.endswith("hidden/kernel/histogram")]
    histograms = json.loads(asked(address, f"plugin/histograms/histograms?run=first_run/train&tag={path}"))
    assert [step for _, step, _ in histograms] == list(range(5))
    image_tags = json.loads(asked(address, "plugin/images/tags"))["first_run/train"]
    assert any(tag.endswith("hidden/kernel/image") for tag in image_tags)


# Returns the texts of the page and how many curves each card shows; the page is made of shadow trees.
LOOK = """
    const texts = [], curves = {};
    function walk(node, card) {
        if (node.localName === 'tf-scalar-card') card = node.tag;
        if (card && node.localName === 'path' && node.classList.contains('line') && node.getAttribute('d'))
            curves[card] = (curves[card] || 0) + 1;
        if (node.nodeType === Node.TEXT_NODE && node.textContent.trim()) texts.push(node.textContent.trim());
        if (['style', 'script'].includes(node.localName)) return;
        if (node.shadowRoot) walk(node.shadowRoot, card);
        for (const child of node.childNodes) walk(child, card);
    }
    walk(document.body, null);
    return [texts, curves];
"""


def test_the_page_shows_the_curves_of_two_runs(address: str) -> None:
    """The chapter: "Click the SCALARS tab to view the learning curves"."""
    pytest.importorskip("selenium", reason="needs selenium: pip install fastmlp[test]")
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("needs a browser: apt-get install chromium chromium-driver")
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.support.wait import WebDriverWait

    options = ChromeOptions()
    options.binary_location = chromium
    for argument in ("headless=new", "no-sandbox", "disable-dev-shm-usage", "no-proxy-server", "window-size=1600,1200"):
        options.add_argument(f"--{argument}")
    with Chrome(options, Service(driver)) as browser:
        browser.get(f"{address}#scalars")
        seen: list[Any] = []

        def complete(_: object) -> bool:
            texts, curves = seen[:] = browser.execute_script(LOOK)
            return set(texts) >= SERIES and curves.get("epoch_loss", 0) >= len(SERIES)

        WebDriverWait(browser, 90, 0.5).until(complete, f"the page showed {seen}")
