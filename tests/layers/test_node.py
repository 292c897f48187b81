from fastmlp.layers import Dense, Input


def test_each_call_of_a_shared_layer_is_a_node_of_its_own() -> None:
    layer, a, b = Dense(3), Input((4,)), Input((4,))
    first, second = layer(a).node, layer(b).node
    assert first is not second
    assert first.layer is second.layer is layer
    assert (first.inputs, second.inputs) == ((a,), (b,))
    assert first.outputs[0].node is first
