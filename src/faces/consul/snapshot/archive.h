/* faces/consul/snapshot/archive.h -- the archive of a snapshot, as Consul's tools make and check
 * it.
 *
 * A tar, packed with gzip, of meta.json, state.bin and SHA256SUMS with the sums of the two.
 * state.bin begins as Consul's own does: a MessagePack map whose "LastIndex" is the snapshot's
 * index; beside it, "Muster" is the format of what follows: records of a byte that says what they
 * are in Consul's own count of kinds, and a MessagePack string of bytes. So `consul snapshot
 * inspect` counts them. What is in them: docs/formats.md. */
#ifndef FACES_CONSUL_SNAPSHOT_ARCHIVE_H
#define FACES_CONSUL_SNAPSHOT_ARCHIVE_H

#include "base/buf.h"
#include "base/why.h"

enum {
    ARCHIVE_STATE_FORMAT = 1,
    ARCHIVE_STATE_MAX = 31 * 1024 * 1024, /* bytes of state.bin: what one command can restore */
    ARCHIVE_MAX = 32 * 1024 * 1024,       /* bytes of the archive itself */
    ARCHIVE_RECORD_HEAD = 6               /* bytes of a record before its content */
};

enum archive_kind { /* Consul's numbers */
                    ARCHIVE_REGISTER = 0,
                    ARCHIVE_PAIR = 2,
                    ARCHIVE_SESSION = 3,
                    ARCHIVE_COORDINATE = 5,
                    ARCHIVE_QUERY = 7,
                    ARCHIVE_AUTOPILOT = 9,
                    ARCHIVE_CA = 13,
                    ARCHIVE_CA_CONFIG = 15,
                    ARCHIVE_INDEX = 16, /* leases, which Consul has no kind for */
                    ARCHIVE_TOKEN = 17,
                    ARCHIVE_POLICY = 19,
                    ARCHIVE_ENTRY = 22,
                    ARCHIVE_ROLE = 23,
                    ARCHIVE_BINDING_RULE = 25,
                    ARCHIVE_AUTH_METHOD = 27,
                    ARCHIVE_VIRTUAL = 32
};

/* -- writing: the state is packed as it comes, so never whole in memory ------------------------ */

struct archive;

/* INDEX is the snapshot's. */
struct archive *archive_new(uint64_t index);
void archive_free(struct archive *a);
void archive_put(struct archive *a, enum archive_kind kind, struct bytes content);
/* Bytes of state.bin so far. */
uint64_t archive_state_bytes(const struct archive *a);
/* Ends the state and appends the archive to OUT, with META_JSON beside it. ERR_TOO_BIG: the state
 * or the archive is above its limit. */
MUST_CHECK enum err archive_end(struct archive *a, struct bytes meta_json, uint64_t time_s,
                                struct buf *out);

/* -- reading ---------------------------------------------------------------------------------- */

struct archive_content { /* lent from the unpacked archive */
    struct bytes meta_json;
    uint64_t index;
    struct bytes records;
};

/* Unpacks into UNPACKED, which is empty, and checks the whole. ERR_MALFORMED, ERR_TRUNCATED,
 * ERR_TOO_BIG, ERR_DAMAGED (a sum), ERR_VERSION (another's state, or a newer one's), with a
 * sentence. */
MUST_CHECK enum err archive_read(struct bytes packed, struct buf *unpacked,
                                 struct archive_content *ret, struct why *why);
/* The next record's content. ERR_NOT_FOUND at the end; ERR_MALFORMED. */
MUST_CHECK enum err archive_next(struct bytes *records, struct bytes *ret_content);

#endif
