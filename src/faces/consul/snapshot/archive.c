/* The state is packed piece by piece, each a member of its own: gzip takes members behind each
 * other for one file. What stands before it in the tar says how long it is and is packed last. */
#include "faces/consul/snapshot/archive.h"

#include <stdio.h>

#include "access/sha256.h"
#include "base/mem.h"
#include "base/rd.h"
#include "net/grpc_gzip.h"
#include "wire/tar.h"

enum {
    PIECE = 256 * 1024,
    MEMBERS_MAX = 3 * TAR_BLOCK + 64 * 1024, /* of the tar, beside the state */
    MAP_OF_TWO = 0x82,
    TEXT_OF_6 = 0xa6,
    TEXT_OF_9 = 0xa9,
    NUMBER_64 = 0xcf,
    BYTES_32 = 0xc6
};

static const char meta_name[] = "meta.json", state_name[] = "state.bin", sums_name[] = "SHA256SUMS";
static const char index_key[] = "LastIndex", format_key[] = "Muster";

struct archive {
    struct buf piece, packed;
    struct sha256 *sum;
    uint64_t state_n;
    enum err err;
};

/* -- writing ---------------------------------------------------------------------------------- */

static void flush(struct archive *a)
{
    if (a->err == OK && a->piece.n > 0)
        a->err = grpc_gzip(buf_bytes(&a->piece), &a->packed);
    buf_clear(&a->piece, PIECE);
}

static void put_state(struct archive *a, struct bytes bytes)
{
    a->state_n += bytes.n;
    if (a->err == OK && a->state_n > ARCHIVE_STATE_MAX)
        a->err = ERR_TOO_BIG;
    if (a->err != OK)
        return;
    sha256_add(a->sum, bytes);
    buf_put_bytes(&a->piece, bytes);
    if (a->piece.n >= PIECE)
        flush(a);
}

static void put_be(uint8_t *at, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
}

struct archive *archive_new(uint64_t index)
{
    struct archive *a = mem_zalloc(1, sizeof *a);
    uint8_t head[1 + 1 + 9 + 9 + 1 + 6 + 1] = { MAP_OF_TWO, TEXT_OF_9 };
    buf_init(&a->piece, SIZE_MAX / 4);
    buf_init(&a->packed, ARCHIVE_MAX);
    a->sum = sha256_new();
    memcpy(head + 2, index_key, 9);
    head[11] = NUMBER_64;
    put_be(head + 12, index, 8);
    head[20] = TEXT_OF_6;
    memcpy(head + 21, format_key, 6);
    head[27] = ARCHIVE_STATE_FORMAT;
    put_state(a, bytes_of(head, sizeof head));
    return a;
}

void archive_free(struct archive *a)
{
    if (a == NULL)
        return;
    buf_fini(&a->piece);
    buf_fini(&a->packed);
    sha256_free(a->sum);
    mem_free(a);
}

void archive_put(struct archive *a, enum archive_kind kind, struct bytes content)
{
    uint8_t head[ARCHIVE_RECORD_HEAD] = { (uint8_t)kind, BYTES_32 };
    put_be(head + 2, content.n, 4);
    put_state(a, bytes_of(head, sizeof head));
    put_state(a, content);
}

uint64_t archive_state_bytes(const struct archive *a)
{
    return a->state_n;
}

static void put_file(struct buf *tar, const char *name, struct bytes body, uint64_t time_s)
{
    tar_write_head(tar, name, body.n, time_s);
    buf_put_bytes(tar, body);
    tar_end_file(tar, body.n);
}

/* What stands before the state, or behind it, as one member. */
static enum err pack(const struct buf *tar, struct buf *out)
{
    enum err e = buf_err(tar);
    return e == OK ? grpc_gzip(buf_bytes(tar), out) : e;
}

enum err archive_end(struct archive *a, struct bytes meta_json, uint64_t time_s, struct buf *out)
{
    char meta_sum[SHA256_TEXT], state_sum[SHA256_TEXT];
    struct buf tar, sums;
    flush(a);
    if (a->err != OK)
        return a->err;
    sha256_of(meta_json, meta_sum);
    sha256_end(a->sum, state_sum);
    a->sum = NULL;
    buf_init(&tar, MEMBERS_MAX);
    buf_init(&sums, MEMBERS_MAX);
    put_file(&tar, meta_name, meta_json, time_s);
    tar_write_head(&tar, state_name, a->state_n, time_s);
    enum err e = pack(&tar, out);
    buf_put_bytes(out, buf_bytes(&a->packed));
    buf_clear(&tar, MEMBERS_MAX);
    tar_end_file(&tar, a->state_n);
    buf_printf(&sums, "%s  %s\n%s  %s\n", meta_sum, meta_name, state_sum, state_name);
    put_file(&tar, sums_name, buf_bytes(&sums), time_s);
    tar_end(&tar);
    if (e == OK)
        e = pack(&tar, out);
    buf_fini(&tar);
    buf_fini(&sums);
    return e == OK ? buf_err(out) : e;
}

/* -- reading ---------------------------------------------------------------------------------- */

struct files {
    struct bytes meta, state, sums;
    bool has_meta, has_state, has_sums;
};

