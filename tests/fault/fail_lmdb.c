/* LMDB's functions that fail when they are told to: of our own objects (the linker's --wrap). */
#include <lmdb.h>

#include "tests/fault/fail_wrap.h"

#define WRAP(name, parameters, arguments) FAIL_WRAP(FAIL_LIBRARY, int, name, parameters, arguments, fail_code())

WRAP(mdb_env_create, (MDB_env * *env), (env))
WRAP(mdb_env_set_mapsize, (MDB_env * env, size_t size), (env, size))
WRAP(mdb_env_set_maxdbs, (MDB_env * env, MDB_dbi count), (env, count))
WRAP(mdb_env_set_maxreaders, (MDB_env * env, unsigned count), (env, count))
WRAP(mdb_env_open, (MDB_env * env, const char *path, unsigned flags, mdb_mode_t mode), (env, path, flags, mode))
WRAP(mdb_env_get_fd, (MDB_env * env, mdb_filehandle_t *file), (env, file))
WRAP(mdb_txn_begin, (MDB_env * env, MDB_txn *parent, unsigned flags, MDB_txn **txn), (env, parent, flags, txn))
WRAP(mdb_txn_renew, (MDB_txn * txn), (txn))
WRAP(mdb_dbi_open, (MDB_txn * txn, const char *name, unsigned flags, MDB_dbi *dbi), (txn, name, flags, dbi))
WRAP(mdb_stat, (MDB_txn * txn, MDB_dbi dbi, MDB_stat *facts), (txn, dbi, facts))
WRAP(mdb_get, (MDB_txn * txn, MDB_dbi dbi, MDB_val *key, MDB_val *value), (txn, dbi, key, value))
WRAP(mdb_put, (MDB_txn * txn, MDB_dbi dbi, MDB_val *key, MDB_val *value, unsigned flags), (txn, dbi, key, value, flags))
WRAP(mdb_del, (MDB_txn * txn, MDB_dbi dbi, MDB_val *key, MDB_val *value), (txn, dbi, key, value))
WRAP(mdb_drop, (MDB_txn * txn, MDB_dbi dbi, int del), (txn, dbi, del))
WRAP(mdb_cursor_open, (MDB_txn * txn, MDB_dbi dbi, MDB_cursor **cursor), (txn, dbi, cursor))
WRAP(mdb_cursor_get, (MDB_cursor * cursor, MDB_val *key, MDB_val *value, MDB_cursor_op how), (cursor, key, value, how))
WRAP(mdb_cursor_put, (MDB_cursor * cursor, MDB_val *key, MDB_val *value, unsigned flags), (cursor, key, value, flags))
WRAP(mdb_cursor_renew, (MDB_txn * txn, MDB_cursor *cursor), (txn, cursor))
WRAP(mdb_env_sync, (MDB_env * env, int force), (env, force))
WRAP(mdb_env_info, (MDB_env * env, MDB_envinfo *facts), (env, facts))

/* A commit that fails has ended its transaction. */
int __real_mdb_txn_commit(MDB_txn *txn);
int __wrap_mdb_txn_commit(MDB_txn *txn);
int __wrap_mdb_txn_commit(MDB_txn *txn) {
    if (!fail_meets(FAIL_LIBRARY)) {
        return __real_mdb_txn_commit(txn);
    }
    mdb_txn_abort(txn);
    return fail_code();
}
