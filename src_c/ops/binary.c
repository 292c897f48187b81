/* Ops of two inputs, element by element, with broadcasting; split by rows.
 *
 * The result has rows R a sample and columns C; so has each input, or it has one row for all rows of a sample, one
 * column for all columns, or both; and an input may be fixed, one for all samples. */
#include "types.h"

/* One where all others are one. */
static int broadcasts(size_t x, size_t y)
{
    return x == y || x == 1;
}

static fm_status binary_shape(const fm_plan *plan, const fm_op *op, fm_shape *y)
{
    if (fm_same_shape(plan, op, 2, y) != FM_OK || op->detail < 0 || op->detail >= FM_BINARY_COUNT)
        return FM_INVALID;
    const fm_value *a = fm_input_in(plan, op, 0), *b = fm_input_in(plan, op, 1);
    y->rows = a->rows > b->rows ? a->rows : b->rows;
    y->cols = a->cols > b->cols ? a->cols : b->cols;
    y->fixed = a->fixed && b->fixed;
    const int fits = broadcasts(a->rows, y->rows) && broadcasts(b->rows, y->rows) && broadcasts(a->cols, y->cols) &&
                     broadcasts(b->cols, y->cols);
    return fits ? FM_OK : FM_INVALID;
}

/* Whether x goes with y otherwise than row by row, or as one row for all. */
static int turns(const fm_value *x, const fm_value *y)
{
    return !y->fixed && y->rows > 1 && x->fixed != (x->rows == 1);
}

/* An input as the kernels take it, for a stretch of rows of y. */
typedef struct {
    const char *data;
    size_t ld, step;
} operand;

/* For all rows, or, where an input turns, for those of one sample, which are numbered from 0. */
static operand operand_of(const fm_worker *worker, const fm_value *x, size_t sample, int by_sample)
{
    const char *data = fm_offset(worker, x->data, x->fixed ? 0 : sample * x->rows * x->ld);
    const int one_row = x->rows == 1 && (x->fixed || by_sample);
    return (operand){data, one_row ? 0 : x->ld, x->cols > 1};
}

/* The rows of y as far as one call of a kernel can take them: all, or those of a sample. */
typedef struct {
    operand a, b;
    size_t first;      /* row of y that is number 0 */
    size_t begin, end; /* this thread's rows, from `first` on */
} stretch;

/* The stretch that starts at row i; rows from `end` on are another thread's. */
static stretch stretch_at(const fm_worker *worker, const fm_op *op, size_t i, size_t end)
{
    const fm_value *a = fm_input_of(worker, op, 0), *b = fm_input_of(worker, op, 1), *y = fm_output_of(worker, op);
    const int by_sample = turns(a, y) || turns(b, y);
    const size_t sample = by_sample ? i / y->rows : 0, first = sample * y->rows;
    const size_t last = by_sample && first + y->rows < end ? first + y->rows : end;
    return (stretch){operand_of(worker, a, sample, by_sample), operand_of(worker, b, sample, by_sample), first,
                     i - first, last - first};
}

static void binary_forward(const fm_worker *worker, const fm_op *op)
{
    const fm_value *y = fm_output_of(worker, op);
    const fm_range r = fm_part(worker, fm_rows_of(worker, y), 1);
    for (size_t i = r.begin; i < r.end;) {
        const stretch s = stretch_at(worker, op, i, r.end);
        fm_kernels_of(worker)->binary_forward(fm_offset(worker, y->data, s.first * y->ld), s.a.data, s.b.data, y->ld,
                                              s.a.ld, s.b.ld, s.a.step, s.b.step, s.begin, s.end, y->cols, op->detail);
        i = s.first + s.end;
    }
}

/* The derivative to one input for each element of y, to d (rows of y, ldd). */
static void slopes(const fm_worker *worker, const fm_op *op, int second, char *d, size_t ldd, int accumulate)
{
    const fm_value *y = fm_output_of(worker, op);
    const fm_range r = fm_part(worker, fm_rows_of(worker, y), 1);
    for (size_t i = r.begin; i < r.end;) {
        const stretch s = stretch_at(worker, op, i, r.end);
        fm_kernels_of(worker)->binary_backward(fm_offset(worker, d, s.first * ldd),
                                               fm_offset(worker, y->gradient, s.first * y->buffer_ld), s.a.data,
                                               s.b.data, ldd, y->buffer_ld, s.a.ld, s.b.ld, s.a.step, s.b.step, s.begin,
                                               s.end, y->cols, op->detail, second, accumulate);
        i = s.first + s.end;
    }
}

static int same_shape(const fm_value *x, const fm_value *y)
{
    return x->rows == y->rows && x->cols == y->cols && x->fixed == y->fixed;
}

/* The gradient of an input that stands for many: the derivatives of all, in plan->scratch, summed along the columns,
 * then over the rows that one row stands for. */
static void summed_gradient(const fm_worker *worker, const fm_op *op, int second)
{
    const fm_kernels *kernels = fm_kernels_of(worker);
    const fm_value *x = fm_input_of(worker, op, (size_t)second), *y = fm_output_of(worker, op);
    char *d = worker->plan->scratch;
    const size_t ld = y->buffer_ld, rows = fm_rows_of(worker, y);
    const int accumulate = op->inputs[second].accumulate;
    fm_team_wait(worker->team); /* the other input may have had the scratch */
    slopes(worker, op, second, d, ld, 0);
    const fm_range own = fm_part(worker, rows, 1);
    if (x->cols < y->cols)
        kernels->reduce_forward(d, d, ld, ld, own.begin, own.end, y->cols, FM_SUM);
    if (x->rows == y->rows && x->fixed == y->fixed)
        kernels->copy(x->gradient, d, x->buffer_ld, ld, own.begin, own.end, x->cols, accumulate);
    else {
        fm_team_wait(worker->team);
        fm_sum_rows(worker, x, x->gradient, x->buffer_ld, d, ld, rows, accumulate);
    }
}

static void binary_backward(const fm_worker *worker, const fm_op *op)
{
    const fm_value *y = fm_output_of(worker, op);
    for (int i = 0; i < 2; i++) {
        const fm_value *x = fm_input_of(worker, op, (size_t)i);
        if (!op->inputs[i].wanted)
            continue;
        if (same_shape(x, y))
            slopes(worker, op, i, x->gradient, x->buffer_ld, op->inputs[i].accumulate);
        else
            summed_gradient(worker, op, i);
    }
}

static size_t binary_scratch(const fm_plan *plan, const fm_op *op)
{
    const fm_value *y = fm_output_in(plan, op);
    int needed = 0;
    for (size_t i = 0; i < 2; i++)
        needed |= op->inputs[i].wanted && !same_shape(fm_input_in(plan, op, i), y);
    return needed ? fm_max_rows(plan, y) * y->buffer_ld * plan->element : 0;
}

const fm_op_type fm_binary_type = {
    .shape = binary_shape, .forward = binary_forward, .backward = binary_backward, .scratch = binary_scratch};
