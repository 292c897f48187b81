/* Trains small networks with the kernels of one ISA and prints a checksum of the weights and the sums of each.
 *
 *     checksums ISA THREADS
 *
 * Every activation, loss, optimizer and op that the engine has occurs in one of the networks, in float32 and float64;
 * perceptrons follow. The output must be the same for every ISA with fused multiply-add and for any number of threads.
 */
#include "fm.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROWS = 100,
    BATCH = 75, /* more rows than hidden columns, then fewer */
    EPOCHS = 2,
    INPUTS = 101,
    HIDDEN = 35,
    FEW_CLASSES = 10, /* as many as share a vector of rows */
    MANY_CLASSES = 19,
    MAX_PARAMETERS = 16,
    NUMBERS = 16,
    VARIED = -1, /* instead of an activation: a net of its own */
    MIXED = -2   /* relu, with a mixture */
};

typedef struct {
    size_t rows, cols, ld;
} shape;

/* A plan with the memory that it works on. */
typedef struct {
    fm_dtype dtype;
    size_t element;
    fm_plan *plan;
    shape parameters[MAX_PARAMETERS];
    fm_binding bindings[MAX_PARAMETERS];
    size_t n_parameters;
} network;

static void check(int condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "checksums: %s\n", what);
        exit(1);
    }
}

/* Multiples of 1/64 between -1 and 1: the same in both dtypes and on every machine. */
static double draw(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return ((double)(*state >> 57) - 63.5) / 64;
}

static void put(void *array, fm_dtype dtype, size_t i, double value)
{
    if (dtype == FM_F32)
        ((float *)array)[i] = (float)value;
    else
        ((double *)array)[i] = value;
}

static uint64_t fnv1a(uint64_t hash, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ p[i]) * 1099511628211u;
    return hash;
}

static void *zeros(size_t bytes)
{
    bytes = (bytes + FM_CACHE_LINE - 1) / FM_CACHE_LINE * FM_CACHE_LINE;
    void *memory = aligned_alloc(FM_CACHE_LINE, bytes);
    check(memory != NULL, "no memory");
    return memset(memory, 0, bytes);
}

static int parameter(network *net, size_t rows, size_t cols, double scale, int trainable, uint64_t *state)
{
    const size_t i = net->n_parameters++;
    check(i < MAX_PARAMETERS, "too many parameters");
    const shape s = {rows, cols, fm_leading_dimension(cols, net->dtype)};
    net->parameters[i] = s;
    net->bindings[i].weight = zeros(rows * s.ld * net->element);
    for (size_t slot = 0; slot < FM_MAX_SLOTS; slot++)
        net->bindings[i].slots[slot] = zeros(rows * s.ld * net->element);
    for (size_t row = 0; row < rows; row++)
        for (size_t col = 0; col < cols; col++)
            put(net->bindings[i].weight, net->dtype, row * s.ld + col, scale * draw(state));
    return fm_plan_parameter(net->plan, rows, cols, trainable);
}

static int op(network *net, fm_op_kind kind, int detail, int value, double s0, double s1)
{
    return fm_plan_op(net->plan, kind, detail, &value, 1, NULL, 0, (double[]){s0, s1}, 2, NULL, 0);
}

static int dense(network *net, int value, size_t inputs, size_t units, uint64_t *state)
{
    const int kernel = parameter(net, inputs, units, 0.25, 1, state);
    const int bias = parameter(net, 1, units, 0.25, 1, state);
    return fm_plan_op(net->plan, FM_OP_DENSE, 0, &value, 1, (int[]){kernel, bias}, 2, NULL, 0, NULL, 0);
}

static int pair(network *net, fm_op_kind kind, int detail, int a, int b)
{
    return fm_plan_op(net->plan, kind, detail, (int[]){a, b}, 2, NULL, 0, NULL, 0, NULL, 0);
}

/* Every function of two numbers between 0 and 1, reduced to one number a row in every way, and less its mean over the
 * batch. */
