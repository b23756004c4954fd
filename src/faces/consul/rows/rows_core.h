/* faces/consul/rows/rows_core.h -- what the files rows*.c share. */
#ifndef FACES_CONSUL_ROWS_ROWS_CORE_H
#define FACES_CONSUL_ROWS_ROWS_CORE_H

#include "faces/consul/rows/rows.h"
#include "store/range.h"

enum {
    ROWS_KEY_MAX = 64 * 1024,
    ROWS_OF_MEMBER = 1, /* revision of what is made here: it was there before anything else */
};

/* A stored row is what `check` let in, so what its reader does not take is damage. */
enum err consul_rows_damage(enum err e);
struct bytes consul_rows_ns(void);
enum err consul_rows_read_prefix(const struct consul_rows *r, struct bytes prefix,
                                 struct range_result *ret);
/* ERR_NOT_FOUND, or the row and its revisions. */
enum err consul_rows_read_one(const struct consul_rows *r, struct bytes key, struct kv *ret_kv,
                              struct bytes *ret_row);
/* A service in one word; one that cannot be written so keeps its name alone. */
struct bytes consul_rows_word(const struct consul_rows *r, struct bytes group, struct bytes name);
/* Muster's own node, made. */
struct consul_node consul_rows_own_node(const struct consul_rows *r);
bool consul_rows_is_own(const struct consul_rows *r, struct bytes node_name);
/* A check out of its row. ERR_DAMAGED. */
enum err consul_rows_check(const struct consul_rows *r, const struct consul_node *node,
                           struct bytes instance, const struct kv *row, struct consul_check *ret);
/* The checks of an instance, or of the node itself (INSTANCE empty); ROOM more are left in front.
 */
enum err consul_rows_read_checks(const struct consul_rows *r, const struct consul_node *node,
                                 struct bytes instance, size_t room, struct consul_check_list *ret);

#endif
