/* Plain text over HTTP, as Go's net/http words it. */
#include "faces/etcd/plain.h"

static const char content_type[] = "text/plain; charset=utf-8";

void plain_text(struct http_request *r, int status, const char *text)
{
    static const struct http_header nosniff = { { (const uint8_t *)"x-content-type-options", 22 },
                                                { (const uint8_t *)"nosniff", 7 } };
    http_respond(r, status, content_type, &nosniff, 1, bytes_str(text));
}

bool plain_is_get(struct http_request *r)
{
    if (bytes_is(http_method(r), "GET"))
        return true;
    static const struct http_header allow = { { (const uint8_t *)"allow", 5 },
                                              { (const uint8_t *)"GET", 3 } };
    http_respond(r, 405, content_type, &allow, 1, bytes_str("Method Not Allowed\n"));
    return false;
}
