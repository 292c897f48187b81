/* fastmlp's engine: graph -> plan -> steps.
 *
 * A *plan* is an ordered list of ops over matrices ("values"). It is built once, op by op, and then run for many
 * minibatches without returning to the caller. The engine never includes Python.h and never fails once it runs:
 * everything is checked while the plan is built, or by the caller.
 *
 * Matrices are row-major. A leading dimension (ld...) is the distance between two rows in elements. Rows of weights,
 * gradients and intermediate values start on a 64-byte boundary; the columns between n and ld are padding. Padding of
 * weights and of gradients is zero and stays zero; padding of other values is finite and never used.
 *
 * Letters, everywhere: m rows of a batch; k inputs and n outputs of a dense layer; x (m, k) its input, w (k, n) its
 * kernel, b (n) its bias, y (m, n) its output; dy (m, n), dx (m, k), dw (k, n), db (n) the gradients of the loss with
 * respect to these; dyt (n, m) is dy transposed. Half-open ranges [m0, m1), [k0, k1), [n0, n1) say which part of the
 * result one call computes; that is how threads share a kernel. Arguments come in the order outputs, inputs, sizes,
 * scalars. `accumulate` adds to the output instead of overwriting it.
 */
#ifndef FM_H
#define FM_H

#include <stddef.h>
#include <stdint.h>

#define FM_CACHE_LINE 64
#define FM_MAX_SLOTS 4      /* optimizer slots of one parameter */
#define FM_MAX_SCALARS 8    /* scalars of an op, a loss, a metric or an optimizer */
#define FM_MAX_PARAMETERS 4 /* parameters of one op */
#define FM_MAX_THREADS 256
#define FM_NARROW 16 /* columns of a layer for dense_backward_narrow */

enum { FM_NONE = -1 }; /* no value, no target, no parameter */

typedef enum { FM_OK = 0, FM_NO_MEMORY = -1, FM_INVALID = -2, FM_UNSUPPORTED_ISA = -3 } fm_status;

/* dtype of the engine's arithmetic (the first two) and of the arrays it can read rows from (all). */
typedef enum { FM_F32, FM_F64, FM_U8, FM_I32, FM_I64, FM_DTYPE_COUNT } fm_dtype;

/* s[] are the scalars. An activation's derivative is computed from its output y, or, for those behind
 * FM_FIRST_FROM_INPUT, from its input x. */
typedef enum {
    FM_LINEAR,
    FM_RELU,
    FM_SIGMOID,
    FM_TANH,
    FM_SOFTPLUS,
    FM_ELU, /* s[0] = alpha */
    FM_SELU,
    FM_LEAKY_RELU, /* s[0] = negative slope, not negative */
    FM_EXPONENTIAL,
    FM_SOFTSIGN,
    FM_HARD_SIGMOID, /* Keras 3: relu6(x + 3) / 6 */
    FM_STEP,         /* Heaviside: 1 where x >= 0, else 0; derivative 0 */
    FM_SIGN,         /* -1, 0, 1; derivative 0 */
    FM_FIRST_FROM_INPUT,
    FM_GELU = FM_FIRST_FROM_INPUT, /* exact, with erf */
    FM_GELU_TANH,                  /* tanh approximation */
    FM_SILU,
    FM_RELU_GENERAL, /* s[0] = negative slope, s[1] = max value, s[2] = threshold: min(x, s[1]) where x > s[2], else
                        s[0] (x - s[2]) */
    FM_CELU,         /* s[0] = alpha */
    FM_MISH,
    FM_LOG_SIGMOID,
    FM_HARD_SILU,
    FM_HARD_SHRINK, /* s[0] = threshold */
    FM_SOFT_SHRINK, /* s[0] = threshold */
    FM_TANH_SHRINK,
    FM_THRESHOLD, /* s[0] = threshold, s[1] = value: x where x > s[0], else s[1] */
    FM_SPARSE_PLUS,
    FM_SPARSE_SIGMOID,
    FM_SQUAREPLUS, /* s[0] = b */
    FM_AFFINE,     /* s[0] x + s[1] */
    FM_CLIP,       /* s[0] = lowest, s[1] = highest; derivative 1 from lowest to highest, both included */
    FM_ABSOLUTE,   /* derivative 0 at 0 */
    FM_SQUARE,
    FM_SQRT,
    FM_RSQRT, /* 1 / sqrt(x) */
    FM_RECIPROCAL,
    FM_EXPM1,
    FM_LOG,
    FM_LOG1P,
    FM_ERF,
    FM_SIN,
    FM_COS,
    FM_FLOOR, /* this and the next two: derivative 0 */
    FM_CEIL,
    FM_ROUND,   /* halves to the even number */
    FM_SOFTMAX, /* this and the next: over a whole row, by functions of their own; the derivative comes from y */
    FM_LOG_SOFTMAX,
    FM_ACTIVATION_COUNT
} fm_activation;

typedef enum {
    FM_DROPOUT,          /* s[0] = rate: a share of zeros, the others times 1 / (1 - rate) */
    FM_ALPHA_DROPOUT,    /* s[0] = rate: selu's least value instead of zero, then mean and variance brought back */
    FM_GAUSSIAN_DROPOUT, /* s[0] = rate: times numbers of mean 1 and variance rate / (1 - rate) */
    FM_GAUSSIAN_NOISE,   /* s[0] = standard deviation: plus numbers of mean 0 */
    FM_BERNOULLI,        /* s[0] = rate: 1, or 0 for a share `rate`, whatever the input; no gradient passes */
    FM_NOISE_COUNT
} fm_noise;

