"""McCulloch and Pitts' neurons compute logic: a neuron is active if at least two of its connections are.

Two connections from A make the identity of A; one from each of A and B, AND; two from each, OR; two from A and one
from B that inhibits, A AND NOT B.
"""

import numpy as np

import fastmlp as keras

GATES = ["A", "A AND B", "A OR B", "A AND NOT B"]
CONNECTIONS = np.array([[2, 1, 2, 2], [0, 1, 2, -1]])  # from A and B to each gate

neurons = keras.models.Sequential([keras.layers.Dense(len(GATES), activation="step", input_shape=[2])])
neurons.set_weights([CONNECTIONS, np.full(len(GATES), -2)])

inputs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
print("A B   " + "   ".join(GATES))
for (a, b), outputs in zip(inputs, neurons.predict(inputs), strict=True):
    print(a, b, *(f"{int(active)}".rjust(len(gate) + 2) for active, gate in zip(outputs, GATES, strict=True)))
