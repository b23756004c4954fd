/* Texts and codes are grpc-go's, which clients of etcd know; where its versions differ, those of
 * the newer. */
#include "net/grpc_head.h"

#include "net/grpc_routes.h"
#include "net/grpc_text.h"
#include "net/http2_user.h"

#define TEXT(literal)                                   \
    {                                                   \
        (const uint8_t *)(literal), sizeof(literal) - 1 \
    }

void grpc_head_read(const struct http2_header *headers, size_t n, struct grpc_head *ret)
{
    static const struct {
        struct bytes name;
        size_t at;
    } wanted[] = {
        { TEXT(":path"), offsetof(struct grpc_head, path) },
        { TEXT(":method"), offsetof(struct grpc_head, http_method) },
        { TEXT("content-type"), offsetof(struct grpc_head, content_type) },
        { TEXT("grpc-timeout"), offsetof(struct grpc_head, timeout) },
        { TEXT("grpc-encoding"), offsetof(struct grpc_head, encoding) },
        { TEXT("grpc-accept-encoding"), offsetof(struct grpc_head, accept) },
    };
    *ret = (struct grpc_head){ .timeout_ns = UINT64_MAX };
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < ARRAY_LEN(wanted); k++)
            if (bytes_eq(headers[i].name, wanted[k].name))
                *(struct bytes *)(void *)((char *)ret + wanted[k].at) = headers[i].value;
}

static bool refuse(struct grpc_refusal *ret, const char *http_status, enum grpc_status status,
                   const char *message)
{
    *ret = (struct grpc_refusal){ http_status, status, message };
    return false;
}

static const char *timeout_fault(struct arena *a, struct bytes text)
{
    const char *quoted = grpc_quote(a, text);
    if (text.n < 2)
        return arena_printf(a, "malformed grpc-timeout: transport: timeout string is too short: %s",
                            quoted);
    if (text.n > 9)
        return arena_printf(a, "malformed grpc-timeout: transport: timeout string is too long: %s",
                            quoted);
    static const char units[] = { 'H', 'M', 'S', 'm', 'u', 'n' };
    if (memchr(units, text.p[text.n - 1], sizeof units) == NULL)
        return arena_printf(
            a, "malformed grpc-timeout: transport: timeout unit is not recognized: %s", quoted);
    return arena_printf(a, "malformed grpc-timeout: strconv.ParseUint: parsing %s: invalid syntax",
                        grpc_quote(a, bytes_of(text.p, text.n - 1)));
}

bool grpc_head_check(struct grpc_head *h, bool cut, struct arena *a, struct grpc_refusal *ret)
{
    if (!grpc_content_type_is_grpc(h->content_type)) {
        char *quoted = grpc_quote(a, h->content_type);
        h->content_type = (struct bytes){ 0 };
        return refuse(ret, "415", GRPC_INVALID_ARGUMENT,
                      arena_printf(a, "invalid gRPC request content-type %s", quoted));
    }
    if (cut)
        return refuse(ret, "431", GRPC_INTERNAL, "too many headers");
    if (h->timeout.p != NULL && grpc_timeout_parse(h->timeout, &h->timeout_ns) != OK)
        return refuse(ret, "400", GRPC_INTERNAL, timeout_fault(a, h->timeout));
    if (!bytes_is(h->http_method, "POST"))
        return refuse(ret, "405", GRPC_INTERNAL,
                      arena_printf(a,
                                   "Received a HEADERS frame with :method %s which should be POST",
                                   grpc_quote(a, h->http_method)));
    return true;
}

/* grpc-go resets the stream, which its own clients show as this status; others as other ones. */
struct grpc_refusal grpc_head_refuse_size(void)
{
    return (struct grpc_refusal){ "200", GRPC_RESOURCE_EXHAUSTED,
                                  "grpc: received metadata larger than max" };
}

struct grpc_refusal grpc_head_refuse_path(const struct grpc_head *h,
                                          const struct grpc_routes *routes, struct arena *a)
{
    struct grpc_refusal r = { "200", GRPC_UNIMPLEMENTED, NULL };
    struct bytes path = h->path;
    size_t name_at = path.n; /* behind the last slash */
    while (name_at > 0 && path.p[name_at - 1] != '/')
        name_at--;
    if (name_at < 2 || path.p[0] != '/') {
        r.message = arena_printf(a, "malformed method name: %s", grpc_quote(a, path));
        return r;
    }
    char *service = arena_str(a, bytes_of(path.p + 1, name_at - 2));
    char *method = arena_str(a, bytes_skip(path, name_at));
    if (grpc_routes_service(routes, bytes_str(service)) != NULL)
        r.message = arena_printf(a, "unknown method %s for service %s", method, service);
    else
        r.message = arena_printf(a, "unknown service %s", service);
    return r;
}

bool grpc_head_settle(struct grpc_head *h, struct arena *a, struct grpc_refusal *ret)
{
    bool is_gzip = bytes_is(h->encoding, "gzip");
    if (h->encoding.n > 0 && !is_gzip && !bytes_is(h->encoding, "identity"))
        return refuse(ret, "200", GRPC_UNIMPLEMENTED,
                      arena_printf(a, "grpc: Decompressor is not installed for grpc-encoding %s",
                                   grpc_quote(a, h->encoding)));
    h->gzip_in = is_gzip;
    h->gzip_out = is_gzip && grpc_list_has(h->accept, "gzip");
    /* Less than a microsecond is gone by the time it is read here. */
    if (h->timeout_ns < 1000)
        return refuse(ret, "200", GRPC_DEADLINE_EXCEEDED, "context deadline exceeded");
    return true;
}
