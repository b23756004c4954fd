/* Labels are few: sorting by insertion, merging and finding by a walk. */
#include "catalog/label.h"

enum err labels_sort(struct labels *labels)
{
    for (size_t i = 1; i < labels->n; i++) {
        struct label moving = labels->all[i];
        size_t at = i;
        for (; at > 0 && bytes_cmp(labels->all[at - 1].key, moving.key) > 0; at--)
            labels->all[at] = labels->all[at - 1];
        labels->all[at] = moving;
        if (at > 0 && bytes_eq(labels->all[at - 1].key, moving.key))
            return ERR_EXISTS;
    }
    return OK;
}

const struct bytes *labels_find(const struct labels *labels, struct bytes key)
{
    for (size_t i = 0; i < labels->n; i++)
        if (bytes_eq(labels->all[i].key, key))
            return &labels->all[i].value;
    return NULL;
}

struct labels labels_merge(const struct labels *under, const struct labels *over,
                           struct arena *arena)
{
    struct labels merged = { .all = arena_zalloc(arena, under->n + over->n, sizeof *merged.all) };
    size_t u = 0, o = 0;
    while (u < under->n || o < over->n) {
        int order = u == under->n  ? 1
                    : o == over->n ? -1
                                   : bytes_cmp(under->all[u].key, over->all[o].key);
        merged.all[merged.n++] = order < 0 ? under->all[u] : over->all[o];
        u += order <= 0;
        o += order >= 0;
    }
    return merged;
}

bool labels_eq(const struct labels *a, const struct labels *b)
{
    bool same = a->n == b->n;
    for (size_t i = 0; same && i < a->n; i++)
        same = bytes_eq(a->all[i].key, b->all[i].key) && bytes_eq(a->all[i].value, b->all[i].value);
    return same;
}

/* -- bytes ------------------------------------------------------------------------------------ */

void labels_write(const struct labels *labels, struct buf *out)
{
    buf_put_u16(out, (uint16_t)labels->n);
    for (size_t i = 0; i < labels->n; i++) {
        buf_put_run(out, labels->all[i].key);
        buf_put_run(out, labels->all[i].value);
    }
}

struct labels labels_read(struct rd *r, struct arena *arena)
{
    enum { LABEL_MIN_BYTES = 9 };
    struct labels labels = { .n = rd_count(r, LABELS_MAX, LABEL_MIN_BYTES) };
    labels.all = arena_zalloc(arena, labels.n, sizeof *labels.all);
    struct bytes last = { 0 };
    for (size_t i = 0; i < labels.n; i++) {
        struct label *label = &labels.all[i];
        label->key = rd_text(r, LABEL_KEY_MAX);
        label->value = rd_text(r, LABEL_VALUE_MAX);
        if (bytes_cmp(last, label->key) >= 0) /* an empty key is not above nothing either */
            rd_fail(r, ERR_MALFORMED);
        last = label->key;
    }
    return labels;
}