static int mixture(network *net, int a, int b)
{
    int sum = a;
    for (int kind = 0; kind < FM_BINARY_COUNT; kind++) {
        const int all = pair(net, FM_OP_BINARY, kind, a, b);
        sum = pair(net, FM_OP_BINARY, FM_ADD, sum, op(net, FM_OP_REDUCE, kind % FM_REDUCTION_COUNT, all, 0, 0));
        sum = pair(net, FM_OP_BINARY, FM_ADD, all, sum);
    }
    sum = pair(net, FM_OP_BINARY, FM_SUBTRACT, sum, op(net, FM_OP_BATCH_REDUCE, FM_MEAN, sum, 0, 0));
    return op(net, FM_OP_ACTIVATION, FM_AFFINE, sum, 1.0 / 512, 0);
}

/* inputs - dense, act - dropout - dense, sigmoid - {itself or a mixture, product with what went before} - dense */
static int body(network *net, int input, int act, size_t outputs, uint64_t *state)
{
    const int mixes = act == MIXED;
    act = mixes ? FM_RELU : act;
    int a = dense(net, input, INPUTS, HIDDEN, state);
    if (act >= FM_AFFINE && act < FM_SOFTMAX) { /* not all of them take 0 or negative numbers */
        a = op(net, FM_OP_ACTIVATION, FM_SIGMOID, a, 0, 0);
        a = op(net, FM_OP_ACTIVATION, FM_AFFINE, a, 0.5, 0.25);
    }
    a = op(net, FM_OP_ACTIVATION, act, a, 0.5, 0.75);
    int b = dense(net, op(net, FM_OP_NOISE, FM_DROPOUT, a, 0.25, 7), HIDDEN, HIDDEN, state);
    b = op(net, FM_OP_ACTIVATION, FM_SIGMOID, b, 0, 0);
    const int product = pair(net, FM_OP_BINARY, FM_MULTIPLY, a, b);
    if (mixes)
        b = mixture(net, op(net, FM_OP_ACTIVATION, FM_SIGMOID, a, 0, 0), b);
    return dense(net, pair(net, FM_OP_CONCATENATE, 0, b, product), 2 * HIDDEN, outputs, state);
}

/* Normalizes HIDDEN columns; moving statistics come behind gamma and beta. */
static int normalization(network *net, fm_op_kind kind, int detail, size_t n_parameters, int value, uint64_t *state)
{
    int parameters[FM_MAX_PARAMETERS];
    for (size_t i = 0; i < n_parameters; i++)
        parameters[i] = parameter(net, 1, HIDDEN, i == 3 ? 0 : 0.5, i < 2, state); /* variances are not negative */
    return fm_plan_op(net->plan, kind, detail, &value, 1, parameters, n_parameters, (double[]){1e-3, 0.9}, 2, NULL, 0);
}

/* What `body` does not have: inputs - dense - normalizations and noises in turn - the columns in reverse order - dense,
 * beside it the inputs as numbers - {vectors from a table, counts} */
static int varied(network *net, int input, size_t outputs, uint64_t *state)
{
    int a = dense(net, input, INPUTS, HIDDEN, state);
    a = normalization(net, FM_OP_BATCH_NORMALIZATION, FM_BATCH_STATISTICS, 4, a, state);
    a = op(net, FM_OP_NOISE, FM_ALPHA_DROPOUT, a, 0.25, 1);
    a = normalization(net, FM_OP_LAYER_NORMALIZATION, 0, 2, a, state);
    a = op(net, FM_OP_NOISE, FM_GAUSSIAN_DROPOUT, a, 0.25, 2);
    a = op(net, FM_OP_NOISE, FM_GAUSSIAN_NOISE, a, 0.25, 3);
    a = normalization(net, FM_OP_BATCH_NORMALIZATION, FM_MOVING_STATISTICS, 4, a, state);
    int32_t reverse[HIDDEN];
    for (int32_t i = 0; i < HIDDEN; i++)
        reverse[i] = HIDDEN - 1 - i;
    a = fm_plan_op(net->plan, FM_OP_TAKE, 0, &a, 1, NULL, 0, (double[]){1, HIDDEN}, 2, reverse, HIDDEN);
    const int numbers = op(net, FM_OP_ACTIVATION, FM_AFFINE, input, NUMBERS / 2, NUMBERS / 2);
    const int table = parameter(net, NUMBERS, 3, 0.25, 1, state);
    int b = fm_plan_op(net->plan, FM_OP_EMBEDDING, 0, &numbers, 1, &table, 1, NULL, 0, NULL, 0);
    b = op(net, FM_OP_RESHAPE, 0, b, 1, 3 * INPUTS);
    const int counts = op(net, FM_OP_ENCODE, FM_ENCODE_COUNT, numbers, NUMBERS, 0);
    a = pair(net, FM_OP_CONCATENATE, 0, a, pair(net, FM_OP_CONCATENATE, 0, b, counts));
    return dense(net, a, HIDDEN + 3 * INPUTS + NUMBERS, outputs, state);
}