static enum err take_file(struct files *files, const struct tar_file *f, struct why *why)
{
    static const char *const names[] = { meta_name, state_name, sums_name };
    struct bytes *const at[] = { &files->meta, &files->state, &files->sums };
    bool *const has[] = { &files->has_meta, &files->has_state, &files->has_sums };
    for (size_t i = 0; i < 3; i++) {
        if (!bytes_is(f->name, names[i]))
            continue;
        if (*has[i])
            break;
        *at[i] = f->body;
        *has[i] = true;
        return OK;
    }
    return why_set(why, ERR_MALFORMED, "unexpected file \"%.*s\" in snapshot", (int)f->name.n,
                   (const char *)f->name.p);
}

static enum err read_files(struct bytes tar, struct files *files, struct why *why)
{
    struct tar_reader r = { tar };
    struct tar_file f;
    enum err e;
    while ((e = tar_next(&r, &f)) == OK) {
        e = take_file(files, &f, why);
        if (e != OK)
            return e;
    }
    if (e != ERR_NOT_FOUND)
        return why_set(why, e, "failed reading snapshot: %s",
                       e == ERR_TRUNCATED ? "unexpected EOF" : "invalid tar header");
    if (!files->has_meta || !files->has_state || !files->has_sums)
        return why_set(why, ERR_MALFORMED, "failed reading snapshot: it has no %s",
                       !files->has_meta    ? meta_name
                       : !files->has_state ? state_name
                                           : sums_name);
    return OK;
}

/* The line of NAME in the list of sums is that of BODY. */
static bool sum_agrees(struct bytes sums, const char *name, struct bytes body)
{
    char sum[SHA256_TEXT], line[SHA256_TEXT + 32];
    sha256_of(body, sum);
    snprintf(line, sizeof line, "%s  %s\n", sum, name);
    for (struct bytes at = sums; at.n > 0;) {
        if (bytes_starts(at, bytes_str(line)))
            return true;
        const uint8_t *end = memchr(at.p, '\n', at.n);
        at = end == NULL ? (struct bytes){ 0 } : bytes_skip(at, (size_t)(end - at.p) + 1);
    }
    return false;
}

static enum err check_sums(const struct files *files, struct why *why)
{
    const char *bad = NULL;
    if (!sum_agrees(files->sums, meta_name, files->meta))
        bad = meta_name;
    else if (!sum_agrees(files->sums, state_name, files->state))
        bad = state_name;
    return bad == NULL
               ? OK
               : why_set(why, ERR_DAMAGED,
                         "failed checking integrity of snapshot: hash check failed for \"%s\"",
                         bad);
}

static enum err read_head(struct bytes state, struct archive_content *ret, struct why *why)
{
    struct rd r;
    rd_init(&r, state);
    uint8_t map = rd_u8(&r), text = rd_u8(&r);
    struct bytes key = rd_take(&r, 9);
    uint8_t number = rd_u8(&r);
    uint64_t index = rd_be64(&r);
    uint8_t text_2 = rd_u8(&r);
    struct bytes key_2 = rd_take(&r, 6);
    uint8_t format = rd_u8(&r);
    bool is_ours = r.err == OK && map == MAP_OF_TWO && text == TEXT_OF_9 &&
                   bytes_is(key, index_key) && number == NUMBER_64 && text_2 == TEXT_OF_6 &&
                   bytes_is(key_2, format_key);
    if (!is_ours)
        return why_set(why, ERR_VERSION,
                       "state.bin is not Muster's: only what a Muster has saved can be restored");
    if (format != ARCHIVE_STATE_FORMAT)
        return why_set(why, ERR_VERSION,
                       "state.bin has format %u, this build knows %d: a newer Muster saved it",
                       format, ARCHIVE_STATE_FORMAT);
    ret->index = index;
    ret->records = r.left;
    return OK;
}

enum err archive_read(struct bytes packed, struct buf *unpacked, struct archive_content *ret,
                      struct why *why)
{
    struct files files = { 0 };
    struct archive_content content = { 0 };
    buf_init(unpacked, ARCHIVE_STATE_MAX + MEMBERS_MAX);
    enum err e = packed.n == 0 ? ERR_TRUNCATED : grpc_gunzip(packed, unpacked);
    if (e != OK)
        return why_set(why, e, "failed to decompress snapshot: %s",
                       e == ERR_TOO_BIG     ? "it is larger than what can be restored"
                       : e == ERR_TRUNCATED ? "unexpected EOF"
                                            : "gzip: invalid header or checksum");
    e = read_files(buf_bytes(unpacked), &files, why);
    if (e == OK)
        e = check_sums(&files, why);
    if (e == OK)
        e = read_head(files.state, &content, why);
    content.meta_json = files.meta;
    if (e == OK)
        *ret = content;
    return e;
}

enum err archive_next(struct bytes *records, struct bytes *ret_content)
{
    struct rd r;
    if (records->n == 0)
        return ERR_NOT_FOUND;
    rd_init(&r, *records);
    rd_u8(&r); /* for Consul's tools */
    uint8_t type = rd_u8(&r);
    uint32_t n = rd_be32(&r);
    struct bytes content = rd_take(&r, n);
    if (r.err != OK || type != BYTES_32)
        return ERR_MALFORMED;
    *records = r.left;
    *ret_content = content;
    return OK;
}
