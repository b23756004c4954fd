/* What the authority's certificates say of whom they are, and the root as a row. */
#include "access/ca.h"
#include "base/rd.h"

#define SCHEME "spiffe://"

void ca_trust_domain(const struct ca_root *root, struct buf *out)
{
    char text[UUID_TEXT + 1];
    uuid_print(&root->cluster, text);
    buf_printf(out, "%s.consul", text);
}

/* -- URIs -------------------------------------------------------------------------------------- */

static bool is_unreserved(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

static void put_escaped(struct bytes text, struct buf *out)
{
    for (size_t i = 0; i < text.n; i++)
        if (is_unreserved(text.p[i]))
            buf_put_u8(out, text.p[i]);
        else
            buf_printf(out, "%%%02X", text.p[i]);
}

void ca_service_uri(const struct ca_root *root, struct bytes datacenter, struct bytes service,
                    struct buf *out)
{
    buf_put_str(out, SCHEME);
    ca_trust_domain(root, out);
    buf_put_str(out, "/ns/default/dc/");
    put_escaped(datacenter, out);
    buf_put_str(out, "/svc/");
    put_escaped(service, out);
}

/* What stands up to the next slash; the rest behind it. False: nothing does. */
static bool take_segment(struct bytes *rest, struct bytes *ret)
{
    const uint8_t *slash = rest->n == 0 ? NULL : memchr(rest->p, '/', rest->n);
    size_t n = slash == NULL ? rest->n : (size_t)(slash - rest->p);
    *ret = bytes_of(rest->p, n);
    *rest = bytes_skip(*rest, n + (slash != NULL));
    return n > 0;
}

static int hex(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool unescape(struct bytes text, struct arena *arena, struct bytes *ret)
{
    uint8_t *out = arena_alloc(arena, text.n);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        out[n] = text.p[i];
        if (text.p[i] == '%') {
            int high = i + 2 < text.n ? hex(text.p[i + 1]) : -1;
            int low = high < 0 ? -1 : hex(text.p[i + 2]);
            if (low < 0)
                return false;
            out[n] = (uint8_t)(high << 4 | low);
            i += 2;
        }
        n++;
    }
    *ret = bytes_of(out, n);
    return true;
}

/* "/ns/NAMESPACE/dc/DC/svc/SERVICE" behind the trust domain. */
static bool take_path(struct bytes rest, struct bytes *ret)
{
    struct bytes word, value;
    static const char *const words[] = { "ns", "dc", "svc" };
    for (size_t i = 0; i < 3; i++) {
        if (!take_segment(&rest, &word) || !bytes_is(word, words[i]) ||
            !take_segment(&rest, &value))
            return false;
    }
    *ret = value;
    return rest.n == 0;
}

enum err ca_uri_service(const struct ca_root *root, struct bytes uri, struct arena *arena,
                        struct bytes *ret)
{
    struct bytes rest = bytes_skip(uri, sizeof SCHEME - 1), domain, service;
    struct buf own;
    if (!bytes_starts(uri, bytes_str(SCHEME)) || !take_segment(&rest, &domain) ||
        !take_path(rest, &service))
        return ERR_MALFORMED;
    buf_init(&own, 256);
    ca_trust_domain(root, &own);
    bool is_ours = bytes_eq(domain, buf_bytes(&own));
    buf_fini(&own);
    if (!is_ours)
        return ERR_DENIED;
    return unescape(service, arena, ret) ? OK : ERR_MALFORMED;
}

/* -- the row ----------------------------------------------------------------------------------- */

void ca_root_write(const struct ca_root *root, struct buf *out)
{
    buf_put_u8(out, CA_FORMAT);
    buf_put(out, root->cluster.b, UUID_BYTES);
    buf_put_u64(out, root->cert.serial);
    buf_put_u64(out, root->cert.from_ms);
    buf_put_u64(out, root->cert.until_ms);
    buf_put_run(out, root->cert.pem);
    buf_put_run(out, root->cert.key_pem);
}

enum err ca_root_read(struct bytes row, struct ca_root *ret)
{
    struct rd r;
    struct ca_root root = { 0 };
    rd_init(&r, row);
    uint8_t format = rd_u8(&r);
    if (r.err == OK && format != CA_FORMAT)
        return ERR_VERSION;
    struct bytes cluster = rd_take(&r, UUID_BYTES);
    if (cluster.n == UUID_BYTES)
        memcpy(root.cluster.b, cluster.p, UUID_BYTES);
    root.cert.serial = rd_u64(&r);
    root.cert.from_ms = rd_u64(&r);
    root.cert.until_ms = rd_u64(&r);
    root.cert.pem = rd_text(&r, CA_PEM_MAX);
    root.cert.key_pem = rd_text(&r, CA_PEM_MAX);
    enum err e = rd_end(&r);
    if (e == OK)
        *ret = root;
    return e;
}
