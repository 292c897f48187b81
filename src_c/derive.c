/* From the ops as they were given to those that run: fuses, derives the reverse pass, lays out the arena. */
#include "worker.h"

#include <string.h>

static size_t round_up(size_t n, size_t unit)
{
    return (n + unit - 1) / unit * unit;
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
        if (op->kind != FM_OP_RESHAPE)
            continue;
        fm_value *x = &plan->values[op->inputs[0].value], *y = &plan->values[op->out];
        if (x->producer != FM_NONE || x->target != FM_NONE || x->sparse != FM_NONE || x->uses != 1 || y->rows != 1)
            continue;
        x->alias = op->out;
        op->removed = 1;
    }
}

void fm_plan_fuse(fm_plan *plan)
{
    fuse_losses(plan);
    fuse_activations(plan);
    alias_inputs(plan);
}

/* ---- the reverse pass ---- */

/* Whether an op gives its inputs a gradient. */
static int passes(const fm_op *op)
{
    const fm_op_type *type = fm_op_type_of(op->kind);
    return type->backward && !(type->blocks && type->blocks(op));
}

static void find_needed(fm_plan *plan)
{
    for (size_t i = 0; i < plan->n_ops; i++) {
        const fm_op *op = &plan->ops[i];
        int needed = 0;
        for (size_t j = 0; j < FM_MAX_PARAMETERS; j++)
            needed |= op->params[j] != FM_NONE && plan->params[op->params[j]].trainable;
        for (size_t j = 0; j < op->n_inputs; j++)
            needed |= passes(op) && plan->values[op->inputs[j].value].needs_gradient;
        if (fm_op_type_of(op->kind)->backward)
            plan->values[op->out].needs_gradient |= needed;
    }
}

static void derive_parameters(fm_plan *plan, fm_op *op)
{
    for (size_t j = 0; j < FM_MAX_PARAMETERS; j++) {
        if (op->params[j] == FM_NONE || !plan->params[op->params[j]].trainable)
            continue;
        fm_param *p = &plan->params[op->params[j]];
        op->firsts[j] = p->uses++ == 0;
        p->fusable = op->kind == FM_OP_DENSE && (op->firsts[j] || p->fusable);
    }
}

/* For an element of what is not a product: more for exp, less for a copy. */
static const double FLOPS_PER_ELEMENT = 16;

/* Elements of a row of a CSR matrix of many columns, since nobody knows yet. */
static const double SPARSE_ELEMENTS = 64;

static void count_flops(fm_plan *plan)
{
    for (size_t i = 0; i < plan->n_inputs; i++)
        if (plan->values[plan->inputs[i]].sparse == FM_NONE)
            plan->flops += (double)fm_plan_value_size(plan, plan->inputs[i]);
    for (size_t i = 0; i < plan->n_ops; i++) {
        const fm_op *op = &plan->ops[i];
        const fm_value *y = &plan->values[op->out];
        if (op->removed || y->fixed)
            continue;
        if (op->kind == FM_OP_DENSE || op->kind == FM_OP_MATMUL) {
            const size_t k = plan->values[op->inputs[0].value].cols;
            plan->flops += 2.0 * (double)k * (double)(y->cols * y->rows) * (1 + y->has_gradient + op->inputs[0].wanted);
        } else if (op->kind == FM_OP_SPARSE_DENSE) {
            const double columns = (double)plan->params[op->params[0]].rows;
            plan->flops += 4.0 * (columns < SPARSE_ELEMENTS ? columns : SPARSE_ELEMENTS) * (double)y->cols;
        } else {
            plan->flops += FLOPS_PER_ELEMENT * (double)(y->cols * y->rows);
        }
    }
}

static void find_products_only(fm_plan *plan)
{
    for (size_t i = 0; i < plan->n_values; i++) {
        int products = 0;
        for (size_t j = 0; j < plan->n_ops; j++)
            products += plan->ops[j].kind == FM_OP_DENSE && plan->ops[j].inputs[0].value == (int)i;
        plan->values[i].products_only = products == plan->values[i].uses;
    }
}