/* Which mean and variance batch normalization takes. */
typedef enum {
    FM_MOVING_STATISTICS,
    FM_BATCH_STATISTICS, /* of the present batch, with which it updates the moving ones */
    FM_STATISTICS_COUNT
} fm_statistics;

typedef enum {
    FM_ENCODE_MULTI_HOT, /* whether a number is among the elements of a row */
    FM_ENCODE_COUNT,     /* how often */
    FM_ENCODING_COUNT
} fm_encoding;

/* y = a op b, element by element. Comparisons give 1 or 0 and have no derivative. */
typedef enum {
    FM_ADD,
    FM_SUBTRACT,
    FM_MULTIPLY,
    FM_DIVIDE,
    FM_MAXIMUM, /* where both are equal, a takes all of the gradient; the same for FM_MINIMUM */
    FM_MINIMUM,
    FM_POWER, /* the derivative to b is 0 where a is not positive */
    FM_MASK,  /* b where a is not 0, else 0; no derivative to a */
    FM_EQUAL,
    FM_NOT_EQUAL,
    FM_GREATER,
    FM_GREATER_EQUAL,
    FM_LESS,
    FM_LESS_EQUAL,
    FM_BINARY_COUNT
} fm_binary;

/* Of a row of n numbers to one. NaN among them gives NaN. */
typedef enum {
    FM_SUM,
    FM_MEAN,
    FM_MAX, /* the gradient is divided among all that are the greatest; the same for FM_MIN */
    FM_MIN,
    FM_PROD,
    FM_LOGSUMEXP,
    FM_ARGMAX, /* the column of the first that is the greatest; no derivative; the same for FM_ARGMIN */
    FM_ARGMIN,
    FM_REDUCTION_COUNT
} fm_reduction;

/* z is the prediction; the _LOGITS kinds apply sigmoid or softmax themselves. With s[1] = epsilon > 0 these take logs
 * of probabilities clipped to [epsilon, 1 - epsilon], as scikit-learn does; the gradient takes no notice of it. Targets
 * of the categorical ones name one class then. */
typedef enum {
    FM_MSE,
    FM_MAE,
    FM_HUBER,                      /* s[0] = delta */
    FM_POISSON_LOG,                /* half of the deviance, z being the log of the mean: exp(z) - t z + t log(t) - t */
    FM_BINARY_CROSSENTROPY,        /* s[0] = label smoothing; probabilities clipped to [1e-7, 1 - 1e-7] */
    FM_BINARY_CROSSENTROPY_LOGITS, /* s[0] = label smoothing */
    FM_CATEGORICAL_CROSSENTROPY,   /* s[0] = label smoothing; rows scaled to sum 1, then clipped as above */
    FM_CATEGORICAL_CROSSENTROPY_LOGITS, /* s[0] = label smoothing */
    FM_SPARSE_CATEGORICAL_CROSSENTROPY, /* t (m, 1) holds the class index as a number */
    FM_SPARSE_CATEGORICAL_CROSSENTROPY_LOGITS,
    FM_VALUE_LOSS, /* z (m, 1) is the loss of each row; no target is read */
    FM_LOSS_COUNT
} fm_loss;

/* What a loss is a mean over: the rows of a batch, or their weights. */
typedef enum { FM_PER_ROW, FM_PER_WEIGHT } fm_per;

typedef enum {
    FM_BINARY_ACCURACY, /* s[0] = threshold; mean over the columns */
    FM_CATEGORICAL_ACCURACY,
    FM_SPARSE_CATEGORICAL_ACCURACY,
    FM_MEAN_SQUARED_ERROR,
    FM_MEAN_ABSOLUTE_ERROR,
    FM_VALUE_METRIC, /* p (m, 1) is the metric of each row; no target is read */
    FM_METRIC_COUNT
} fm_metric;

/* The formulas of a step, as Keras 3 has them; g is the gradient. h[0] is the learning rate of the present step; what
 * the caller gives once follows, and then what the engine works out for step t = 1, 2, ... Slots start at zero unless
 * said otherwise. */