/* Rows of data for a loss: class numbers, zeros and ones with one 1 a row, or any numbers. */
static void make_targets(double *targets, fm_loss loss, size_t cols, size_t classes, uint64_t *state)
{
    const int is_class =
        loss == FM_SPARSE_CATEGORICAL_CROSSENTROPY || loss == FM_SPARSE_CATEGORICAL_CROSSENTROPY_LOGITS;
    const int is_any = loss == FM_MSE || loss == FM_MAE || loss == FM_HUBER;
    for (size_t row = 0; row < ROWS; row++) {
        const size_t hot = (size_t)((draw(state) + 1) * 31) % classes;
        for (size_t col = 0; col < cols; col++)
            targets[row * cols + col] = is_class ? (double)hot : is_any ? draw(state) : (double)(col == hot);
    }
}

static void train(network *net, const double *inputs, const double *targets, size_t target_cols, fm_optimizer optimizer,
                  int threads, double *sums)
{
    static const double hyper[FM_OPTIMIZER_COUNT][FM_MAX_SCALARS] = {
        [FM_MOMENTUM] = {0, 0.9},
        [FM_NESTEROV] = {0, 0.9},
        [FM_ADAM] = {0, 0.9, 0.999, 1e-7},
        [FM_AMSGRAD] = {0, 0.9, 0.999, 1e-7},
        [FM_ADAMAX] = {0, 0.9, 0.999, 1e-7},
        [FM_NADAM] = {0, 0.9, 0.999, 1e-7},
        [FM_RMSPROP] = {0, 0.9, 1e-7},
        [FM_RMSPROP_MOMENTUM] = {0, 0.9, 1e-7, 0.5},
        [FM_RMSPROP_CENTERED] = {0, 0.9, 1e-7},
        [FM_RMSPROP_CENTERED_MOMENTUM] = {0, 0.9, 1e-7, 0.5},
        [FM_ADAGRAD] = {0, 1e-7},
        [FM_ADADELTA] = {0, 0.95, 1e-7},
        [FM_FTRL] = {0, -0.5, 0.01, 0.01, 0.01, 0.1},
        [FM_LION] = {0, 0.9, 0.99},
        [FM_LAMB] = {0, 0.9, 0.999, 1e-7},
        [FM_SCHEDULE_FREE] = {0, 0.9, 0.999, 1e-7, 4}};
    int64_t order[ROWS];
    for (int64_t i = 0; i < ROWS; i++)
        order[i] = i * 7 % ROWS; /* ROWS and 7 have no common factor */
    double learning_rates[ROWS / BATCH + 1];
    for (size_t i = 0; i < sizeof learning_rates / sizeof *learning_rates; i++)
        learning_rates[i] = 1.0 / 8192;
    const fm_array input = {.data = inputs, .stride = INPUTS * sizeof *inputs, .dtype = FM_F64};
    const fm_array target = {.data = targets, .stride = target_cols * sizeof *targets, .dtype = FM_F64};
    const fm_array weights = {0};
    fm_run run = {.mode = FM_TRAIN,
                  .inputs = &input,
                  .targets = &target,
                  .weights = &weights,
                  .bindings = net->bindings,
                  .order = order,
                  .last = ROWS,
                  .batch_size = BATCH,
                  .threads = threads,
                  .seconds = 1e9,
                  .seed = 42,
                  .optimizer = optimizer,
                  .accumulation = 1,
                  .learning_rates = learning_rates,
                  .sums = sums};
    memcpy(run.hyper, hyper[optimizer], sizeof hyper[optimizer]);
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        check(fm_plan_run(net->plan, &run) == ROWS, "the run ended early");
        run.step += (ROWS + BATCH - 1) / BATCH;
    }
}

