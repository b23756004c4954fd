/* The identity row: u8 format, u64 cluster id, u32 members, u64 each. The member file: one line of
 * magic and version, two of hexadecimal ids; small enough to be read by people. */
#include "replica/identity.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/rd.h"

enum { IDENTITY_FORMAT = 1, MEMBER_FILE_MAX = 256, PATH_MAX_BYTES = 4096 };

void identity_encode(const struct identity *identity, struct buf *out)
{
    buf_put_u8(out, IDENTITY_FORMAT);
    buf_put_u64(out, identity->cluster_id);
    buf_put_u32(out, (uint32_t)identity->member_n);
    for (size_t i = 0; i < identity->member_n; i++)
        buf_put_u64(out, identity->member_ids[i]);
}

enum err identity_decode(struct bytes bytes, struct identity *ret)
{
    struct identity found = { 0 };
    struct rd r;
    rd_init(&r, bytes);
    uint8_t format = rd_u8(&r);
    if (r.err == OK && format != IDENTITY_FORMAT)
        return ERR_VERSION;
    found.cluster_id = rd_u64(&r);
    found.member_n = rd_u32(&r);
    if (r.err == OK && found.member_n > sizeof found.member_ids / sizeof found.member_ids[0])
        return ERR_MALFORMED;
    for (size_t i = 0; i < found.member_n && r.err == OK; i++)
        found.member_ids[i] = rd_u64(&r);
    enum err e = rd_end(&r);
    if (e == OK)
        *ret = found;
    return e;
}

static bool is_member(const struct identity *i, uint64_t member_id)
{
    for (size_t at = 0; at < i->member_n; at++)
        if (i->member_ids[at] == member_id)
            return true;
    return false;
}

enum err identity_check(struct bytes row, uint64_t cluster_id, uint64_t member_id, struct why *why)
{
    struct identity found;
    enum err e = identity_decode(row, &found);
    if (e == ERR_VERSION)
        return why_set(why, e,
                       "member: the data says who its cluster is in a format that this build does "
                       "not know: it was written by a newer muster");
    if (e != OK)
        return why_set(why, ERR_DAMAGED,
                       "member: the data does not say who its cluster is; restore with `muster "
                       "snapshot restore`");
    if (found.cluster_id == cluster_id && is_member(&found, member_id))
        return OK;
    return why_set(why, ERR_DAMAGED,
                   "member: the data is of cluster %" PRIx64
                   ", the file 'member' of member %" PRIx64 " of cluster %" PRIx64
                   ": put the file back that belongs to the data, or use "
                   "`muster snapshot restore` into a new directory",
                   found.cluster_id, member_id, cluster_id);
}

static void member_path(const char *dir, const char *name, char *path)
{
    snprintf(path, PATH_MAX_BYTES, "%s/%s", dir, name);
}

static enum err parse_member(const char *text, const char *path, uint64_t *ret_cluster_id,
                             uint64_t *ret_member_id, struct why *why)
{
    unsigned version = 0;
    uint64_t cluster_id = 0, member_id = 0;
    if (sscanf(text, "muster member %u\n", &version) == 1 && version != 1)
        return why_set(why, ERR_VERSION,
                       "member: '%s' has format %u, this build knows 1: it was written by a newer "
                       "muster",
                       path, version);
    if (sscanf(text, "muster member 1\ncluster_id=%" SCNx64 "\nmember_id=%" SCNx64 "\n",
               &cluster_id, &member_id) != 2 ||
        cluster_id == 0 || member_id == 0)
        return why_set(why, ERR_DAMAGED,
                       "member: '%s' does not hold a cluster and a member id; restore the file or "
                       "use `muster snapshot restore` into a new directory",
                       path);
    *ret_cluster_id = cluster_id;
    *ret_member_id = member_id;
    return OK;
}

enum err member_file_read(struct fs *fs, const char *dir, uint64_t *ret_cluster_id,
                          uint64_t *ret_member_id, struct why *why)
{
    char path[PATH_MAX_BYTES];
    member_path(dir, "member", path);
    struct file *file;
    enum err e = fs->ops->open(fs, path, FS_READ, &file, why);
    if (e != OK)
        return e;
    char text[MEMBER_FILE_MAX + 1] = { 0 };
    uint64_t size;
    e = fs->ops->size(file, &size, why);
    if (e == OK)
        e = fs->ops->read(file, 0, text, size < MEMBER_FILE_MAX ? size : MEMBER_FILE_MAX, why);
    fs->ops->close(file);
    return e != OK ? e : parse_member(text, path, ret_cluster_id, ret_member_id, why);
}

enum err member_file_write(struct fs *fs, const char *dir, uint64_t cluster_id, uint64_t member_id,
                           struct why *why)
{
    char path[PATH_MAX_BYTES], fresh[PATH_MAX_BYTES], text[MEMBER_FILE_MAX];
    member_path(dir, "member", path);
    member_path(dir, "member.new", fresh);
    int n = snprintf(text, sizeof text,
                     "muster member 1\ncluster_id=%" PRIx64 "\nmember_id=%" PRIx64 "\n", cluster_id,
                     member_id);
    IGNORE(fs->ops->remove(fs, fresh, why)); /* of a start that was cut short; usually none */
    struct file *file;
    enum err e = fs->ops->open(fs, fresh, FS_WRITE | FS_CREATE, &file, why);
    if (e != OK)
        return e;
    e = fs->ops->write(file, 0, text, (size_t)n, why);
    if (e == OK)
        e = fs->ops->sync(file, why);
    fs->ops->close(file);
    if (e == OK)
        e = fs->ops->rename(fs, fresh, path, why);
    return e != OK ? e : fs->ops->sync_dir(fs, dir, why);
}