typedef enum {
    FM_SGD,      /* w -= lr g */
    FM_MOMENTUM, /* h[1] = momentum; slot v: v = momentum v - lr g; w += v */
    FM_NESTEROV, /* h[1] = momentum; slot v: v = momentum v - lr g; w += momentum v - lr g */
    FM_ADAM,     /* h[1] = beta_1, h[2] = beta_2, h[3] = epsilon; slots m, v. The engine sets h[0] to
                    lr sqrt(1 - beta_2^t) / (1 - beta_1^t): w -= h[0] m / (sqrt(v) + epsilon),
                    as in the last formula of section 2 of Kingma and Ba, arXiv:1412.6980 */
    FM_AMSGRAD,  /* Adam with a third slot, the largest v so far, in place of v in the last formula */
    FM_ADAMAX,   /* h[1] = beta_1, h[2] = beta_2, h[3] = epsilon; slots m, u: u = max(beta_2 u, |g|). The engine sets
                    h[0] to lr / (1 - beta_1^t): w -= h[0] m / (u + epsilon) */
    FM_NADAM,    /* h[1] = beta_1, h[2] = beta_2, h[3] = epsilon; slots m, v. The engine sets h[4], h[5], h[6]:
                    w -= lr (h[4] m + h[5] g) / (sqrt(h[6] v) + epsilon) */
    FM_RMSPROP,  /* h[1] = rho, h[2] = epsilon; slot v: v = rho v + (1 - rho) g^2; w -= lr g / sqrt(v + epsilon) */
    FM_RMSPROP_MOMENTUM, /* h[3] = momentum; second slot u: u = momentum u + lr g / sqrt(v + epsilon); w -= u */
    FM_RMSPROP_CENTERED, /* second slot a: a = rho a + (1 - rho) g; v - a^2 in place of v under the root */
    FM_RMSPROP_CENTERED_MOMENTUM, /* both; slots v, u, a */
    FM_ADAGRAD,  /* h[1] = epsilon; slot a, which starts where the caller says: a += g^2; w -= lr g / sqrt(a + epsilon)
                  */
    FM_ADADELTA, /* h[1] = rho, h[2] = epsilon; slots a, b: a = rho a + (1 - rho) g^2;
                    d = g sqrt(b + epsilon) / sqrt(a + epsilon); b = rho b + (1 - rho) d^2; w -= lr d */
    FM_FTRL, /* h[1] = power of the learning rate, h[2] = l1, h[3] = l2, h[4] = shrinkage, h[5] = beta; slots a, which
                starts where the caller says, and z; p = -h[1]: b = a + g^2;
                z += g + 2 shrinkage w - (b^p - a^p) / lr w; a = b;
                w = (min(max(z, -l1), l1) - z) / (b^p / lr + 2 l2 + beta / lr) */
    FM_LION, /* h[1] = beta_1, h[2] = beta_2; slot m: w -= lr sign(beta_1 m + (1 - beta_1) g);
                m = beta_2 m + (1 - beta_2) g */
    FM_LAMB, /* h[1] = beta_1, h[2] = beta_2, h[3] = epsilon; slots m, v. The engine sets h[4], h[5], and slot r to the
                gradient's place, which gets the direction h[4] m / (sqrt(h[5] v) + epsilon); w is left for a step
                of FM_SGD along r, at the rate lr |w| / |r| */
    FM_SCHEDULE_FREE, /* h[1] = beta_1, h[2] = beta_2, h[3] = epsilon, h[4] = steps of warm-up; slots z, which starts as
                    w, and v. The engine sets h[0] to the warmed-up rate, and h[5], h[6]: y = z; z -= h[0] g /
                    (sqrt(h[5] v) + epsilon); x = (w - (1 - beta_1) y) / beta_1; x += h[6] (z - x); w = (1 - beta_1) z +
                    beta_1 x */
    FM_OPTIMIZER_COUNT
} fm_optimizer;

/* One step on one parameter, in this order, each part only where its number is not 0: g += l1 sign(w) + 2 l2 w;
 * g = min(max(g, -clip), clip); w -= decay w; then the optimizer's formula. */
typedef struct {
    fm_optimizer optimizer;
    double h[FM_MAX_SCALARS];
    double l1, l2;
    double clip;
    double decay; /* the learning rate times the decay of weights */
} fm_step;

/* What holds for a parameter after each step. `norm` is the Euclidean one of each column, of each row, or of the whole
 * matrix, as fm_norm says. */
typedef enum {
    FM_NO_CONSTRAINT,
    FM_NON_NEG,      /* w = max(w, 0) */
    FM_MAX_NORM,     /* s[0] = highest: w *= min(norm, highest) / (norm + 1e-7) */
    FM_UNIT_NORM,    /* w /= norm + 1e-7 */
    FM_MIN_MAX_NORM, /* s[0] = lowest, s[1] = highest, s[2] = rate:
                        w *= (rate min(max(norm, lowest), highest) + (1 - rate) norm) / (norm + 1e-7) */
    FM_CONSTRAINT_COUNT
} fm_constraint;

typedef enum { FM_OF_COLUMNS, FM_OF_ROWS, FM_OF_ALL } fm_norm;

/* Rows of data: dense ones `stride` bytes apart, or those of a CSR matrix of the engine's dtype. */
typedef struct {
    const void *data; /* row 0; the values of a CSR matrix */
    size_t stride;    /* bytes between rows */
    fm_dtype dtype;
    const int32_t *columns; /* of CSR: the column of each value; NULL for dense rows */
    const int64_t *starts;  /* of CSR: where the values of each row begin, and where those of the last one end */
} fm_array;

/* One linear threshold unit, trained row by row (Rosenblatt's rule, with scikit-learn's penalties): the class is the
 * sign of scale * (w x) + intercept. `real` stands for the dtype of x. */
