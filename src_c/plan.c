/* Builds a plan: collects its parts, fuses, derives the reverse pass, lays out the arena. */
#include "plan.h"

#include <stdlib.h>
#include <string.h>

static size_t round_up(size_t n, size_t unit)
{
    return (n + unit - 1) / unit * unit;
}

size_t fm_leading_dimension(size_t cols, fm_dtype dtype)
{
    const size_t line = FM_CACHE_LINE / (dtype == FM_F32 ? sizeof(float) : sizeof(double));
    size_t lines = (cols + line - 1) / line;
    if (lines > 8 && lines % 2 == 0)
        lines++;
    return lines * line;
}

/* ---- collecting ---- */

fm_plan *fm_plan_new(fm_dtype dtype)
{
    fm_plan *plan = calloc(1, sizeof *plan);
    if (!plan)
        return NULL;
    plan->kernels = fm_kernels_get(NULL, dtype);
    plan->element = dtype == FM_F32 ? sizeof(float) : sizeof(double);
    return plan;
}

void fm_plan_free(fm_plan *plan)
{
    if (!plan)
        return;
    for (size_t i = 0; i < plan->n_ops; i++)
        free(plan->ops[i].inputs);
    free(plan->values);
    free(plan->ops);
    free(plan->params);
    free(plan->targets);
    free(plan->losses);
    free(plan->metrics);
    free(plan->inputs);
    free(plan->outputs);
    free(plan->arena);
    free(plan);
}

/* Appends a zeroed element to an array; NULL when memory is out or the plan is finished. */
static void *append(fm_plan *plan, void *array, size_t *count, size_t size)
{
    if (plan->failed != FM_OK)
        return NULL;
    if (plan->finished) {
        plan->failed = FM_INVALID;
        return NULL;
    }
    char *grown = realloc(*(void **)array, (*count + 1) * size);
    if (!grown) {
        plan->failed = FM_NO_MEMORY;
        return NULL;
    }
    *(void **)array = grown;
    return memset(grown + (*count)++ * size, 0, size);
}

static int add_value(fm_plan *plan, size_t rows, size_t cols, int producer)
{
    fm_value *v = append(plan, &plan->values, &plan->n_values, sizeof *v);
    if (!v)
        return plan->failed;
    v->rows = rows;
    v->cols = cols;
    v->alias = FM_NONE;
    v->producer = producer;
    v->act = FM_LINEAR;
    return (int)plan->n_values - 1;
}

static int add_index(fm_plan *plan, int **array, size_t *count, int value)
{
    if (value < 0)
        return value;
    int *slot = append(plan, array, count, sizeof *slot);
    if (!slot)
        return plan->failed;
    *slot = value;
    return value;
}

static int valid_value(const fm_plan *plan, int value)
{
    return value >= 0 && (size_t)value < plan->n_values;
}

static int fail(fm_plan *plan, fm_status status)
{
    if (plan->failed == FM_OK)
        plan->failed = status;
    return plan->failed;
}

int fm_plan_input(fm_plan *plan, size_t rows, size_t cols)
{
    if (rows == 0 || cols == 0)
        return fail(plan, FM_INVALID);
    return add_index(plan, &plan->inputs, &plan->n_inputs, add_value(plan, rows, cols, FM_NONE));
}

int fm_plan_target(fm_plan *plan, size_t rows, size_t cols)
{
    fm_target *t = append(plan, &plan->targets, &plan->n_targets, sizeof *t);
    if (!t)
        return plan->failed;
    *t = (fm_target){.rows = rows, .cols = cols};
    return (int)plan->n_targets - 1;
}

int fm_plan_parameter(fm_plan *plan, size_t rows, size_t cols, int trainable)
{
    fm_param *p = append(plan, &plan->params, &plan->n_params, sizeof *p);
    if (!p)
        return plan->failed;
    *p = (fm_param){.rows = rows, .cols = cols, .trainable = trainable};
    p->ld = fm_leading_dimension(cols, plan->kernels->dtype);
    return (int)plan->n_params - 1;
}

