from typing import Any

import pytest


@pytest.fixture
def keras() -> Any:
    """Keras itself; a test that asks for it is skipped where it is not installed, the others of its file are not."""
    from real_keras import keras

    return keras