static uint64_t weights_hash(const network *net)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < net->n_parameters; i++)
        for (size_t row = 0; row < net->parameters[i].rows; row++)
            hash = fnv1a(hash, (char *)net->bindings[i].weight + row * net->parameters[i].ld * net->element,
                         net->parameters[i].cols * net->element);
    return hash;
}

static void report(fm_dtype dtype, int act, fm_loss loss, fm_optimizer optimizer, size_t classes, int threads)
{
    uint64_t state = 1;
    static double inputs[ROWS * INPUTS], targets[ROWS * MANY_CLASSES];
    for (size_t i = 0; i < ROWS * INPUTS; i++)
        inputs[i] = draw(&state);
    const int is_class =
        loss == FM_SPARSE_CATEGORICAL_CROSSENTROPY || loss == FM_SPARSE_CATEGORICAL_CROSSENTROPY_LOGITS;
    const size_t target_cols = is_class ? 1 : classes;
    make_targets(targets, loss, target_cols, classes, &state);

    network net = {.dtype = dtype, .element = dtype == FM_F32 ? 4 : 8, .plan = fm_plan_new(dtype)};
    check(net.plan != NULL, "no plan");
    const int input = fm_plan_input(net.plan, 1, INPUTS);
    int z = act == VARIED ? varied(&net, input, classes, &state) : body(&net, input, act, classes, &state);
    if (loss == FM_BINARY_CROSSENTROPY)
        z = op(&net, FM_OP_ACTIVATION, FM_SIGMOID, z, 0, 0);
    else if (loss == FM_CATEGORICAL_CROSSENTROPY || loss == FM_SPARSE_CATEGORICAL_CROSSENTROPY)
        z = op(&net, FM_OP_ACTIVATION, FM_SOFTMAX, z, 0, 0);
    else if (loss == FM_VALUE_LOSS)
        z = op(&net, FM_OP_REDUCE, FM_LOGSUMEXP, z, 0, 0);
    const int target = fm_plan_target(net.plan, 1, target_cols);
    const double scalars[] = {loss == FM_HUBER ? 0.5 : 0, 1.0 / 8};
    fm_plan_loss(net.plan, loss, z, target, 1, FM_PER_ROW, scalars, 2);
    if (loss == FM_VALUE_LOSS)
        fm_plan_metric(net.plan, FM_VALUE_METRIC, z, target, 0, scalars, 1);
    else if (is_class)
        fm_plan_metric(net.plan, FM_SPARSE_CATEGORICAL_ACCURACY, z, target, 0, scalars, 1);
    else
        for (int metric = 0; metric < FM_METRIC_COUNT; metric++)
            if (metric != FM_SPARSE_CATEGORICAL_ACCURACY && metric != FM_VALUE_METRIC)
                fm_plan_metric(net.plan, (fm_metric)metric, z, target, 0, scalars, 1);
    check(fm_plan_finish(net.plan, BATCH) == FM_OK, "the plan is invalid");

    for (size_t i = 0; optimizer == FM_LAMB && i < net.n_parameters; i++) /* it needs the gradients in memory */
        net.bindings[i].gradient = zeros(net.parameters[i].rows * net.parameters[i].ld * net.element);
    double sums[2 * (1 + FM_METRIC_COUNT)] = {0};
    train(&net, inputs, targets, target_cols, optimizer, threads, sums);
    check(sums[0] - sums[0] == 0, "a training diverged, so that signs of NaN are compared"); /* not told by IEEE 754 */
    printf("f%zu activation %d loss %d optimizer %d: weights %016" PRIx64 " sums %016" PRIx64 "\n", 8 * net.element,
           act, (int)loss, (int)optimizer, weights_hash(&net), fnv1a(14695981039346656037u, sums, sizeof sums));

    fm_plan_free(net.plan);
    for (size_t i = 0; i < net.n_parameters; i++) {
        free(net.bindings[i].weight);
        free(net.bindings[i].gradient);
        for (size_t slot = 0; slot < FM_MAX_SLOTS; slot++)
            free(net.bindings[i].slots[slot]);
    }
}

