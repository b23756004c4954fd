/* faces/etcd/render.h -- answers on keys, from the kernel's results. */
#ifndef FACES_ETCD_RENDER_H
#define FACES_ETCD_RENDER_H

#include "faces/etcd/codec.h"
#include "store/txn.h"

/* Fields 2 to 4 of a RangeResponse. Errors as in value_append. */
MUST_CHECK enum err render_range(struct buf *b, const struct view *view,
                                 const struct range_result *r);
size_t render_range_size(const struct range_result *r);
/* Field 2 of a PutResponse. */
MUST_CHECK enum err render_put(struct buf *b, const struct view *view, const struct op_result *r);
/* Fields 2 and 3 of a DeleteRangeResponse. */
MUST_CHECK enum err render_delete(struct buf *b, const struct view *view,
                                  const struct op_result *r);
/* Fields 2 and 3 of a TxnResponse. VIEW may be NULL for a transaction that wrote: its values are
 * flat. */
MUST_CHECK enum err render_txn(struct buf *b, const struct view *view, const struct txn_result *r);

#endif