/* The shape of an op's result; FM_INVALID where inputs and parameters don't fit. */
static fm_status op_shape(const fm_plan *plan, const fm_op *op, size_t *rows, size_t *cols)
{
    const fm_value *x = &plan->values[op->inputs[0].value];
    *rows = x->rows;
    *cols = x->cols;
    const fm_param *w = op->kernel >= 0 ? &plan->params[op->kernel] : NULL;
    const fm_param *b = op->bias >= 0 ? &plan->params[op->bias] : NULL;
    switch (op->kind) {
    case FM_OP_DENSE:
        if (op->n_inputs != 1 || !w || w->rows != x->cols || (b && (b->rows != 1 || b->cols != w->cols)))
            return FM_INVALID;
        *cols = w->cols;
        return FM_OK;
    case FM_OP_RESHAPE:
        *rows = (size_t)op->s[0];
        *cols = (size_t)op->s[1];
        return op->n_inputs == 1 && *rows * *cols == x->rows * x->cols ? FM_OK : FM_INVALID;
    case FM_OP_ACTIVATION:
        return op->n_inputs == 1 && op->detail >= 0 && op->detail < FM_ACTIVATION_COUNT ? FM_OK : FM_INVALID;
    case FM_OP_DROPOUT:
        return op->n_inputs == 1 ? FM_OK : FM_INVALID;
    case FM_OP_MULTIPLY:
        if (op->n_inputs != 2)
            return FM_INVALID;
        break;
    case FM_OP_ADD:
    case FM_OP_CONCATENATE:
        break;
    case FM_OP_COUNT:
        return FM_INVALID;
    }
    for (size_t i = 1; i < op->n_inputs; i++) {
        const fm_value *other = &plan->values[op->inputs[i].value];
        if (other->rows != x->rows || (op->kind != FM_OP_CONCATENATE && other->cols != x->cols))
            return FM_INVALID;
        if (op->kind == FM_OP_CONCATENATE)
            *cols += other->cols;
    }
    return FM_OK;
}

int fm_plan_op(fm_plan *plan, fm_op_kind kind, int detail, const int *inputs, size_t n_inputs, const int *parameters,
               size_t n_parameters, const double *scalars, size_t n_scalars)
{
    if (n_inputs == 0 || n_scalars > FM_MAX_SCALARS || n_parameters > 2)
        return fail(plan, FM_INVALID);
    for (size_t i = 0; i < n_inputs; i++)
        if (!valid_value(plan, inputs[i]))
            return fail(plan, FM_INVALID);
    for (size_t i = 0; i < n_parameters; i++)
        if (parameters[i] < (i ? FM_NONE : 0) || parameters[i] >= (int)plan->n_params)
            return fail(plan, FM_INVALID);
    fm_op *op = append(plan, &plan->ops, &plan->n_ops, sizeof *op);
    if (!op)
        return plan->failed;
    op->kind = kind;
    op->detail = detail;
    op->kernel = n_parameters > 0 ? parameters[0] : FM_NONE;
    op->bias = n_parameters > 1 ? parameters[1] : FM_NONE;
    op->act = FM_LINEAR;
    memcpy(op->s, scalars, n_scalars * sizeof *scalars);
    op->inputs = calloc(n_inputs, sizeof *op->inputs);
    if (!op->inputs)
        return fail(plan, FM_NO_MEMORY);
    op->n_inputs = n_inputs;
    for (size_t i = 0; i < n_inputs; i++)
        op->inputs[i].value = inputs[i];
    size_t rows, cols;
    if (op_shape(plan, op, &rows, &cols) != FM_OK)
        return fail(plan, FM_INVALID);
    for (size_t i = 0; i < n_inputs; i++)
        plan->values[inputs[i]].uses++;
    const int out = add_value(plan, rows, cols, (int)plan->n_ops - 1);
    plan->ops[plan->n_ops - 1].out = out;
    return out;
}

int fm_plan_output(fm_plan *plan, int value)
{
    if (!valid_value(plan, value))
        return fail(plan, FM_INVALID);
    plan->values[value].uses++;
    return add_index(plan, &plan->outputs, &plan->n_outputs, value);
}

size_t fm_plan_value_size(const fm_plan *plan, int value)
{
    return plan->values[value].rows * plan->values[value].cols;
}

/* A sparse target has one column, another as many as the prediction. */
static int target_fits(const fm_plan *plan, int value, int target, int sparse)
{
    if (!valid_value(plan, value) || target < 0 || (size_t)target >= plan->n_targets)
        return 0;
    const fm_value *v = &plan->values[value];
    const fm_target *t = &plan->targets[target];
    return v->rows == t->rows && t->cols == (sparse ? 1 : v->cols);
}

