# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The only boundary to C: checks arguments, releases the GIL, calls `fm_*`; no arithmetic of its own.

Arrays come in through the buffer protocol, so that read-only, memory-mapped and strided ones are read where they lie.
One module in five parts, each of which knows those before it.
"""

include "_engine_names.pxi"
include "_engine_machine.pxi"
include "_engine_arrays.pxi"
include "_engine_plan.pxi"
include "_engine_perceptron.pxi"
