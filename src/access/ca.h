/* access/ca.h -- the certificate authority of the service mesh: one root, and leaves for services,
 * over OpenSSL.
 *
 * Keys are EC P-256. Times, serial numbers and what keys are made of are arguments. A leaf says
 * whose it is by a URI of its own: spiffe://TRUST-DOMAIN/ns/default/dc/DC/svc/SERVICE. */
#ifndef ACCESS_CA_H
#define ACCESS_CA_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/uuid.h"

enum {
    CA_ENTROPY_BYTES = 48, /* of which a key is made: more than its 32, so that none is likelier */
    CA_ID_TEXT = 64,
    CA_PEM_MAX = 8 * 1024,
    CA_FORMAT = 1,
    CA_CONFIG_MAX = 64 * 1024,
};

#define CA_ROOT_YEARS_MS (UINT64_C(10) * 365 * 24 * 3600 * 1000)
#define CA_LEAF_USUAL_MS (UINT64_C(72) * 3600 * 1000)
#define CA_LEAF_LEAST_MS (UINT64_C(3600) * 1000)
#define CA_LEAF_MOST_MS (UINT64_C(365) * 24 * 3600 * 1000)

struct ca_terms {
    const uint8_t *entropy;     /* CA_ENTROPY_BYTES, secret */
    uint64_t serial;            /* not 0 */
    uint64_t from_ms, until_ms; /* wall clock; whole seconds count */
};

struct ca_cert {
    uint64_t serial, from_ms, until_ms;
    struct bytes pem, key_pem;
};

struct ca_root {
    struct uuid cluster; /* the trust domain is its text and ".consul" */
    struct ca_cert cert;
};

/* Both in ARENA. ERR_INVALID for terms that make no sense. */
MUST_CHECK enum err ca_make_root(const struct ca_terms *terms, const struct uuid *cluster,
                                 struct arena *arena, struct ca_root *ret);
/* ERR_DAMAGED if ROOT is none; ERR_INVALID for a URI that is empty or not to be written. */
MUST_CHECK enum err ca_sign(const struct ca_root *root, const struct ca_terms *terms,
                            struct bytes uri, struct arena *arena, struct ca_cert *ret);

/* "11111111-....consul" */
void ca_trust_domain(const struct ca_root *root, struct buf *out);
/* The URI of SERVICE; what a URI cannot hold is escaped. */
void ca_service_uri(const struct ca_root *root, struct bytes datacenter, struct bytes service,
                    struct buf *out);
/* The service of such a URI, unescaped in ARENA. ERR_MALFORMED; ERR_DENIED for another's trust
 * domain. */
MUST_CHECK enum err ca_uri_service(const struct ca_root *root, struct bytes uri,
                                   struct arena *arena, struct bytes *ret);
/* "12:ab:..." of a certificate: SHA-1, by which clients tell roots apart; and of its key's
 * identifier. */
MUST_CHECK enum err ca_fingerprint(struct bytes pem, char ret[CA_ID_TEXT]);
MUST_CHECK enum err ca_key_id(struct bytes pem, char ret[CA_ID_TEXT]);

/* The root's row; docs/formats.md. ERR_VERSION, ERR_TRUNCATED, ERR_MALFORMED, ERR_TOO_BIG. */
void ca_root_write(const struct ca_root *root, struct buf *out);
MUST_CHECK enum err ca_root_read(struct bytes row, struct ca_root *ret);

#endif