int fm_plan_loss(fm_plan *plan, fm_loss kind, int value, int target, double weight, const double *scalars,
                 size_t n_scalars)
{
    const int sparse = kind == FM_SPARSE_CATEGORICAL_CROSSENTROPY || kind == FM_SPARSE_CATEGORICAL_CROSSENTROPY_LOGITS;
    if (n_scalars > FM_MAX_SCALARS || !target_fits(plan, value, target, sparse))
        return fail(plan, FM_INVALID);
    fm_loss_term *l = append(plan, &plan->losses, &plan->n_losses, sizeof *l);
    if (!l)
        return plan->failed;
    *l = (fm_loss_term){.kind = kind, .z = value, .probabilities = FM_NONE, .target = target, .weight = weight};
    memcpy(l->s, scalars, n_scalars * sizeof *scalars);
    plan->values[value].uses++;
    return (int)plan->n_losses - 1;
}

int fm_plan_metric(fm_plan *plan, fm_metric kind, int value, int target, int weighted, const double *scalars,
                   size_t n_scalars)
{
    if (n_scalars > FM_MAX_SCALARS || !target_fits(plan, value, target, kind == FM_SPARSE_CATEGORICAL_ACCURACY))
        return fail(plan, FM_INVALID);
    fm_metric_term *t = append(plan, &plan->metrics, &plan->n_metrics, sizeof *t);
    if (!t)
        return plan->failed;
    *t = (fm_metric_term){.kind = kind, .value = value, .target = target, .weighted = weighted};
    memcpy(t->s, scalars, n_scalars * sizeof *scalars);
    plan->values[value].uses++;
    return (int)plan->n_metrics - 1;
}

/* ---- fusing ---- */

static int loss_from_logits(int kind, int act)
{
    if (act == FM_SOFTMAX && kind == FM_CATEGORICAL_CROSSENTROPY)
        return FM_CATEGORICAL_CROSSENTROPY_LOGITS;
    if (act == FM_SOFTMAX && kind == FM_SPARSE_CATEGORICAL_CROSSENTROPY)
        return FM_SPARSE_CATEGORICAL_CROSSENTROPY_LOGITS;
    if (act == FM_SIGMOID && kind == FM_BINARY_CROSSENTROPY)
        return FM_BINARY_CROSSENTROPY_LOGITS;
    return FM_NONE;
}

/* Whether an op other than its producer, or a second loss, reads the value. */
static int read_elsewhere(const fm_plan *plan, int value)
{
    int reads = 0;
    for (size_t i = 0; i < plan->n_ops; i++)
        for (size_t j = 0; j < plan->ops[i].n_inputs; j++)
            reads += 2 * (plan->ops[i].inputs[j].value == value);
    for (size_t i = 0; i < plan->n_losses; i++)
        reads += plan->losses[i].z == value;
    return reads > 1;
}

/* softmax or sigmoid, then its cross-entropy: the loss takes the logits, and leaves the probabilities behind. */
static void fuse_losses(fm_plan *plan)
{
    for (size_t i = 0; i < plan->n_losses; i++) {
        fm_loss_term *l = &plan->losses[i];
        const int producer = plan->values[l->z].producer;
        if (producer == FM_NONE || plan->ops[producer].kind != FM_OP_ACTIVATION || read_elsewhere(plan, l->z))
            continue;
        fm_op *op = &plan->ops[producer];
        const int kind = loss_from_logits(l->kind, op->detail);
        if (kind == FM_NONE)
            continue;
        op->in_loss = 1;
        l->kind = kind;
        l->probabilities = op->out;
        l->z = op->inputs[0].value;
    }
}

/* dense, then an activation whose derivative comes from its output: one op. */
static void fuse_activations(fm_plan *plan)
{
    for (size_t i = 0; i < plan->n_ops; i++) {
        fm_op *op = &plan->ops[i];
        if (op->kind != FM_OP_ACTIVATION || op->in_loss || op->detail >= FM_FIRST_FROM_INPUT)
            continue;
        const fm_value *x = &plan->values[op->inputs[0].value];
        if (x->producer == FM_NONE || plan->ops[x->producer].kind != FM_OP_DENSE || x->uses != 1)
            continue;
        fm_op *dense = &plan->ops[x->producer];
        if (dense->act != FM_LINEAR)
            continue;
        dense->act = op->detail;
        memcpy(dense->s, op->s, sizeof op->s);
        dense->out = op->out;
        op->removed = 1;
        fm_value *y = &plan->values[dense->out];
        y->producer = x->producer;
        y->act = dense->act;
        y->s = dense->s;
    }
}

