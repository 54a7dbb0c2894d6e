/* What zstd and xxhash refuse when they are told to: of our own objects (the linker's --wrap). */
#include <xxhash.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "tests/fault/fail_wrap.h"

#define WRAP(type, name, parameters, arguments, failed)                                                                \
    FAIL_WRAP(FAIL_LIBRARY, type, name, parameters, arguments, failed)

/* As zstd says it: errors are the highest sizes. */
#define REFUSED ((size_t)-ZSTD_error_memory_allocation)

WRAP(ZSTD_CCtx *, ZSTD_createCCtx, (void), (), NULL)
WRAP(ZSTD_DCtx *, ZSTD_createDCtx, (void), (), NULL)
WRAP(size_t, ZSTD_CCtx_setParameter, (ZSTD_CCtx * context, ZSTD_cParameter name, int value), (context, name, value),
     REFUSED)
WRAP(size_t, ZSTD_compress2, (ZSTD_CCtx * context, void *to, size_t room, const void *from, size_t size),
     (context, to, room, from, size), REFUSED)
WRAP(XXH3_state_t *, XXH3_createState, (void), (), NULL)