typedef struct {
    fm_array x; /* (rows, cols), dense or CSR, of FM_F32 or FM_F64 */
    size_t rows, cols;
    const uint8_t *positive; /* (rows): whether a row belongs to the class */
    const uint8_t *held_out; /* (rows): which rows are not learned from */
    const void *row_weights; /* (rows), real */
    double class_weights[2]; /* of the rows that do not belong to the class, and of those that do */
    double rate;             /* what a mistake adds of its row, times the weights */
    double intercept_rate;   /* what a mistake adds to the intercept, times that; 0: there is no intercept */
    double alpha, l1_ratio;  /* penalty alpha ((1 - l1_ratio) / 2 |w|^2 + l1_ratio |w|_1), where `penalized` is set */
    int penalized;
    int shuffled;
    int normed; /* keeps the norms, which the objective has where there is a penalty */
    double tolerance;
    uint64_t patience;

    /* Memory of the caller. */
    void *w;                           /* (cols), real; without `scale` */
    void *shrunk;                      /* (cols), real, zeros: what the L1 penalty took from each weight */
    int32_t *order, *spare, *shuffler; /* (rows) */

    /* State: the caller starts with scale = 1, best = INFINITY, the norms and the intercept of w, and zeros. */
    double scale, intercept;
    double square_norm, absolute_norm; /* of the weights that the last mistake touched, as scikit-learn has them */
    double shrinkage;                  /* what the L1 penalty could have taken until now */
    double best;                       /* least cost of an epoch so far */
    uint64_t stale;                    /* epochs in a row without a cost less than that by `tolerance` */
    uint64_t epochs, steps;            /* done so far; a step is a row learned from */
    double loss, objective;            /* mean over the rows of the last epoch */
} fm_perceptron;

