/* LMDB's codes in ours; errno values of the system are input/output errors but for a full disk. */
#include "store/lmdb_err.h"

#include <errno.h>

enum err lmdb_err_of(int code)
{
    switch (code) {
    case MDB_SUCCESS:
        return OK;
    case MDB_NOTFOUND:
        return ERR_NOT_FOUND;
    case MDB_KEYEXIST:
        return ERR_EXISTS;
    case MDB_MAP_FULL:
    case ENOSPC:
        return ERR_NO_SPACE;
    case MDB_READERS_FULL:
        return ERR_BUSY;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_PANIC:
        return ERR_DAMAGED;
    case MDB_VERSION_MISMATCH:
        return ERR_VERSION;
    default:
        return ERR_IO;
    }
}