/* Three epochs of a linear threshold unit. */
static void report_perceptron(fm_dtype dtype, int sparse, double alpha, double l1_ratio)
{
    uint64_t state = 1;
    const size_t element = dtype == FM_F32 ? 4 : 8;
    int32_t *const columns = zeros(ROWS * INPUTS * sizeof *columns);
    int64_t *const starts = zeros((ROWS + 1) * sizeof *starts);
    uint8_t *const positive = zeros(ROWS), *const held_out = zeros(ROWS);
    void *const x = zeros(ROWS * INPUTS * element), *const row_weights = zeros(ROWS * element);
    void *const w = zeros(INPUTS * element), *const shrunk = zeros(INPUTS * element);
    int32_t *const orders = zeros(3 * ROWS * sizeof *orders);
    size_t count = 0;
    for (size_t row = 0; row < ROWS; row++) {
        for (size_t col = 0; col < INPUTS; col++) {
            const double value = draw(&state);
            if (sparse && value > -0.75)
                continue;
            put(x, dtype, count, value);
            columns[count++] = (int32_t)col;
        }
        starts[row + 1] = (int64_t)count;
        positive[row] = draw(&state) > 0;
        held_out[row] = row % 13 == 0;
        put(row_weights, dtype, row, 1 + draw(&state) / 2);
    }
    fm_perceptron p = {
        .x = {.data = x, .stride = INPUTS * element, .dtype = dtype},
        .rows = ROWS,
        .cols = INPUTS,
        .positive = positive,
        .held_out = held_out,
        .row_weights = row_weights,
        .class_weights = {1, 1.5},
        .rate = 0.5,
        .intercept_rate = sparse ? 0.01 : 1,
        .alpha = alpha,
        .l1_ratio = l1_ratio,
        .penalized = alpha > 0,
        .shuffled = 1,
        .normed = 1,
        .w = w,
        .shrunk = alpha * l1_ratio > 0 ? shrunk : NULL,
        .order = orders,
        .spare = orders + ROWS,
        .shuffler = orders + 2 * ROWS,
        .scale = 1,
        .best = __builtin_inf(),
        .tolerance = 1e-3,
        .patience = 5,
    };
    if (sparse) {
        p.x.columns = columns;
        p.x.starts = starts;
    }
    fm_perceptron_start(&p, 7);
    fm_perceptron_run(&p, 3);
    check(fm_perceptron_is_finite(&p), "a perceptron diverged");
    const double numbers[] = {p.scale, p.intercept, p.square_norm, p.loss, p.objective};
    printf("f%zu perceptron sparse %d alpha %g l1 %g: weights %016" PRIx64 " sums %016" PRIx64 "\n", 8 * element,
           sparse, alpha, l1_ratio, fnv1a(14695981039346656037u, w, INPUTS * element),
           fnv1a(14695981039346656037u, numbers, sizeof numbers));
    void *const all[] = {columns, starts, positive, held_out, x, row_weights, w, shrunk, orders};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

int main(int argc, char **argv)
{
    check(argc == 3, "usage: checksums ISA THREADS");
    check(fm_isa_select(argv[1]) == FM_OK, "this processor or build lacks the ISA");
    const int threads = atoi(argv[2]);
    for (fm_dtype dtype = FM_F32; dtype <= FM_F64; dtype++) {
        report(dtype, VARIED, FM_MSE, FM_ADAM, MANY_CLASSES, threads);
        report(dtype, MIXED, FM_MSE, FM_ADAM, MANY_CLASSES, threads);
        for (int act = 0; act < FM_ACTIVATION_COUNT; act++)
            report(dtype, act, FM_MSE, FM_SGD, FEW_CLASSES, threads);
        for (int loss = 0; loss < FM_LOSS_COUNT; loss++) {
            report(dtype, FM_RELU, (fm_loss)loss, FM_SGD, FEW_CLASSES, threads);
            report(dtype, FM_RELU, (fm_loss)loss, FM_SGD, MANY_CLASSES, threads);
        }
        for (int optimizer = 0; optimizer < FM_OPTIMIZER_COUNT; optimizer++)
            report(dtype, FM_RELU, FM_SPARSE_CATEGORICAL_CROSSENTROPY, (fm_optimizer)optimizer, FEW_CLASSES, threads);
        for (int sparse = 0; sparse <= 1; sparse++) {
            report_perceptron(dtype, sparse, 0, 0);
            report_perceptron(dtype, sparse, 0.25, 0);
            report_perceptron(dtype, sparse, 1.0 / 64, 1);
            report_perceptron(dtype, sparse, 1.0 / 64, 0.25);
        }
    }
    return 0;
}