/* One table per ISA and dtype; every entry is filled. void pointers are to elements of the table's dtype. */
typedef struct fm_kernels {
    const char *isa;
    fm_dtype dtype;
    size_t lanes; /* elements of one vector */

    /* kernels/dense_*.inc.h; n0 is a multiple of lanes; an n1 that is not one rounds up into the padding. */

    /* y[m0:m1, n0:n1] = act(x w + b); b may be NULL; act is derivable from y (< FM_FIRST_FROM_INPUT). */
    void (*dense_forward)(void *y, const void *x, const int64_t *order, const void *w, const void *b, size_t ldy,
                          size_t ldx, size_t ldw, size_t m0, size_t m1, size_t k, size_t n0, size_t n1, int act,
                          const double *s);
    /* dw[k0:k1, n0:n1] = x^T dy, summed over all m rows. */
    void (*dense_gradient)(void *dw, const void *x, const int64_t *order, const void *dy, size_t lddw, size_t ldx,
                           size_t lddy, size_t m, size_t k0, size_t k1, size_t n0, size_t n1, int accumulate);
    /* The same gradient, given at once to the optimizer's step on w[k0:k1, n0:n1]; slots are laid out like w. */
    void (*dense_update)(void *w, void *const *slots, const void *x, const int64_t *order, const void *dy, size_t ldw,
                         size_t ldx, size_t lddy, size_t m, size_t k0, size_t k1, size_t n0, size_t n1,
                         const fm_step *step);
    /* dx[:m, k0:k1] = (dy w^T) * act'(a), where a (m, k) is the output of the activation below, or NULL. The
     * derivative multiplies after the sum where accumulate is set. */
    void (*dense_backward)(void *dx, const void *w, const void *dyt, const void *a, size_t lddx, size_t ldw,
                           size_t lddyt, size_t lda, size_t m, size_t k0, size_t k1, size_t n, int act, const double *s,
                           int accumulate);
    /* The same for dx[m0:m1, k0:k1] and n <= FM_NARROW, from dy itself; a k1 that is not a multiple of lanes rounds up
     * into the padding. */
    void (*dense_backward_narrow)(void *dx, const void *w, const void *dy, const void *a, size_t lddx, size_t ldw,
                                  size_t lddy, size_t lda, size_t m0, size_t m1, size_t k0, size_t k1, size_t n,
                                  int act, const double *s, int accumulate);
    /* kernels/transpose.inc.h: at[n0:n1, 0:m] = a[0:m, n0:n1]^T, and zero in at[n0:n1, m:m rounded up to lanes]. */
    void (*transpose)(void *at, const void *a, size_t ldat, size_t lda, size_t m, size_t n0, size_t n1);

    /* kernels/reduce.inc.h */

    /* y[n0:n1] = sum over the m rows of a, in the order of the rows. */
    void (*column_sums)(void *y, const void *a, size_t lda, size_t m, size_t n0, size_t n1, int accumulate);
    /* y[m0:m1, :n] = the rows order[m0:m1] (or m0, m0 + 1, ... where order is NULL) of an array of dtype `source`
     * whose rows lie `stride` bytes apart. */
    void (*gather)(void *y, const void *x, const int64_t *order, size_t ldy, size_t stride, size_t m0, size_t m1,
                   size_t n, int source);
    /* y[m0:m1, :n] = x[m0:m1, :n] */
    void (*copy)(void *y, const void *x, size_t ldy, size_t ldx, size_t m0, size_t m1, size_t n, int accumulate);
    /* y[m0:m1, 0] = the reduction of x[m0:m1, :n] */
    void (*reduce_forward)(void *y, const void *x, size_t ldy, size_t ldx, size_t m0, size_t m1, size_t n, int kind);
    /* dx[m0:m1, :n] = dy[m0:m1, 0] times the derivative of the reduction y of x */
    void (*reduce_backward)(void *dx, const void *dy, const void *x, const void *y, size_t lddx, size_t lddy,
                            size_t ldx, size_t ldy, size_t m0, size_t m1, size_t n, int kind, int accumulate);

    /* kernels/binary.inc.h; an operand of leading dimension 0 has one row for all, one of step 0 (instead of 1) one
     * column for all. */

    /* y[m0:m1, :n] = a op b */
    void (*binary_forward)(void *y, const void *a, const void *b, size_t ldy, size_t lda, size_t ldb, size_t a_step,
                           size_t b_step, size_t m0, size_t m1, size_t n, int kind);
    /* d[m0:m1, :n] = dy * d(a op b) / da, or to b where `second` is set: still to be summed over what was one for
     * all. lddy may be 0, too. */
    void (*binary_backward)(void *d, const void *dy, const void *a, const void *b, size_t ldd, size_t lddy, size_t lda,
                            size_t ldb, size_t a_step, size_t b_step, size_t m0, size_t m1, size_t n, int kind,
                            int second, int accumulate);

    /* kernels/sparse.inc.h: x is CSR; its rows are order[0], order[1], ... or, where that is NULL, `first` and on. */

    /* y[m0:m1, n0:n1] = x w + b; b may be NULL. */
    void (*sparse_forward)(void *y, const fm_array *x, const int64_t *order, const void *w, const void *b, size_t ldy,
                           size_t ldw, size_t first, size_t m0, size_t m1, size_t n0, size_t n1);
    /* dw[:k, n0:n1] = x^T dy */
    void (*sparse_gradient)(void *dw, const fm_array *x, const int64_t *order, const void *dy, size_t lddw, size_t lddy,
                            size_t first, size_t m, size_t k, size_t n0, size_t n1, int accumulate);
    /* y[m0:m1, :n] = x */
    void (*sparse_gather)(void *y, const fm_array *x, const int64_t *order, size_t ldy, size_t first, size_t m0,
                          size_t m1, size_t n);

    /* kernels/activation.inc.h */

    /* y[m0:m1, :n] = act(x); y may be x. */
    void (*activation_forward)(void *y, const void *x, size_t ldy, size_t ldx, size_t m0, size_t m1, size_t n, int act,
                               const double *s);
    /* dx[m0:m1, :n] = dy * act'(a), a being y or x as fm_activation says; dx may be dy. */
    void (*activation_backward)(void *dx, const void *dy, const void *a, size_t lddx, size_t lddy, size_t lda,
                                size_t m0, size_t m1, size_t n, int act, const double *s, int accumulate);
    void (*softmax_forward)(void *y, const void *x, size_t ldy, size_t ldx, size_t m0, size_t m1, size_t n);
    void (*softmax_backward)(void *dx, const void *dy, const void *y, size_t lddx, size_t lddy, size_t ldy, size_t m0,
                             size_t m1, size_t n, int accumulate);
    void (*log_softmax_forward)(void *y, const void *x, size_t ldy, size_t ldx, size_t m0, size_t m1, size_t n);
    void (*log_softmax_backward)(void *dx, const void *dy, const void *y, size_t lddx, size_t lddy, size_t ldy,
                                 size_t m0, size_t m1, size_t n, int accumulate);

    /* kernels/random.inc.h */

    /* y[m0:m1, :n] = factor * x + shift where draw (row * n + column) of the stream `key` is not below rate, else
     * `dropped`. */
    void (*dropout)(void *y, const void *x, size_t ldy, size_t ldx, size_t m0, size_t m1, size_t n, double rate,
                    double factor, double shift, double dropped, uint64_t key, int accumulate);
    /* y[m0:m1, :n] = x + stddev * z, or x (1 + stddev * z) where `multiply` is set, z being standard normal numbers
     * made of the draws (row * n + column) of the stream `key`. */
    void (*gaussian)(void *y, const void *x, size_t ldy, size_t ldx, size_t m0, size_t m1, size_t n, double stddev,
                     int multiply, uint64_t key, int accumulate);

    /* kernels/normalize.inc.h; mean, variance, gamma, beta and their gradients are vectors of the n columns. */

    /* mean[n0:n1] and variance[n0:n1], not corrected for the degree of freedom, of the m rows of x. */
    void (*column_moments)(void *mean, void *variance, const void *x, size_t ldx, size_t m, size_t n0, size_t n1);
    /* y[m0:m1, n0:n1] = gamma * xhat + beta with xhat = (x - mean) / sqrt(variance + epsilon); gamma and beta may be
     * NULL. */
    void (*normalize_columns)(void *y, const void *x, const void *mean, const void *variance, const void *gamma,
                              const void *beta, size_t ldy, size_t ldx, size_t m0, size_t m1, size_t n0, size_t n1,
                              double epsilon);
    /* dgamma[n0:n1] and dbeta[n0:n1]: the sums over the m rows of dy * xhat and of dy. */
    void (*normalize_columns_gradients)(void *dgamma, void *dbeta, const void *dy, const void *x, const void *mean,
                                        const void *variance, size_t lddy, size_t ldx, size_t m, size_t n0, size_t n1,
                                        double epsilon);
    /* dx[:m, n0:n1], mean and variance being those of x, with dgamma and dbeta from above; both are NULL where mean
     * and variance do not depend on x. */
    void (*normalize_columns_backward)(void *dx, const void *dy, const void *x, const void *mean, const void *variance,
                                       const void *gamma, const void *dgamma, const void *dbeta, size_t lddx,
                                       size_t lddy, size_t ldx, size_t m, size_t n0, size_t n1, double epsilon,
                                       int accumulate);
    /* y[m0:m1, :n] = gamma * xhat + beta with mean and variance of each row; moments (m, 2) gets its mean and
     * 1 / sqrt(variance + epsilon). gamma and beta may be NULL. */
    void (*normalize_rows)(void *y, void *moments, const void *x, const void *gamma, const void *beta, size_t ldy,
                           size_t ldx, size_t m0, size_t m1, size_t n, double epsilon);
    /* dgamma[n0:n1]: the sum over the m rows of dy * xhat. */
    void (*normalize_rows_gradient)(void *dgamma, const void *dy, const void *x, const void *moments, size_t lddy,
                                    size_t ldx, size_t m, size_t n0, size_t n1, int accumulate);
    void (*normalize_rows_backward)(void *dx, const void *dy, const void *x, const void *moments, const void *gamma,
                                    size_t lddx, size_t lddy, size_t ldx, size_t m0, size_t m1, size_t n,
                                    int accumulate);

    /* kernels/lookup.inc.h. An element of x that is not a number below k, or n, stands for no row. */

    /* Rows [m0, m1) of y are the rows of `table` (k, n) whose numbers are the elements of x, in matrices of `cols`
     * columns; NaN for no row. */
    void (*embed)(void *y, const void *table, const void *x, size_t ldy, size_t ldtable, size_t ldx, size_t m0,
                  size_t m1, size_t n, size_t k, size_t cols);
    /* dtable[k0:k1, :n]: to each row the sum, in their order, of those of the m rows of dy that came from it. */
    void (*embed_gradient)(void *dtable, const void *dy, const void *x, size_t lddtable, size_t lddy, size_t ldx,
                           size_t m, size_t n, size_t k0, size_t k1, size_t cols, int accumulate);
    /* y[i, j] for i in [m0, m1), j in [0, n): whether j is among x[i, :cols], or, for `count`, how often, or the sum
     * of the weights that come with it; weights may be NULL. */
    void (*encode)(void *y, const void *x, const void *weights, size_t ldy, size_t ldx, size_t ldw, size_t m0,
                   size_t m1, size_t n, size_t cols, int count);
    /* Samples [m0, m1) of y, matrices (y_rows, y_cols), of samples of x: element j is element indices[j]. */
    void (*take)(void *y, const void *x, const int32_t *indices, size_t ldy, size_t ldx, size_t m0, size_t m1,
                 size_t y_rows, size_t y_cols, size_t x_rows, size_t x_cols);
    /* The elements of dy are added, in their order, to those of dx that they came from. */
    void (*take_backward)(void *dx, const void *dy, const int32_t *indices, size_t lddx, size_t lddy, size_t m0,
                          size_t m1, size_t y_rows, size_t y_cols, size_t x_rows, size_t x_cols, int accumulate);

    /* kernels/loss.inc.h: losses[i] for i in [m0, m1): mean over the columns of the loss of row i, times sw[i] (1 where
     * sw is NULL). dz (or NULL) gets scale * d losses[i] / dz[i]. The _LOGITS kinds write the probabilities to p unless
     * it is NULL; p may be z. */
    void (*loss)(double *losses, void *dz, void *p, const void *z, const void *t, const void *sw, size_t lddz,
                 size_t ldp, size_t ldz, size_t ldt, size_t m0, size_t m1, size_t n, int kind, const double *s,
                 double scale);
    /* kernels/metric.inc.h: metrics[i] for i in [m0, m1): the metric of row i, not weighted. */
    void (*metric)(double *metrics, const void *p, const void *t, size_t ldp, size_t ldt, size_t m0, size_t m1,
                   size_t n, int kind, const double *s);
    /* kernels/penalty.inc.h: rows[i] for i in [m0, m1): l1 sum |w| + l2 sum w^2 of row i of w (m, n). */
    void (*penalty)(double *rows, const void *w, size_t ldw, size_t m0, size_t m1, size_t n, double l1, double l2);

    /* kernels/optimizer.inc.h: on n consecutive elements; any n, any alignment. */

    /* One step; slots has FM_MAX_SLOTS elements. */
    void (*optimizer_step)(void *w, void *const *slots, const void *g, size_t n, const fm_step *step);
    /* What comes before the formula: changes g, and w where it decays. */
    void (*optimizer_prepare)(void *g, void *w, size_t n, const fm_step *step);
    /* y = a y + b x */
    void (*blend)(void *y, const void *x, size_t n, double a, double b);
    double (*square_sum)(const void *a, size_t n);

    /* kernels/constraint.inc.h: makes w[m0:m1, n0:n1] fulfil a constraint; FM_OF_COLUMNS takes the norms of columns
     * between m0 and m1, the others those of rows between n0 and n1. */
    void (*constrain)(void *w, size_t ldw, size_t m0, size_t m1, size_t n0, size_t n1, int kind, int norm,
                      const double *s);

    /* kernels/perceptron.inc.h: one epoch, over the rows in their order; w times scale are the weights. Without fused
     * multiply-add: the same bits on every ISA. */
    void (*perceptron_epoch)(fm_perceptron *perceptron);
    /* Whether n numbers are finite. */
    int (*all_finite)(const void *a, size_t n);

    /* kernels/peak.inc.h: `n` rounds of independent fused multiply-adds in registers; returns the flops done. For
     * measuring the peak. */
    double (*peak)(size_t n);
} fm_kernels;

