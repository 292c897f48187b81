"""What `src_c/fm.h` declares, for Cython."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t


cdef extern from "fm.h" nogil:
    enum:
        FM_MAX_SLOTS
        FM_MAX_SCALARS
        FM_MAX_PARAMETERS
        FM_MAX_THREADS
        FM_NONE
    ctypedef enum fm_status:
        FM_OK
        FM_NO_MEMORY
        FM_INVALID
        FM_UNSUPPORTED_ISA
    ctypedef enum fm_dtype:
        FM_F32
        FM_F64
        FM_U8
        FM_I32
        FM_I64
    ctypedef enum fm_activation:
        pass
    ctypedef enum fm_loss:
        pass
    ctypedef enum fm_per:
        pass
    ctypedef enum fm_metric:
        pass
    ctypedef enum fm_optimizer:
        FM_OPTIMIZER_COUNT
    ctypedef enum fm_constraint:
        pass
    ctypedef enum fm_norm:
        pass
    ctypedef enum fm_phase:
        pass
    ctypedef enum fm_op_kind:
        pass
    ctypedef enum fm_mode:
        FM_TRAIN
        FM_EVALUATE
        FM_GRADIENT
        FM_PREDICT

    ctypedef struct fm_kernels:
        void *dense_forward
        void *dense_gradient
        void *dense_update
        void *dense_backward
        void *dense_backward_narrow
        void *transpose
        void *column_sums
        void *gather
        void *copy
        void *reduce_forward
        void *reduce_backward
        void *binary_forward
        void *binary_backward
        void *sparse_forward
        void *sparse_gradient
        void *sparse_gather
        void *activation_forward
        void *activation_backward
        void *softmax_forward
        void *softmax_backward
        void *log_softmax_forward
        void *log_softmax_backward
        void *dropout
        void *gaussian
        void *column_moments
        void *normalize_columns
        void *normalize_columns_gradients
        void *normalize_columns_backward
        void *normalize_rows
        void *normalize_rows_gradient
        void *normalize_rows_backward
        void *embed
        void *embed_gradient
        void *encode
        void *take
        void *take_backward
        void *loss
        void *penalty
        void *metric
        void *optimizer_step
        void *optimizer_prepare
        void *blend
        void *square_sum
        void *constrain
        void *perceptron_epoch
        void *all_finite
        void *peak
    ctypedef struct fm_plan:
        pass
    ctypedef struct fm_array:
        const void *data
        size_t stride
        fm_dtype dtype
        const int32_t *columns
        const int64_t *starts
    ctypedef struct fm_binding:
        void *weight
        void *gradient
        void *slots[4]
        void *accumulator
        void *average
        double decay
    ctypedef struct fm_run:
        fm_mode mode
        const fm_array *inputs
        const fm_array *targets
        const fm_array *weights
        const fm_array *outputs
        const fm_binding *bindings
        const int64_t *order
        size_t first
        size_t last
        size_t batch_size
        int threads
        double seconds
        uint64_t seed
        uint64_t step
        fm_optimizer optimizer
        double hyper[8]
        double clip_value
        double clip_norm
        double global_clip_norm
        uint64_t accumulation
        double ema_momentum
        uint64_t ema_overwrite
        const double *learning_rates
        double *sums

    const char *const *fm_isa_names()
    int fm_isa_supported(const char *isa)
    fm_status fm_isa_select(const char *isa)
    const fm_kernels *fm_kernels_get(const char *isa, fm_dtype dtype)
    int fm_threads_available()
    int fm_has_openmp()
    double fm_peak_measure(const fm_kernels *kernels, int threads, size_t rounds, double *flops)
    void fm_permutation(int64_t *order, size_t n, uint64_t seed)
    size_t fm_leading_dimension(size_t cols, fm_dtype dtype)
    fm_plan *fm_plan_new(fm_dtype dtype)
    void fm_plan_free(fm_plan *plan)
    int fm_plan_input(fm_plan *plan, size_t rows, size_t cols)
    int fm_plan_sparse_input(fm_plan *plan, size_t cols)
    int fm_plan_target(fm_plan *plan, size_t rows, size_t cols)
    int fm_plan_parameter(fm_plan *plan, size_t rows, size_t cols, int trainable)
    int fm_plan_op(fm_plan *plan, fm_op_kind kind, int detail, const int *inputs, size_t n_inputs,
                   const int *parameters, size_t n_parameters, const double *scalars, size_t n_scalars,
                   const int32_t *indices, size_t n_indices)
    int fm_plan_target_value(fm_plan *plan, int target)
    int fm_plan_penalty(fm_plan *plan, int parameter, double l1, double l2)
    int fm_plan_spread_penalties(fm_plan *plan, int target)
    int fm_plan_constraint(fm_plan *plan, int parameter, fm_constraint constraint, fm_norm norm, const double *scalars,
                           size_t n_scalars)
    void fm_plan_step(fm_plan *plan, const fm_run *run, fm_phase phase)
    int fm_plan_value_fixed(const fm_plan *plan, int value)
    int fm_plan_output(fm_plan *plan, int value)
    int fm_plan_loss(fm_plan *plan, fm_loss kind, int value, int target, double weight, fm_per per,
                     const double *scalars, size_t n_scalars)
    int fm_plan_metric(fm_plan *plan, fm_metric kind, int value, int target, int weighted, const double *scalars,
                       size_t n_scalars)
    size_t fm_plan_value_size(const fm_plan *plan, int value)
    fm_status fm_plan_finish(fm_plan *plan, size_t max_rows)
    size_t fm_plan_run(fm_plan *plan, const fm_run *run)
    ctypedef struct fm_perceptron:
        fm_array x
        size_t rows
        size_t cols
        const uint8_t *positive
        const uint8_t *held_out
        const void *row_weights
        double class_weights[2]
        double rate
        double intercept_rate
        double alpha
        double l1_ratio
        int penalized
        int shuffled
        int normed
        double tolerance
        uint64_t patience
        void *w
        void *shrunk
        int32_t *order
        int32_t *spare
        int32_t *shuffler
        double scale
        double intercept
        double square_norm
        double absolute_norm
        double best
        uint64_t epochs
        uint64_t steps
        double loss
        double objective

    void fm_perceptron_start(fm_perceptron *perceptron, uint32_t seed)
    void fm_perceptron_epoch(fm_perceptron *perceptron)
    int fm_perceptron_is_finite(const fm_perceptron *perceptron)
    int fm_perceptron_has_converged(fm_perceptron *perceptron, double cost)
    void fm_perceptron_run(fm_perceptron *perceptron, uint64_t epochs)