void fm_plan_derive(fm_plan *plan)
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
        derive_parameters(plan, op);
        for (size_t j = 0; j < op->n_inputs; j++) {
            fm_value *x = &plan->values[op->inputs[j].value];
            op->inputs[j].wanted = passes(op) && x->needs_gradient;
            op->inputs[j].accumulate = x->has_gradient;
            x->has_gradient |= op->inputs[j].wanted;
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
    find_products_only(plan);
    count_flops(plan);
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
        const int gathered_matrix = v->producer == FM_NONE && (v->rows > 1 || v->target != FM_NONE);
        v->buffer_ld = v->ld = gathered_matrix ? v->cols : fm_leading_dimension(v->cols, plan->kernels->dtype);
    }
    for (size_t i = 0; i < plan->n_targets; i++)
        plan->targets[i].ld = plan->targets[i].cols;
}

/* A region of the arena; while base is NULL it is only measured. */
static char *place_region(char *base, size_t *total, size_t rows, size_t cols, size_t element)
{
    const size_t at = reserve(total, rows, cols, element);
    return base ? base + at : NULL;
}

static void place_targets(fm_plan *plan, char *base, size_t *total)
{
    for (size_t i = 0; i < plan->n_targets; i++) {
        fm_target *t = &plan->targets[i];
        t->data = place_region(base, total, t->rows * plan->max_rows, t->ld, plan->element);
        t->weights = place_region(base, total, t->rows, plan->max_rows, plan->element);
    }
}

static void place_values(fm_plan *plan, char *base, size_t *total)
{
    for (size_t i = 0; i < plan->n_values; i++) {
        fm_value *v = &plan->values[i];
        const size_t rows = fm_max_rows(plan, v);
        const int made = v->producer == FM_NONE || plan->ops[v->producer].out == (int)i;
        const int elsewhere = v->producer != FM_NONE && plan->ops[v->producer].kind == FM_OP_PARAMETER;
        if (v->target != FM_NONE)
            v->data = v->buffer = plan->targets[v->target].data;
        else if (v->alias == FM_NONE && v->sparse == FM_NONE && made && !elsewhere)
            v->data = v->buffer = place_region(base, total, rows, v->ld, plan->element);
        if (v->has_gradient)
            v->gradient = place_region(base, total, rows, v->ld, plan->element);
    }
}

static void place_ops(fm_plan *plan, char *base, size_t *total)
{
    size_t most = 0;
    for (size_t i = 0; i < plan->n_ops; i++) {
        fm_op *op = &plan->ops[i];
        const fm_op_type *type = fm_op_type_of(op->kind);
        if (op->removed)
            continue;
        if (type->memory)
            op->memory = place_region(base, total, type->memory(plan, op), 1, 1);
        const size_t scratch = type->scratch ? type->scratch(plan, op) : 0;
        most = scratch > most ? scratch : most;
    }
    plan->scratch = place_region(base, total, most, 1, 1);
}

static void place_terms(fm_plan *plan, char *base, size_t *total)
{
    for (size_t i = 0; i < plan->n_losses; i++) {
        fm_loss_term *l = &plan->losses[i];
        const fm_value *z = &plan->values[l->z];
        if (l->accumulate)
            l->gradient = place_region(base, total, fm_max_rows(plan, z), z->ld, plan->element);
        l->rows = (double *)place_region(base, total, fm_max_rows(plan, z), 1, sizeof(double));
    }
    for (size_t i = 0; i < plan->n_metrics; i++) {
        const fm_value *v = &plan->values[plan->metrics[i].value];
        plan->metrics[i].rows = (double *)place_region(base, total, fm_max_rows(plan, v), 1, sizeof(double));
    }
}

static void place_parameters(fm_plan *plan, char *base, size_t *total)
{
    for (size_t i = 0; i < plan->n_params; i++) {
        fm_param *p = &plan->params[i];
        const int penalized = p->l1 > 0 || p->l2 > 0;
        if (p->uses > 1 || (p->uses == 1 && !p->fusable) || (p->uses == 0 && penalized))
            p->shared = place_region(base, total, p->rows, p->ld, plan->element);
        if (penalized)
            p->penalties = (double *)place_region(base, total, p->rows, 1, sizeof(double));
    }
}

size_t fm_plan_place(fm_plan *plan, char *base)
{
    size_t total = FM_CACHE_LINE; /* kernels may read a vector beyond the end */
    if (!base)
        lay_out_values(plan);
    place_targets(plan, base, &total);
    place_values(plan, base, &total);
    place_ops(plan, base, &total);
    place_terms(plan, base, &total);
    place_parameters(plan, base, &total);
    return round_up(total, FM_CACHE_LINE);
}
