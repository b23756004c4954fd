/* faces/dns/dname.h -- domain names as DNS carries them: labels behind their lengths, a zero at the
 * end. Any bytes may stand in a label. */
#ifndef FACES_DNS_DNAME_H
#define FACES_DNS_DNAME_H

#include "base/arena.h"
#include "base/bytes.h"

enum { DNAME_MAX = 255, DNAME_LABEL_MAX = 63, DNAME_LABELS_MAX = 127 };

/* A name that is being put together, from the left. BAD once something did not fit: a label that is
 * empty or too long, or more than DNAME_MAX bytes. */
struct dname {
    uint8_t p[DNAME_MAX];
    size_t n;
    bool bad;
};

void dname_put_label(struct dname *d, struct bytes label);
/* The labels of TEXT between its dots; one dot at its end says nothing. */
void dname_put_dotted(struct dname *d, struct bytes text);
/* A whole name, which ends this one. */
void dname_put_name(struct dname *d, struct bytes name);
/* Ends it at the root. */
void dname_put_root(struct dname *d);
/* TEXT as a whole name in lower case; false if it is none, or the root. */
bool dname_parse(struct bytes text, struct dname *ret);

/* The whole name, lent. */
static inline struct bytes dname_bytes(const struct dname *d)
{
    return bytes_of(d->p, d->n);
}

/* The labels of a well-formed name, lent from it; how many. */
size_t dname_labels(struct bytes name, struct bytes labels[DNAME_LABELS_MAX]);
/* True if NAME is UNDER or lies below it; both in lower case. */
bool dname_is_under(struct bytes name, struct bytes under);
/* How many bytes the name at the front of BYTES has, with its zero. */
size_t dname_length(const uint8_t *bytes);
/* The text of LABELS with dots between them, in the arena. */
struct bytes dname_dotted(const struct bytes *labels, size_t n, struct arena *arena);

#endif