/* ---- dispatch.c ---- */

/* Names of the ISAs of this build, best first, ended by NULL; fm_isa_supported tells whether this CPU runs one. */
const char *const *fm_isa_names(void);
int fm_isa_supported(const char *isa);
/* Chooses the ISA for all plans made from now on; NULL chooses the best. FM_UNSUPPORTED_ISA if the CPU lacks it or the
 * build does not know it. */
fm_status fm_isa_select(const char *isa);
/* The table for an ISA (NULL: the selected one) and FM_F32 or FM_F64; NULL for an unknown ISA. */
const fm_kernels *fm_kernels_get(const char *isa, fm_dtype dtype);

/* ---- team.c ---- */

int fm_threads_available(void); /* what affinity and cgroup allow */
int fm_has_openmp(void);
/* Seconds to do `rounds` of fm_kernels.peak on each of `threads` threads at once; *flops is what they did together. */
double fm_peak_measure(const fm_kernels *kernels, int threads, size_t rounds, double *flops);

/* ---- random.c ---- */

/* The numbers 0 ... n - 1 in a random order that depends on n and the seed alone (Fisher and Yates; the bias is below
 * n / 2^64). */
void fm_permutation(int64_t *order, size_t n, uint64_t seed);

/* ---- perceptron.c ---- */

