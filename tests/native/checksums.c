/* Trains small networks with the kernels of one ISA and prints a checksum of the weights and the sums of each.
 *
 *     checksums ISA THREADS
 *
 * Every activation, loss, optimizer and op that the engine has occurs in one of the networks, in float32 and float64.
 * The output must be the same for every ISA with fused multiply-add and for any number of threads. */
#include "fm.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 150, BATCH = 32, EPOCHS = 2, INPUTS = 101, HIDDEN = 67, CLASSES = 10, MAX_PARAMETERS = 8 };

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

static int parameter(network *net, size_t rows, size_t cols, double scale, uint64_t *state)
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
    return fm_plan_parameter(net->plan, rows, cols, 1);
}

static int op(network *net, fm_op_kind kind, int detail, int value, double s0, double s1)
{
    return fm_plan_op(net->plan, kind, detail, &value, 1, NULL, 0, (double[]){s0, s1}, 2, NULL, 0);
}

static int dense(network *net, int value, size_t inputs, size_t units, uint64_t *state)
{
    const int kernel = parameter(net, inputs, units, 0.25, state);
    const int bias = parameter(net, 1, units, 0.25, state);
    return fm_plan_op(net->plan, FM_OP_DENSE, 0, &value, 1, (int[]){kernel, bias}, 2, NULL, 0, NULL, 0);
}

static int pair(network *net, fm_op_kind kind, int detail, int a, int b)
{
    return fm_plan_op(net->plan, kind, detail, (int[]){a, b}, 2, NULL, 0, NULL, 0, NULL, 0);
}

/* inputs - dense, act - dropout - dense, tanh - {sum, product, concatenation with what went before} - dense */
static int body(network *net, int input, int act, size_t outputs, uint64_t *state)
{
    int a = dense(net, input, INPUTS, HIDDEN, state);
    a = op(net, FM_OP_ACTIVATION, act, a, 0.5, 0);
    a = op(net, FM_OP_NOISE, FM_DROPOUT, a, 0.25, 7);
    int b = dense(net, a, HIDDEN, HIDDEN, state);
    b = op(net, FM_OP_ACTIVATION, FM_TANH, b, 0, 0);
    const int sum = pair(net, FM_OP_BINARY, FM_ADD, a, b), product = pair(net, FM_OP_BINARY, FM_MULTIPLY, a, b);
    return dense(net, pair(net, FM_OP_CONCATENATE, 0, sum, product), 2 * HIDDEN, outputs, state);
}

/* Rows of data for a loss: class numbers, zeros and ones with one 1 a row, or any numbers. */
static void make_targets(double *targets, fm_loss loss, size_t cols, uint64_t *state)
{
    const int is_class =
        loss == FM_SPARSE_CATEGORICAL_CROSSENTROPY || loss == FM_SPARSE_CATEGORICAL_CROSSENTROPY_LOGITS;
    const int is_any = loss == FM_MSE || loss == FM_MAE || loss == FM_HUBER;
    for (size_t row = 0; row < ROWS; row++) {
        const size_t hot = (size_t)((draw(state) + 1) * 31) % CLASSES;
        for (size_t col = 0; col < cols; col++)
            targets[row * cols + col] = is_class ? (double)hot : is_any ? draw(state) : (double)(col == hot);
    }
}

