/* store/lmdb_err.h -- LMDB's codes and values in ours. */
#ifndef STORE_LMDB_ERR_H
#define STORE_LMDB_ERR_H

#include <lmdb.h>

#include "base/bytes.h"
#include "base/compiler.h"
#include "base/err.h"

/* ERR_NOT_FOUND, ERR_NO_SPACE (map or disk full), ERR_BUSY (readers), ERR_DAMAGED, ERR_VERSION,
 * ERR_IO. */
MUST_CHECK enum err lmdb_err_of(int code);

static inline enum err lmdb_err(int code)
{
    return LIKELY(code == 0) ? OK : lmdb_err_of(code);
}

static inline MDB_val lmdb_val(struct bytes b)
{
    return (MDB_val){ .mv_size = b.n, .mv_data = (void *)(uintptr_t)b.p };
}

static inline struct bytes lmdb_bytes(MDB_val v)
{
    return bytes_of(v.mv_data, v.mv_size);
}

#endif