/* Makes the order of the rows and the shuffler, which brings it from one epoch's to the next one's. */
void fm_perceptron_start(fm_perceptron *perceptron, uint32_t seed);
/* One epoch. */
void fm_perceptron_epoch(fm_perceptron *perceptron);
/* Whether the intercept and all weights are finite. */
int fm_perceptron_is_finite(const fm_perceptron *perceptron);
/* Takes note of an epoch's cost; says whether there have been `patience` epochs without progress. */
int fm_perceptron_has_converged(fm_perceptron *perceptron, double cost);
/* Epochs until the objective makes no progress, a number is not finite or there were `epochs` of them. */
void fm_perceptron_run(fm_perceptron *perceptron, uint64_t epochs);

/* ---- plan.c ---- */

typedef struct fm_plan fm_plan;

/* Every kind has an fm_op_type in ops.c, which says what shape its result has and what it does forward and backward. */
typedef enum {
    FM_OP_DENSE,         /* inputs x; parameters kernel, bias or none */
    FM_OP_MATMUL,        /* inputs x and a fixed w: x w */
    FM_OP_TRANSPOSE,     /* input x, fixed */
    FM_OP_SPARSE_DENSE,  /* a sparse input; parameters kernel, bias or none */
    FM_OP_DENSIFY,       /* a sparse input, with its zeros */
    FM_OP_ACTIVATION,    /* input x; detail = fm_activation; s[] its scalars */
    FM_OP_BINARY,        /* inputs a, b; detail = fm_binary. Rows and columns of an input are those of the result, or 1
                            for all; a fixed one stands for all samples */
    FM_OP_REDUCE,        /* input x; detail = fm_reduction: each row to one number */
    FM_OP_BATCH_REDUCE,  /* input x, not fixed; detail = FM_SUM or FM_MEAN over the batch; the result is fixed */
    FM_OP_NOISE,         /* input x; detail = fm_noise; s[0] as it says, s[1] = seed of this op */
    FM_OP_RESHAPE,       /* input x; rows and columns of the result in s[0], s[1] */
    FM_OP_CONCATENATE,   /* two or more inputs, along the columns */
    FM_OP_STOP_GRADIENT, /* input x; no gradient passes */
    FM_OP_PARAMETER,     /* no inputs; a parameter as a fixed value, which gets the value's gradient */
    FM_OP_CONSTANT,      /* no inputs; a fixed value of rows and columns s[0], s[1], filled with s[2] */
    FM_OP_BATCH_NORMALIZATION, /* input x; detail = fm_statistics; parameters gamma or none, beta or none, moving mean,
                                  moving variance, which it updates itself; s[0] = epsilon, s[1] = momentum */
    FM_OP_LAYER_NORMALIZATION, /* input x; parameters gamma or none, beta or none; s[0] = epsilon */
    FM_OP_EMBEDDING,           /* input x, whose elements are numbers of rows; parameter table: (rows, cols) become
                                  (rows * cols, columns of the table) */
    FM_OP_ENCODE,              /* inputs x, whose elements are categories, and, if there are any, their weights for
                                  FM_ENCODE_COUNT; detail = fm_encoding; s[0] = number of categories */
    FM_OP_TAKE, /* input x; rows and columns of the result in s[0], s[1]; its elements are those of x whose places
                   in the sample are `indices` */
    FM_OP_COUNT
} fm_op_kind;

/* A value is a matrix of rows * (rows of the batch) by cols; `rows` is 1 but for the inside of samples that are
 * matrices themselves, say 28 x 28 images. A *fixed* value has no batch axis: it is rows by cols whatever the batch.
 * Functions that make something return its id (>= 0) or an fm_status. */
fm_plan *fm_plan_new(fm_dtype dtype);
void fm_plan_free(fm_plan *plan);
int fm_plan_input(fm_plan *plan, size_t rows, size_t cols);
/* An input whose rows are those of a CSR matrix; only FM_OP_SPARSE_DENSE and FM_OP_DENSIFY read it. */
int fm_plan_sparse_input(fm_plan *plan, size_t cols);
int fm_plan_target(fm_plan *plan, size_t rows, size_t cols);
int fm_plan_parameter(fm_plan *plan, size_t rows, size_t cols, int trainable);
/* L1 and L2 penalties l1 sum |w| + l2 sum w^2 on a parameter: part of the loss and of its gradient. */
int fm_plan_penalty(fm_plan *plan, int parameter, double l1, double l2);
/* Divides all penalties by the sum of a target's weights in the batch, as scikit-learn does. */
int fm_plan_spread_penalties(fm_plan *plan, int target);
/* What holds for a parameter behind each step. */
int fm_plan_constraint(fm_plan *plan, int parameter, fm_constraint constraint, fm_norm norm, const double *scalars,
                       size_t n_scalars);
