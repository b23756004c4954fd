/* stand.h -- a store in a fresh folder, and entries applied to it one by one. */
#ifndef TEST_STORE_STAND_H
#define TEST_STORE_STAND_H

#include "store/range.h"
#include "store/store.h"
#include "test/lib/entries.h"

struct stand {
    char *dir;
    struct store_options options;
    struct store *store;
    struct view *view;       /* of the newest state after each call */
    struct entries entries;  /* commands for the next stand_apply */
    struct arena arena;      /* of the test */
    struct effects *effects; /* of the last entry */
    uint64_t index;
};

/* Fixtures for cmocka. */
int stand_set_up(void **state);
int stand_tear_down(void **state);
/* Opens the store again with what stands in OPTIONS. */
void stand_reopen(struct stand *s);

/* Applies the commands gathered so far as one entry; its first result. */
const struct command_result *stand_apply(struct stand *s);
/* One command as one entry: the common revision after it. The command must be accepted. */
uint64_t stand_put(struct stand *s, const char *key, const char *value);
uint64_t stand_remove(struct stand *s, const char *key, const char *end);
enum err stand_compact(struct stand *s, enum space space, uint64_t revision);
void stand_sweep(struct stand *s);
enum err stand_grant(struct stand *s, int64_t id, enum face face);
/* A transaction as one entry. */
const struct command_result *stand_txn(struct stand *s, const struct txn *txn);

/* Reads in SPACE_ETCD; END may be NULL for one key. */
enum err stand_range(struct stand *s, const char *key, const char *end, int64_t revision,
                     struct range_result *ret);
/* The value of KEY at REVISION as text in the arena, "" if there is none. */
const char *stand_value(struct stand *s, const char *key, int64_t revision);

/* What ops of a transaction are made of; SPACE_ETCD. */
struct op stand_op_put(const char *key, const char *value);
struct op stand_op_remove(const char *key, const char *end);
struct op stand_op_range(const char *key, const char *end, int64_t revision);
struct op stand_op_txn(const struct txn *txn);

#endif