static void train(network *net, const double *inputs, const double *targets, size_t target_cols, fm_optimizer optimizer,
                  int threads, double *sums)
{
    static const double hyper[FM_OPTIMIZER_COUNT][4] = {[FM_MOMENTUM] = {0, 0.9},
                                                        [FM_NESTEROV] = {0, 0.9},
                                                        [FM_ADAM] = {0, 0.9, 0.999, 1e-7},
                                                        [FM_RMSPROP] = {0, 0.9, 1e-7}};
    int64_t order[ROWS];
    for (int64_t i = 0; i < ROWS; i++)
        order[i] = i * 7 % ROWS; /* ROWS and 7 have no common factor */
    double learning_rates[ROWS / BATCH + 1];
    for (size_t i = 0; i < sizeof learning_rates / sizeof *learning_rates; i++)
        learning_rates[i] = 0.01;
    const fm_array input = {inputs, INPUTS * sizeof *inputs, FM_F64};
    const fm_array target = {targets, target_cols * sizeof *targets, FM_F64};
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

static void report(fm_dtype dtype, int act, fm_loss loss, fm_optimizer optimizer, int threads)
{
    uint64_t state = 1;
    static double inputs[ROWS * INPUTS], targets[ROWS * CLASSES];
    for (size_t i = 0; i < ROWS * INPUTS; i++)
        inputs[i] = draw(&state);
    const int is_class =
        loss == FM_SPARSE_CATEGORICAL_CROSSENTROPY || loss == FM_SPARSE_CATEGORICAL_CROSSENTROPY_LOGITS;
    const size_t target_cols = is_class ? 1 : CLASSES;
    make_targets(targets, loss, target_cols, &state);

    network net = {.dtype = dtype, .element = dtype == FM_F32 ? 4 : 8, .plan = fm_plan_new(dtype)};
    check(net.plan != NULL, "no plan");
    int z = body(&net, fm_plan_input(net.plan, 1, INPUTS), act, CLASSES, &state);
    if (loss == FM_BINARY_CROSSENTROPY)
        z = op(&net, FM_OP_ACTIVATION, FM_SIGMOID, z, 0, 0);
    else if (loss == FM_CATEGORICAL_CROSSENTROPY || loss == FM_SPARSE_CATEGORICAL_CROSSENTROPY)
        z = op(&net, FM_OP_ACTIVATION, FM_SOFTMAX, z, 0, 0);
    const int target = fm_plan_target(net.plan, 1, target_cols);
    const double scalars[] = {loss == FM_HUBER ? 0.5 : 0};
    fm_plan_loss(net.plan, loss, z, target, 1, scalars, 1);
    if (is_class)
        fm_plan_metric(net.plan, FM_SPARSE_CATEGORICAL_ACCURACY, z, target, 0, scalars, 1);
    else
        for (int metric = 0; metric < FM_METRIC_COUNT; metric++)
            if (metric != FM_SPARSE_CATEGORICAL_ACCURACY)
                fm_plan_metric(net.plan, (fm_metric)metric, z, target, 0, scalars, 1);
    check(fm_plan_finish(net.plan, BATCH) == FM_OK, "the plan is invalid");

    double sums[2 * (1 + FM_METRIC_COUNT)] = {0};
    train(&net, inputs, targets, target_cols, optimizer, threads, sums);
    printf("f%zu activation %d loss %d optimizer %d: weights %016" PRIx64 " sums %016" PRIx64 "\n", 8 * net.element,
           act, (int)loss, (int)optimizer, weights_hash(&net), fnv1a(14695981039346656037u, sums, sizeof sums));

    fm_plan_free(net.plan);
    for (size_t i = 0; i < net.n_parameters; i++) {
        free(net.bindings[i].weight);
        for (size_t slot = 0; slot < FM_MAX_SLOTS; slot++)
            free(net.bindings[i].slots[slot]);
    }
}

int main(int argc, char **argv)
{
    check(argc == 3, "usage: checksums ISA THREADS");
    check(fm_isa_select(argv[1]) == FM_OK, "this processor or build lacks the ISA");
    const int threads = atoi(argv[2]);
    for (fm_dtype dtype = FM_F32; dtype <= FM_F64; dtype++) {
        for (int act = 0; act < FM_ACTIVATION_COUNT; act++)
            report(dtype, act, FM_MSE, FM_SGD, threads);
        for (int loss = 0; loss < FM_LOSS_COUNT; loss++)
            report(dtype, FM_RELU, (fm_loss)loss, FM_SGD, threads);
        for (int optimizer = 0; optimizer < FM_OPTIMIZER_COUNT; optimizer++)
            report(dtype, FM_RELU, FM_SPARSE_CATEGORICAL_CROSSENTROPY, (fm_optimizer)optimizer, threads);
    }
    return 0;
}