/* A parameter may be FM_NONE where the op can do without; `indices` are those of ops that take elements by place. */
int fm_plan_op(fm_plan *plan, fm_op_kind kind, int detail, const int *inputs, size_t n_inputs, const int *parameters,
               size_t n_parameters, const double *scalars, size_t n_scalars, const int32_t *indices, size_t n_indices);
/* A target as a value, for losses and metrics that are ops. */
int fm_plan_target_value(fm_plan *plan, int target);
int fm_plan_output(fm_plan *plan, int value);
size_t fm_plan_value_size(const fm_plan *plan, int value); /* elements a sample, or in all of a fixed value */
int fm_plan_value_fixed(const fm_plan *plan, int value);
/* The loss of `value` against `target`, weighted; sample weights come with the target. FM_VALUE_LOSS and
 * FM_VALUE_METRIC take FM_NONE for a target, or the one whose sample weights count; a fixed value counts once a row of
 * the batch. FM_PER_WEIGHT needs a target; without weights it is FM_PER_ROW, and a batch whose weights sum to 0 has no
 * loss. */
int fm_plan_loss(fm_plan *plan, fm_loss kind, int value, int target, double weight, fm_per per, const double *scalars,
                 size_t n_scalars);
int fm_plan_metric(fm_plan *plan, fm_metric kind, int value, int target, int weighted, const double *scalars,
                   size_t n_scalars);
/* Fuses, derives the reverse pass, lays out the arenas for batches of up to max_rows rows. Nothing can be added after.
 */
fm_status fm_plan_finish(fm_plan *plan, size_t max_rows);

/* Leading dimension of a parameter with `cols` columns: whole cache lines, an odd number of them when there are many
 * (a power of two would put a column into few cache sets). */
size_t fm_leading_dimension(size_t cols, fm_dtype dtype);

/* ---- train.c ---- */

typedef struct {
    void *weight;   /* (rows, ld), ld = fm_leading_dimension(cols) */
    void *gradient; /* same layout, or NULL: then the optimizer's step is fused into the reverse pass */
    void *slots[FM_MAX_SLOTS];
    void *accumulator; /* of gradients, where a step has several batches */
    void *average;     /* of the weights over the steps, or NULL */
    double decay;      /* of the weights, by each step: a share of the learning rate */
} fm_binding;

typedef enum { FM_TRAIN, FM_EVALUATE, FM_GRADIENT, FM_PREDICT } fm_mode;

typedef struct {
    fm_mode mode;
    const fm_array *inputs;  /* one for each fm_plan_input */
    const fm_array *targets; /* one for each fm_plan_target; not for FM_PREDICT */
    const fm_array *weights; /* one for each target, as many columns as it has rows; data NULL: all are 1 */
    const fm_array *outputs; /* one for each fm_plan_output, of the plan's dtype, or NULL; row i goes to row i - first,
                                a fixed value to row 0 */
    const fm_binding *bindings; /* one for each fm_plan_parameter */
    const int64_t *order;       /* which row comes i-th, or NULL */
    size_t first, last;         /* rows order[first] ... order[last - 1] of the data are used, batch by batch */
    size_t batch_size;
    int threads;    /* at most; fewer where more would not gain */
    double seconds; /* return at the end of the batch in which this much time has passed */
    uint64_t seed;  /* of dropout and noise, with the step's number */
    uint64_t step;  /* batches trained with before this call */
    fm_optimizer optimizer;
    double hyper[FM_MAX_SCALARS]; /* hyper[0] is not read */
    double clip_value;            /* limit of the elements of gradients, 0: none; likewise: */
    double clip_norm;             /* of the norm of each gradient */
    double global_clip_norm;      /* of the norm of all together */
    uint64_t accumulation;        /* batches of a step; more than 1, norms and FM_LAMB need all gradients bound */
    double ema_momentum;          /* of the averages */
    uint64_t ema_overwrite;       /* weights become their averages after each so many steps, 0: never */
    const double *learning_rates; /* one for each batch of this call */
    double *sums; /* (losses + metrics + (1 if there are penalties), 2): sums over the rows, and of the weights they
                     carry; added to */
} fm_run;

/* Runs batches; returns how many rows were used. The same bits for any number of threads, and however the batches are
 * divided among calls. */
size_t fm_plan_run(fm_plan *plan, const fm_run *run);

/* ---- step.c ---- */

typedef enum { FM_WHOLE_STEP, FM_BEFORE_FORMULA, FM_AFTER_FORMULA } fm_phase;

/* The optimizer's step alone, with the gradients that are bound and learning_rates[0]; of the run, nothing but what
 * concerns the optimizer, bindings, threads and step is read. For a formula that the engine does not know, the caller
 * computes it between what comes before it (which leaves the gradients as the formula needs them) and what comes after;
 * not where a batch only accumulates: where (step + 1) % accumulation is not 0. */
void fm_plan_step(fm_plan *plan, const fm_run *run, fm_phase phase);

#endif
