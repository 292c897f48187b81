/* Which instruction sets this build has, which of them this CPU runs, and which one is in use.
 *
 * setup.py compiles kernels.c once for each ISA and defines FM_HAVE_<ISA> for those it compiled. To add one, add its
 * row to setup.py's table, its probe and its row here. */
#include "fm.h"

#include <string.h>

typedef struct {
    const char *name;
    int (*is_supported)(void);
    const fm_kernels *tables[2]; /* FM_F32, FM_F64 */
} isa_entry;

#ifdef FM_HAVE_AVX512
extern const fm_kernels fm_kernels_avx512_f32, fm_kernels_avx512_f64;

static int avx512_is_supported(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma");
}
#endif

#ifdef FM_HAVE_AVX2
extern const fm_kernels fm_kernels_avx2_f32, fm_kernels_avx2_f64;

static int avx2_is_supported(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#endif

#ifdef FM_HAVE_NEON
extern const fm_kernels fm_kernels_neon_f32, fm_kernels_neon_f64;

static int neon_is_supported(void)
{
    return 1;
}
#endif

#ifdef FM_HAVE_BASELINE
extern const fm_kernels fm_kernels_baseline_f32, fm_kernels_baseline_f64;

static int baseline_is_supported(void)
{
    return 1;
}
#endif

/* Best first. */
static const isa_entry isas[] = {
#ifdef FM_HAVE_AVX512
    {"avx512", avx512_is_supported, {&fm_kernels_avx512_f32, &fm_kernels_avx512_f64}},
#endif
#ifdef FM_HAVE_AVX2
    {"avx2", avx2_is_supported, {&fm_kernels_avx2_f32, &fm_kernels_avx2_f64}},
#endif
#ifdef FM_HAVE_NEON
    {"neon", neon_is_supported, {&fm_kernels_neon_f32, &fm_kernels_neon_f64}},
#endif
#ifdef FM_HAVE_BASELINE
    {"baseline", baseline_is_supported, {&fm_kernels_baseline_f32, &fm_kernels_baseline_f64}},
#endif
};

enum { ISA_COUNT = sizeof isas / sizeof isas[0] };

static const isa_entry *selected;

static const isa_entry *isa_find(const char *name)
{
    for (size_t i = 0; i < ISA_COUNT; i++) {
        if (strcmp(isas[i].name, name) == 0) {
            return &isas[i];
        }
    }
    return NULL;
}

/* The last entry runs everywhere. */
static const isa_entry *isa_best(void)
{
    const isa_entry *isa = isas;
    while (!isa->is_supported()) {
        isa++;
    }
    return isa;
}

const char *const *fm_isa_names(void)
{
    static const char *names[ISA_COUNT + 1];
    for (size_t i = 0; i < ISA_COUNT; i++) {
        names[i] = isas[i].name;
    }
    return names;
}

int fm_isa_supported(const char *name)
{
    const isa_entry *isa = isa_find(name);
    return isa != NULL && isa->is_supported();
}

fm_status fm_isa_select(const char *name)
{
    const isa_entry *isa = name == NULL ? isa_best() : isa_find(name);
    if (isa == NULL || !isa->is_supported()) {
        return FM_UNSUPPORTED_ISA;
    }
    selected = isa;
    return FM_OK;
}

const fm_kernels *fm_kernels_get(const char *name, fm_dtype dtype)
{
    const isa_entry *isa = name == NULL ? selected : isa_find(name);
    return isa == NULL || dtype > FM_F64 ? NULL : isa->tables[dtype];
}