/* An input that only reshapes into vectors read is gathered straight into the layout of those vectors. */
static void alias_inputs(fm_plan *plan)
{
    for (size_t i = 0; i < plan->n_ops; i++) {
        fm_op *op = &plan->ops[i];
        fm_value *x = &plan->values[op->inputs[0].value], *y = &plan->values[op->out];
        if (op->kind != FM_OP_RESHAPE || x->producer != FM_NONE || x->uses != 1 || y->rows != 1)
            continue;
        x->alias = op->out;
        op->removed = 1;
    }
}

/* ---- the reverse pass ---- */

static void find_needed(fm_plan *plan)
{
    for (size_t i = 0; i < plan->n_ops; i++) {
        const fm_op *op = &plan->ops[i];
        int needed = 0;
        if (op->kernel >= 0 && plan->params[op->kernel].trainable)
            needed = 1;
        if (op->bias >= 0 && plan->params[op->bias].trainable)
            needed = 1;
        for (size_t j = 0; j < op->n_inputs; j++)
            needed |= plan->values[op->inputs[j].value].needs_gradient;
        plan->values[op->out].needs_gradient |= needed;
    }
}

static void derive_parameter(fm_plan *plan, int parameter, int *first)
{
    if (parameter < 0 || !plan->params[parameter].trainable)
        return;
    *first = plan->params[parameter].uses++ == 0;
}

static void derive_reverse(fm_plan *plan)
{
    find_needed(plan);
    for (size_t i = 0; i < plan->n_losses; i++) {
        fm_value *z = &plan->values[plan->losses[i].z];
        plan->losses[i].accumulate = z->has_gradient;
        z->has_gradient = z->needs_gradient;
    }
    for (size_t i = plan->n_ops; i-- > 0;) {
        fm_op *op = &plan->ops[i];
        if (op->removed || op->in_loss || !plan->values[op->out].has_gradient)
            continue;
        derive_parameter(plan, op->kernel, &op->kernel_first);
        derive_parameter(plan, op->bias, &op->bias_first);
        for (size_t j = 0; j < op->n_inputs; j++) {
            fm_value *x = &plan->values[op->inputs[j].value];
            op->inputs[j].wanted = x->needs_gradient;
            op->inputs[j].accumulate = x->has_gradient;
            x->has_gradient |= x->needs_gradient;
        }
    }
    /* The last op to give a value its gradient is the first that reads it. */
    for (size_t v = 0; v < plan->n_values; v++) {
        const fm_op *last = NULL;
        for (size_t i = plan->n_ops; i-- > 0;)
            for (size_t j = 0; j < plan->ops[i].n_inputs; j++)
                if (plan->ops[i].inputs[j].wanted && plan->ops[i].inputs[j].value == (int)v)
                    last = &plan->ops[i];
        plan->values[v].slope_op = last && last->kind == FM_OP_DENSE ? (int)(last - plan->ops) : FM_NONE;
    }
}

/* ---- layout ---- */

/* Adds a region to the arena's size, and says where it starts; SIZE_MAX when sizes overflow. */
static size_t reserve(size_t *total, size_t rows, size_t cols, size_t element)
{
    size_t bytes;
    const size_t at = *total;
    if (__builtin_mul_overflow(rows, cols, &bytes) || __builtin_mul_overflow(bytes, element, &bytes) ||
        bytes > SIZE_MAX / 2 || __builtin_add_overflow(*total, round_up(bytes, FM_CACHE_LINE), total))
        *total = SIZE_MAX / 2;
    return at;
}

static void lay_out_values(fm_plan *plan)
{
    for (size_t i = 0; i < plan->n_values; i++) {
        fm_value *v = &plan->values[i];
        /* Samples that are matrices are gathered whole, so their rows follow one another without padding. */
        const int gathered_matrix = v->producer == FM_NONE && v->rows > 1;
        v->buffer_ld = v->ld = gathered_matrix ? v->cols : fm_leading_dimension(v->cols, plan->kernels->dtype);
    }
    for (size_t i = 0; i < plan->n_targets; i++)
        plan->targets[i].ld = plan->targets[i].cols;
}

/* For an element of what is not a product: more for exp, less for a copy. */
static const double FLOPS_PER_ELEMENT = 16;

