/* Builds a plan: collects its parts and checks that they fit together. */
#include "plan.h"

#include <stdlib.h>
#include <string.h>

size_t fm_leading_dimension(size_t cols, fm_dtype dtype)
{
    const size_t line = FM_CACHE_LINE / (dtype == FM_F32 ? sizeof(float) : sizeof(double));
    size_t lines = (cols + line - 1) / line;
    if (lines > 8 && lines % 2 == 0)
        lines++;
    return lines * line;
}

fm_plan *fm_plan_new(fm_dtype dtype)
{
    fm_plan *plan = calloc(1, sizeof *plan);
    if (!plan)
        return NULL;
    plan->kernels = fm_kernels_get(NULL, dtype);
    plan->element = dtype == FM_F32 ? sizeof(float) : sizeof(double);
    plan->penalty_target = FM_NONE;
    return plan;
}

void fm_plan_free(fm_plan *plan)
{
    if (!plan)
        return;
    for (size_t i = 0; i < plan->n_ops; i++) {
        free(plan->ops[i].inputs);
        free(plan->ops[i].indices);
    }
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

static int add_value(fm_plan *plan, fm_shape shape, int producer)
{
    fm_value *v = append(plan, &plan->values, &plan->n_values, sizeof *v);
    if (!v)
        return plan->failed;
    v->rows = shape.rows;
    v->cols = shape.cols;
    v->fixed = shape.fixed;
    v->target = FM_NONE;
    v->sparse = FM_NONE;
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
    return add_index(plan, &plan->inputs, &plan->n_inputs, add_value(plan, (fm_shape){rows, cols, 0}, FM_NONE));
}

int fm_plan_sparse_input(fm_plan *plan, size_t cols)
{
    const int value = fm_plan_input(plan, 1, cols);
    if (value >= 0)
        plan->values[value].sparse = (int)plan->n_inputs - 1;
    return value;
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

int fm_plan_penalty(fm_plan *plan, int parameter, double l1, double l2)
{
    if (parameter < 0 || (size_t)parameter >= plan->n_params || !(l1 >= 0) || !(l2 >= 0) || plan->finished)
        return fail(plan, FM_INVALID);
    plan->params[parameter].l1 = l1;
    plan->params[parameter].l2 = l2;
    plan->penalized |= l1 > 0 || l2 > 0;
    return FM_OK;
}

int fm_plan_spread_penalties(fm_plan *plan, int target)
{
    if (target < 0 || (size_t)target >= plan->n_targets || plan->finished)
        return fail(plan, FM_INVALID);
    plan->penalty_target = target;
    return FM_OK;
}

int fm_plan_constraint(fm_plan *plan, int parameter, fm_constraint constraint, fm_norm norm, const double *scalars,
                       size_t n_scalars)
{
    if (parameter < 0 || (size_t)parameter >= plan->n_params || n_scalars > FM_MAX_SCALARS || plan->finished)
        return fail(plan, FM_INVALID);
    fm_param *p = &plan->params[parameter];
    p->constraint = constraint;
    p->norm = norm;
    memcpy(p->limits, scalars, n_scalars * sizeof *scalars);
    return FM_OK;
}

/* Copies of an op's inputs and indices. */
static fm_status fill_op(fm_op *op, const int *inputs, size_t n_inputs, const int32_t *indices, size_t n_indices)
{
    op->inputs = calloc(n_inputs + 1, sizeof *op->inputs);
    op->indices = calloc(n_indices + 1, sizeof *op->indices);
    if (!op->inputs || !op->indices)
        return FM_NO_MEMORY;
    op->n_inputs = n_inputs;
    for (size_t i = 0; i < n_inputs; i++)
        op->inputs[i].value = inputs[i];
    op->n_indices = n_indices;
    if (n_indices)
        memcpy(op->indices, indices, n_indices * sizeof *indices);
    return FM_OK;
}

int fm_plan_op(fm_plan *plan, fm_op_kind kind, int detail, const int *inputs, size_t n_inputs, const int *parameters,
               size_t n_parameters, const double *scalars, size_t n_scalars, const int32_t *indices, size_t n_indices)
{
    if (n_scalars > FM_MAX_SCALARS || n_parameters > FM_MAX_PARAMETERS)
        return fail(plan, FM_INVALID);
    for (size_t i = 0; i < n_inputs; i++)
        if (!valid_value(plan, inputs[i]))
            return fail(plan, FM_INVALID);
    for (size_t i = 0; i < n_parameters; i++)
        if (parameters[i] < FM_NONE || parameters[i] >= (int)plan->n_params)
            return fail(plan, FM_INVALID);
    fm_op *op = append(plan, &plan->ops, &plan->n_ops, sizeof *op);
    if (!op)
        return plan->failed;
    op->kind = kind;
    op->detail = detail;
    for (size_t i = 0; i < FM_MAX_PARAMETERS; i++)
        op->params[i] = i < n_parameters ? parameters[i] : FM_NONE;
    op->act = FM_LINEAR;
    for (size_t i = 0; i < n_scalars; i++)
        op->s[i] = scalars[i];
    if (fill_op(op, inputs, n_inputs, indices, n_indices) != FM_OK)
        return fail(plan, FM_NO_MEMORY);
    fm_shape shape;
    if (fm_op_type_of(kind)->shape(plan, op, &shape) != FM_OK)
        return fail(plan, FM_INVALID);
    const int reads_sparse = kind == FM_OP_SPARSE_DENSE || kind == FM_OP_DENSIFY;
    for (size_t i = 0; i < n_inputs; i++)
        if ((plan->values[inputs[i]].sparse != FM_NONE) != reads_sparse)
            return fail(plan, FM_INVALID);
    for (size_t i = 0; i < n_inputs; i++)
        plan->values[inputs[i]].uses++;
    const int out = add_value(plan, shape, (int)plan->n_ops - 1);
    plan->ops[plan->n_ops - 1].out = out;
    return out;
}

int fm_plan_target_value(fm_plan *plan, int target)
{
    if (target < 0 || (size_t)target >= plan->n_targets)
        return fail(plan, FM_INVALID);
    const fm_target *t = &plan->targets[target];
    const int value = add_value(plan, (fm_shape){t->rows, t->cols, 0}, FM_NONE);
    if (value >= 0)
        plan->values[value].target = target;
    return value;
}

int fm_plan_output(fm_plan *plan, int value)
{
    if (!valid_value(plan, value) || plan->values[value].sparse != FM_NONE)
        return fail(plan, FM_INVALID);
    plan->values[value].uses++;
    return add_index(plan, &plan->outputs, &plan->n_outputs, value);
}

size_t fm_plan_value_size(const fm_plan *plan, int value)
{
    return plan->values[value].rows * plan->values[value].cols;
}

int fm_plan_value_fixed(const fm_plan *plan, int value)
{
    return plan->values[value].fixed;
}

/* A sparse target has one column, another as many as the prediction. */
static int target_fits(const fm_plan *plan, int value, int target, int sparse)
{
    if (!valid_value(plan, value) || target < 0 || (size_t)target >= plan->n_targets)
        return 0;
    const fm_value *v = &plan->values[value];
    const fm_target *t = &plan->targets[target];
    return !v->fixed && v->sparse == FM_NONE && v->rows == t->rows && t->cols == (sparse ? 1 : v->cols);
}

/* A loss or metric that is a value: one number a row, or one in all. */
static int stands_alone(const fm_plan *plan, int value, int target)
{
    if (!valid_value(plan, value) || plan->values[value].cols != 1 || plan->values[value].sparse != FM_NONE)
        return 0;
    const fm_value *v = &plan->values[value];
    if (target == FM_NONE)
        return !v->fixed || v->rows == 1;
    return target >= 0 && (size_t)target < plan->n_targets && !v->fixed && v->rows == plan->targets[target].rows;
}

int fm_plan_loss(fm_plan *plan, fm_loss kind, int value, int target, double weight, fm_per per, const double *scalars,
                 size_t n_scalars)
{
    const int sparse = kind == FM_SPARSE_CATEGORICAL_CROSSENTROPY || kind == FM_SPARSE_CATEGORICAL_CROSSENTROPY_LOGITS;
    const int fits =
        kind == FM_VALUE_LOSS ? stands_alone(plan, value, target) : target_fits(plan, value, target, sparse);
    if (n_scalars > FM_MAX_SCALARS || !fits || (per == FM_PER_WEIGHT && target == FM_NONE))
        return fail(plan, FM_INVALID);
    fm_loss_term *l = append(plan, &plan->losses, &plan->n_losses, sizeof *l);
    if (!l)
        return plan->failed;
    *l = (fm_loss_term){
        .kind = kind, .z = value, .probabilities = FM_NONE, .target = target, .weight = weight, .per = per};
    memcpy(l->s, scalars, n_scalars * sizeof *scalars);
    plan->values[value].uses++;
    return (int)plan->n_losses - 1;
}

int fm_plan_metric(fm_plan *plan, fm_metric kind, int value, int target, int weighted, const double *scalars,
                   size_t n_scalars)
{
    const int fits = kind == FM_VALUE_METRIC ? stands_alone(plan, value, target)
                                             : target_fits(plan, value, target, kind == FM_SPARSE_CATEGORICAL_ACCURACY);
    if (n_scalars > FM_MAX_SCALARS || !fits)
        return fail(plan, FM_INVALID);
    fm_metric_term *t = append(plan, &plan->metrics, &plan->n_metrics, sizeof *t);
    if (!t)
        return plan->failed;
    *t = (fm_metric_term){.kind = kind, .value = value, .target = target, .weighted = weighted};
    memcpy(t->s, scalars, n_scalars * sizeof *scalars);
    plan->values[value].uses++;
    return (int)plan->n_metrics - 1;
}

static void fill(char *to, size_t n, double number, fm_dtype dtype)
{
    for (size_t i = 0; i < n; i++)
        if (dtype == FM_F32)
            ((float *)(void *)to)[i] = (float)number;
        else
            ((double *)(void *)to)[i] = number;
}

static void fill_constants(const fm_plan *plan)
{
    for (size_t i = 0; i < plan->n_ops; i++) {
        const fm_op *op = &plan->ops[i];
        const fm_value *v = &plan->values[op->out];
        for (size_t row = 0; op->kind == FM_OP_CONSTANT && row < v->rows; row++)
            fill(v->data + row * v->ld * plan->element, v->cols, op->s[2], plan->kernels->dtype);
    }
}

/* Whether products of sizes stay far below SIZE_MAX. */
static int is_countable(const fm_plan *plan, size_t max_rows)
{
    double elements = (double)max_rows;
    for (size_t i = 0; i < plan->n_values; i++)
        elements += (double)plan->values[i].rows * (double)plan->values[i].cols * (double)max_rows;
    for (size_t i = 0; i < plan->n_targets; i++)
        elements += (double)plan->targets[i].rows * (double)plan->targets[i].cols * (double)max_rows;
    return elements < (double)(SIZE_MAX >> 16);
}

fm_status fm_plan_finish(fm_plan *plan, size_t max_rows)
{
    if (plan->failed != FM_OK)
        return plan->failed;
    if (plan->finished || max_rows == 0)
        return fail(plan, FM_INVALID);
    if (!is_countable(plan, max_rows))
        return fail(plan, FM_NO_MEMORY);
    plan->finished = 1;
    plan->max_rows = max_rows;
    fm_plan_fuse(plan);
    fm_plan_derive(plan);
    const size_t bytes = fm_plan_place(plan, NULL);
    if (bytes >= SIZE_MAX / 2 || !(plan->arena = aligned_alloc(FM_CACHE_LINE, bytes)))
        return fail(plan, FM_NO_MEMORY);
    memset(plan->arena, 0, bytes);
    fm_plan_place(plan, plan->arena);
    fill_constants(plan);
    return FM_OK;
}
