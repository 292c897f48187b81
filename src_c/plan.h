/* Inside of a plan; shared by plan.c (builds it), ops.c (its ops forward and backward) and train.c (runs it). */
#ifndef FM_PLAN_H
#define FM_PLAN_H

#include "fm.h"
#include "pace.h"
#include "team.h"

typedef struct {
    size_t rows, cols;
    int fixed;
} fm_shape;

typedef struct {
    size_t rows, cols; /* (rows * m, cols) for a batch of m; (rows, cols) if fixed */
    int fixed;
    size_t ld;
    char *data;           /* `buffer`, or a caller's rows: inputs that need no gathering are read where they lie */
    const int64_t *order; /* of a caller's rows: row i is row order[i] of `data`; or NULL */
    char *buffer;         /* in the arena, its leading dimension is buffer_ld; NULL for what fusing made superfluous */
    size_t buffer_ld;
    char *gradient;     /* in the arena, leading dimension buffer_ld, or NULL; its padding is zero */
    int alias;          /* an input that is only ever seen as another shape: the value whose buffer it fills */
    int producer;       /* op, or FM_NONE for inputs and targets */
    int target;         /* whose rows these are, or FM_NONE */
    int sparse;         /* the number of the input whose rows are CSR, or FM_NONE */
    int products_only;  /* of dense layers read it */
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
    int params[FM_MAX_PARAMETERS]; /* or FM_NONE */
    int firsts[FM_MAX_PARAMETERS]; /* this op is the first of the reverse pass to give that parameter a gradient */
    int32_t *indices;
    size_t n_indices;
    int out;
    int act; /* fused */
    double s[FM_MAX_SCALARS];
    char *memory; /* its own in the arena, from forward to backward; as fm_op_type.memory asks */
    int removed;  /* fused into another op */
    int in_loss;  /* a loss computes it; only prediction runs it */
} fm_op;

/* The squares of a parameter's elements are summed in so many parts, whatever the number of threads. */
enum { FM_NORM_PARTS = 64 };
enum { FM_SQUARES_OF_GRADIENT, FM_SQUARES_OF_WEIGHT, FM_SQUARES_OF_DIRECTION, FM_SQUARES_COUNT };

typedef struct {
    size_t rows, cols, ld;
    int trainable;
    double l1, l2;
    double *penalties; /* in the arena: of each row, if there are any */
    fm_constraint constraint;
    fm_norm norm;
    double limits[FM_MAX_SCALARS];                   /* of the constraint */
    double squares[FM_SQUARES_COUNT][FM_NORM_PARTS]; /* for norms of the whole; scratch of step.c */
    int uses;                                        /* by ops that give it a gradient */
    int fusable;  /* all of these are dense, and step as they go if there is only one */
    char *shared; /* the gradient, where it must be in memory and the caller binds none */
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
    fm_per per;
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
    int penalized;      /* a parameter has a penalty */
    int penalty_target; /* over whose weights penalties are spread, or FM_NONE */

    fm_value *values;
    fm_op *ops;
    fm_param *params;
    fm_target *targets;
    fm_loss_term *losses;
    fm_metric_term *metrics;
    int *inputs, *outputs; /* values */
    size_t n_values, n_ops, n_params, n_targets, n_losses, n_metrics, n_inputs, n_outputs;

    char *arena;
    char *scratch; /* of one op at a time */
    double flops;  /* of one row, forward and backward; what is not a product counts roughly */
    fm_pace pace;
};

/* What one thread of the team knows while a plan runs. */
typedef struct {
    fm_plan *plan;
    const fm_run *run;
    fm_team *team;
    size_t thread, threads;
    size_t m;                 /* rows of the present batch */
    size_t start;             /* of the batch in run->order */
    uint64_t step;            /* batches trained with before this one */
    double penalty_share;     /* of penalties, in this batch */
    double rate;              /* of learning, at this step */
    double h[FM_MAX_SCALARS]; /* of the optimizer, at this step */
    uint64_t factors;         /* of `product`, that of Nadam's momenta so far */
    double product;
} fm_worker;

/* What a kind of op is. Threads call forward and backward together; no barrier is needed at the end of either. */
typedef struct {
    /* The shape of the result; FM_INVALID where inputs, parameters, detail and scalars don't fit. */
    fm_status (*shape)(const fm_plan *plan, const fm_op *op, fm_shape *y);
    void (*forward)(const fm_worker *worker, const fm_op *op);
    /* Gives its gradient to every input that is `wanted` and every parameter that is trainable; NULL: none has one. */
    void (*backward)(const fm_worker *worker, const fm_op *op);
    /* Whether no gradient passes to the inputs, though there is a backward; NULL: one does. */
    int (*blocks)(const fm_op *op);
    /* Bytes of op->memory, and of plan->scratch, which the next op overwrites; NULL: none. */
    size_t (*memory)(const fm_plan *plan, const fm_op *op);
    size_t (*scratch)(const fm_plan *plan, const fm_op *op);
} fm_op_type;

/* ops.c: the table; src_c/ops/: its entries. */
const fm_op_type *fm_op_type_of(fm_op_kind kind);

/* derive.c: fuses, derives the reverse pass and lays out the arena, whose size it returns; SIZE_MAX / 2 or more when
 * sizes overflow. With base NULL the arena is only measured. */
void fm_plan_fuse(fm_plan *plan);
void fm_plan_derive(fm_plan *plan);
size_t fm_plan_place(fm_plan *plan, char *base);

/* terms.c: what share of the penalties counts in this batch. */
double fm_penalty_share(const fm_worker *worker);
/* Losses with their gradients, metrics, penalties, for this thread's rows; then, on one thread, their sums. */
void fm_terms(const fm_worker *worker, int gradients);
void fm_terms_add(const fm_worker *worker);

/* step.c. Before the reverse pass: the scalars of this batch's step. */
void fm_step_begin(fm_worker *worker, double learning_rate);
/* Gradients that no loss reaches: zero, before penalties are added. */
void fm_unreached_clear(const fm_worker *worker);
/* Behind it: all that is not fused into it. */
void fm_step_finish(const fm_worker *worker);
/* Adds the gradients of penalties to those that are bound. */
void fm_penalties_add(const fm_worker *worker);
/* The step as it is fused. */
fm_step fm_step_of(const fm_worker *worker, int parameter);
/* The step on elements [begin, end) of a parameter, g[0] being the gradient of element `begin`. */
void fm_elements_step(const fm_worker *worker, int parameter, char *g, size_t begin, size_t end);

#endif
