#include "faces/dns/dname.h"

static bool has_room(struct dname *d, size_t n)
{
    if (n > sizeof d->p - d->n)
        d->bad = true;
    return !d->bad;
}

void dname_put_label(struct dname *d, struct bytes label)
{
    if (label.n == 0 || label.n > DNAME_LABEL_MAX)
        d->bad = true;
    if (!has_room(d, label.n + 1))
        return;
    d->p[d->n++] = (uint8_t)label.n;
    memcpy(d->p + d->n, label.p, label.n);
    d->n += label.n;
}

void dname_put_dotted(struct dname *d, struct bytes text)
{
    if (text.n > 0 && text.p[text.n - 1] == '.')
        text.n--;
    for (;;) {
        const uint8_t *dot = text.n == 0 ? NULL : memchr(text.p, '.', text.n);
        size_t n = dot == NULL ? text.n : (size_t)(dot - text.p);
        dname_put_label(d, bytes_of(text.p, n));
        if (dot == NULL || d->bad)
            return;
        text = bytes_skip(text, n + 1);
    }
}

void dname_put_name(struct dname *d, struct bytes name)
{
    if (!has_room(d, name.n))
        return;
    memcpy(d->p + d->n, name.p, name.n);
    d->n += name.n;
}

void dname_put_root(struct dname *d)
{
    dname_put_name(d, bytes_of("", 1));
}

bool dname_parse(struct bytes text, struct dname *ret)
{
    struct dname d = { .n = 0 };
    dname_put_dotted(&d, text);
    dname_put_root(&d);
    for (size_t i = 0; i < d.n; i++) /* lengths are below the letters */
        if (d.p[i] >= 'A' && d.p[i] <= 'Z')
            d.p[i] = (uint8_t)(d.p[i] - 'A' + 'a');
    if (!d.bad)
        *ret = d;
    return !d.bad;
}

size_t dname_labels(struct bytes name, struct bytes labels[DNAME_LABELS_MAX])
{
    size_t n = 0;
    for (const uint8_t *at = name.p; *at != 0; at += 1 + *at)
        labels[n++] = bytes_of(at + 1, *at);
    return n;
}

size_t dname_length(const uint8_t *bytes)
{
    const uint8_t *at = bytes;
    while (*at != 0)
        at += 1 + *at;
    return (size_t)(at - bytes) + 1;
}

bool dname_is_under(struct bytes name, struct bytes under)
{
    while (name.n > under.n)
        name = bytes_skip(name, 1 + (size_t)name.p[0]);
    return bytes_eq(name, under);
}

struct bytes dname_dotted(const struct bytes *labels, size_t n, struct arena *arena)
{
    size_t at = 0;
    uint8_t *text = arena_alloc(arena, DNAME_MAX);
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            text[at++] = '.';
        memcpy(text + at, labels[i].p, labels[i].n);
        at += labels[i].n;
    }
    return bytes_of(text, at);
}
