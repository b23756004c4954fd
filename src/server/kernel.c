/* The log, the view and what keeps them in bounds, from the configuration. */
#include "server/kernel.h"

#include <string.h>

#include "base/text.h"
#include "catalog/kinds.h"
#include "wire/duration.h"

enum { HOURS_MAX = 1000000 };

uint64_t kernel_quota(const struct config *c)
{
    return c->quota_bytes == 0 ? (uint64_t)2 << 30 : c->quota_bytes;
}

/* "8", "1h", "1000": hours, a duration, revisions. */
static enum err keeper_options(const struct config *c, struct keeper_options *ret, struct why *why)
{
    struct bytes text = bytes_str(c->compaction_retention);
    *ret = (struct keeper_options){ .quota_bytes = kernel_quota(c) };
    bool by_revision = strcmp(c->compaction_mode, "revision") == 0;
    if (!by_revision && strcmp(c->compaction_mode, "periodic") != 0)
        return why_set(why, ERR_INVALID,
                       "--auto-compaction-mode '%s' is neither periodic nor revision",
                       c->compaction_mode);
    if (text.n == 0)
        return OK;
    uint64_t number;
    int64_t ns;
    bool is_number = text_u64(text, &number);
    if (!by_revision && is_number && number > HOURS_MAX)
        return why_set(why, ERR_INVALID, "--auto-compaction-retention %s is more than %d hours",
                       c->compaction_retention, HOURS_MAX);
    if (by_revision && is_number) {
        ret->mode = AUTO_COMPACTION_REVISION;
        ret->retention_revisions = number;
        return OK;
    }
    ret->mode = AUTO_COMPACTION_PERIODIC;
    if (!by_revision && is_number)
        ret->retention_ms = number * 3600 * 1000;
    else if (!by_revision && duration_parse(text, &ns) == OK && ns >= 0)
        ret->retention_ms = (uint64_t)ns / 1000000;
    else
        return why_set(why, ERR_INVALID, "--auto-compaction-retention '%s' is not %s",
                       c->compaction_retention,
                       by_revision ? "a number of revisions" : "a duration or a number of hours");
    return OK;
}

/* The view's greatest size: etcd's keys beside all else, with room for what is being rewritten. */
static uint64_t map_bytes_for(uint64_t quota)
{
    return quota > STORE_MAP_BYTES / 4 ? 4 * quota : STORE_MAP_BYTES;
}

enum err kernel_open(struct kernel *k, const struct config *c, struct metrics *metrics,
                     void (*owned)(const struct datadir *dir), struct why *why)
{
    struct keeper_options keeper;
    enum err e = keeper_options(c, &keeper, why);
    if (e == OK)
        e = datadir_open(c->data_dir, c->rebuild_view, &k->datadir, why);
    if (e != OK)
        return e;
    owned(k->datadir);
    struct replica_options options = {
        .datadir = k->datadir,
        .map_bytes = map_bytes_for(kernel_quota(c)),
        .write_map = true,
        .snapshot_bytes = c->snapshot_bytes,
        .skip_index = c->skip_entry,
        .metrics = metrics,
        .hooks = catalog_hooks(),
    };
    options.kinds = catalog_kinds(&options.kind_n);
    e = replica_open(&options, &k->replica, why);
    if (e == OK)
        e = keeper_new(k->replica, &keeper, metrics, &k->keeper);
    return e;
}

void kernel_close(struct kernel *k, bool clean)
{
    keeper_free(k->keeper);
    replica_close(k->replica, clean);
    if (k->datadir != NULL)
        datadir_close(k->datadir);
}