static void count_flops(fm_plan *plan)
{
    for (size_t i = 0; i < plan->n_inputs; i++)
        plan->flops += (double)fm_plan_value_size(plan, plan->inputs[i]);
    for (size_t i = 0; i < plan->n_ops; i++) {
        const fm_op *op = &plan->ops[i];
        const fm_value *y = &plan->values[op->out];
        if (op->kind == FM_OP_DENSE)
            plan->flops += 2.0 * (double)plan->params[op->kernel].rows * (double)(y->cols * y->rows) *
                           (1 + op->kernel_first + op->inputs[0].wanted);
        else if (!op->removed)
            plan->flops += FLOPS_PER_ELEMENT * (double)(y->cols * y->rows);
    }
}

/* A region of the arena; while base is NULL it is only measured. */
static char *place_region(char *base, size_t *total, size_t rows, size_t cols, size_t element)
{
    const size_t at = reserve(total, rows, cols, element);
    return base ? base + at : NULL;
}

static void place_values(fm_plan *plan, char *base, size_t *total)
{
    for (size_t i = 0; i < plan->n_values; i++) {
        fm_value *v = &plan->values[i];
        const size_t rows = v->rows * plan->max_rows;
        const int made = v->producer == FM_NONE || plan->ops[v->producer].out == (int)i;
        if (v->alias == FM_NONE && made)
            v->data = v->buffer = place_region(base, total, rows, v->ld, plan->element);
        if (v->has_gradient)
            v->gradient = place_region(base, total, rows, v->ld, plan->element);
    }
}

static void place_transposed(fm_plan *plan, char *base, size_t *total)
{
    size_t most = 0;
    for (size_t i = 0; i < plan->n_ops; i++) {
        const fm_op *op = &plan->ops[i];
        if (op->kind != FM_OP_DENSE || !op->inputs[0].wanted)
            continue;
        const size_t columns = fm_leading_dimension(plan->values[op->out].rows * plan->max_rows, plan->kernels->dtype);
        const size_t size = plan->params[op->kernel].ld * columns;
        most = size > most ? size : most;
    }
    plan->transposed = place_region(base, total, most, 1, plan->element);
}

static void place_terms(fm_plan *plan, char *base, size_t *total)
{
    for (size_t i = 0; i < plan->n_losses; i++) {
        fm_loss_term *l = &plan->losses[i];
        const fm_value *z = &plan->values[l->z];
        if (l->accumulate)
            l->gradient = place_region(base, total, z->rows * plan->max_rows, z->ld, plan->element);
        l->rows = (double *)place_region(base, total, z->rows, plan->max_rows, sizeof(double));
    }
    for (size_t i = 0; i < plan->n_metrics; i++) {
        const fm_value *v = &plan->values[plan->metrics[i].value];
        plan->metrics[i].rows = (double *)place_region(base, total, v->rows, plan->max_rows, sizeof(double));
    }
    for (size_t i = 0; i < plan->n_targets; i++) {
        fm_target *t = &plan->targets[i];
        t->data = place_region(base, total, t->rows * plan->max_rows, t->ld, plan->element);
        t->weights = place_region(base, total, t->rows, plan->max_rows, plan->element);
    }
}

/* Called twice: with base NULL to measure, then to place. Returns the bytes needed. */
static size_t place(fm_plan *plan, char *base)
{
    size_t total = 0;
    place_values(plan, base, &total);
    place_transposed(plan, base, &total);
    place_terms(plan, base, &total);
    for (size_t i = 0; i < plan->n_params; i++) {
        fm_param *p = &plan->params[i];
        if (p->uses > 1)
            p->shared = place_region(base, &total, p->rows, p->ld, plan->element);
    }
    return total;
}

fm_status fm_plan_finish(fm_plan *plan, size_t max_rows)
{
    if (plan->failed != FM_OK)
        return plan->failed;
    if (plan->finished || max_rows == 0)
        return fail(plan, FM_INVALID);
    plan->finished = 1;
    plan->max_rows = max_rows;
    fuse_losses(plan);
    fuse_activations(plan);
    alias_inputs(plan);
    derive_reverse(plan);
    lay_out_values(plan);
    count_flops(plan);
    const size_t bytes = round_up(place(plan, NULL) + FM_CACHE_LINE, FM_CACHE_LINE);
    if (bytes >= SIZE_MAX / 2 || !(plan->arena = aligned_alloc(FM_CACHE_LINE, bytes)))
        return fail(plan, FM_NO_MEMORY);
    memset(plan->arena, 0, bytes);
    place(plan, plan->arena);
    return FM_OK;
}
