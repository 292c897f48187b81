from fastmlp import backend, config, utils


def test_keras_names_are_those_of_config_and_utils() -> None:
    assert backend.floatx is config.floatx
    assert backend.clear_session is utils.clear_session
