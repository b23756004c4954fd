/* Problem documents. */
#include "faces/native/problem.h"

#include "wire/json_writer.h"

void problem_respond_with(struct http_request *r, int status, const char *code, const char *title,
                          const char *detail, const struct http_header *headers, size_t n)
{
    struct buf body;
    struct json_writer j;
    buf_init(&body, 64 * 1024);
    json_init(&j, &body);
    json_open_object(&j);
    json_put_name(&j, "type");
    json_put_string(&j, bytes_str(arena_printf(http_arena(r), "/problems/%s", code)));
    json_put_name(&j, "title");
    json_put_str(&j, title);
    json_put_name(&j, "status");
    json_put_int(&j, status);
    json_put_name(&j, "detail");
    json_put_str(&j, detail);
    json_close_object(&j);
    http_respond(r, status, "application/problem+json", headers, n, buf_bytes(&body));
    buf_fini(&body);
}

void problem_respond(struct http_request *r, int status, const char *code, const char *title,
                     const char *detail)
{
    problem_respond_with(r, status, code, title, detail, NULL, 0);
}
