/* Inside of a plan; shared by plan.c (builds it), ops.c (its ops forward and backward) and train.c (runs it). */
#ifndef FM_PLAN_H
#define FM_PLAN_H

#include "fm.h"
#include "team.h"

enum { FM_NONE = -1 };

typedef struct {
    size_t rows, cols; /* (rows * m, cols) for a batch of m */
    size_t ld;
    char *data;   /* `buffer`, or a caller's rows: inputs that need no gathering are read where they lie */
    char *buffer; /* in the arena, its leading dimension is buffer_ld; NULL for what fusing made superfluous */
    size_t buffer_ld;
    char *gradient;     /* in the arena, leading dimension buffer_ld, or NULL; its padding is zero */
    int alias;          /* an input that is only ever seen as another shape: the value whose buffer it fills */
    int producer;       /* op, or FM_NONE for inputs */
    int uses;           /* by ops, losses, metrics and outputs */
    int needs_gradient; /* a trainable parameter lies above */
    int has_gradient;   /* and a loss below */
    int act;            /* activation fused into the op that makes this value */
    int slope_op;       /* the dense op that multiplies the gradient by the derivative of act, as the last to add to
                           it; FM_NONE: the producer does */
    const double *s;
} fm_value;

typedef struct {
    int value;
    int wanted;     /* this input gets a gradient from this op */
    int accumulate; /* another op gave one before */
} fm_edge;

typedef struct {
    fm_op_kind kind;
    int detail;
    fm_edge *inputs;
    size_t n_inputs;
    int kernel, bias; /* parameters of FM_OP_DENSE, or FM_NONE */
    int out;
    int act; /* fused */
    double s[FM_MAX_SCALARS];
    int removed;                  /* fused into another op */
    int in_loss;                  /* a loss computes it; only prediction runs it */
    int kernel_first, bias_first; /* the first op of the reverse pass to give this parameter a gradient */
} fm_op;

typedef struct {
    size_t rows, cols, ld;
    int trainable;
    int uses;     /* by ops that give it a gradient */
    char *shared; /* gradient of a parameter used more than once, where the caller binds none */
} fm_param;

typedef struct {
    size_t rows, cols, ld;
    char *data, *weights; /* (rows * max_rows, ld) and (rows * max_rows) in the arena */
} fm_target;

typedef struct {
    int kind;
    int z;             /* value whose gradient it gives */
    int probabilities; /* value that it writes, or FM_NONE */
    int target;
    double weight;
    double s[FM_MAX_SCALARS];
    int accumulate; /* another loss gave z a gradient before */
    char *gradient; /* in the arena, where accumulate: what it adds to z's */
    double *rows;   /* in the arena: the loss of each row */
} fm_loss_term;

typedef struct {
    int kind, value, target, weighted;
    double s[FM_MAX_SCALARS];
    double *rows;
} fm_metric_term;

struct fm_plan {
    const fm_kernels *kernels;
    size_t element; /* bytes of one */
    size_t max_rows;
    fm_status failed; /* of the calls that built the plan, the first failure */
    int finished;

    fm_value *values;
    fm_op *ops;
    fm_param *params;
    fm_target *targets;
    fm_loss_term *losses;
    fm_metric_term *metrics;
    int *inputs, *outputs; /* values */
    size_t n_values, n_ops, n_params, n_targets, n_losses, n_metrics, n_inputs, n_outputs;

    char *arena;
    char *transposed; /* scratch: dy^T of one dense layer */
    double flops;     /* of one row, forward and backward; what is not a product counts roughly */
};

/* What one thread of the team knows while a plan runs. */
typedef struct {
    fm_plan *plan;
    const fm_run *run;
    fm_team *team;
    size_t thread, threads;
    size_t m;                 /* rows of the present batch */
    size_t start;             /* of the batch in run->order */
    uint64_t step;            /* optimizer steps done before this batch */
    double h[FM_MAX_SCALARS]; /* of the optimizer, at this step */
} fm_worker;

/* Part of [0, total) that is this thread's, in whole units. */
void fm_worker_part(const fm_worker *worker, size_t total, size_t unit, size_t *begin, size_t *end);

/* ops.c. Threads call these together; forward leaves no barrier behind, backward ends all reads of op->out's gradient.
 */
void fm_op_forward(const fm_worker *worker, const fm_op *op);
void fm_op_backward(const fm_worker *worker, const fm_op *op);
void fm_losses(const fm_worker *worker, int gradients);
/* The optimizer's step on the parameters whose gradient is in memory. */
void fm_parameters_step(const fm_worker *worker);
/* Where the gradient of parameter i is to go, or NULL where the step is fused into the reverse pass. */
char *fm_gradient_of(const fm_worker *worker, int i);

#endif
