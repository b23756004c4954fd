/* Fields are static texts where they can be: they must live as long as the stream. */
#include "net/grpc_answer.h"

#include "net/grpc_routes.h"
#include "net/grpc_text.h"
#include "net/http2_send.h"
#include "net/http2_stream.h"

#define TEXT(literal)                                   \
    {                                                   \
        (const uint8_t *)(literal), sizeof(literal) - 1 \
    }

static const struct bytes status_texts[GRPC_STATUSES] = {
    TEXT("0"),  TEXT("1"),  TEXT("2"),  TEXT("3"),  TEXT("4"),  TEXT("5"),
    TEXT("6"),  TEXT("7"),  TEXT("8"),  TEXT("9"),  TEXT("10"), TEXT("11"),
    TEXT("12"), TEXT("13"), TEXT("14"), TEXT("15"), TEXT("16")
};
static const struct bytes name_status = TEXT(":status"), name_type = TEXT("content-type"),
                          name_code = TEXT("grpc-status"), name_message = TEXT("grpc-message"),
                          name_encoding = TEXT("grpc-encoding"), text_200 = TEXT("200"),
                          text_grpc = TEXT("application/grpc"), text_gzip = TEXT("gzip");

static size_t put_trailers(struct http2_stream *s, struct http2_field *to, enum grpc_status status,
                           const char *message)
{
    to[0] = (struct http2_field){ .name = name_code, .value = status_texts[status] };
    if (message == NULL || *message == 0)
        return 1;
    struct arena *a = http2_stream_arena(s);
    struct bytes text = grpc_message_encode(a, message);
    to[1] = (struct http2_field){ .name = name_message, .value = arena_dup(a, text) };
    return 2;
}

static size_t put_head(const struct grpc_head *head, struct http2_field *to,
                       struct bytes http_status)
{
    struct bytes type = head->content_type;
    to[0] = (struct http2_field){ .name = name_status, .value = http_status };
    to[1] = (struct http2_field){ .name = name_type, .value = type.p != NULL ? type : text_grpc };
    return 2;
}

void grpc_answer_refusal(struct http2_stream *s, const struct grpc_head *head,
                         struct bytes http_status, enum grpc_status status, const char *message)
{
    struct http2_field fields[4];
    size_t n = put_head(head, fields, http_status);
    n += put_trailers(s, fields + n, status, message);
    http2_stream_answer(s, fields, n, true);
    http2_stream_end(s, NULL, 0);
}

void grpc_answer_end(struct http2_stream *s, const struct grpc_head *head, enum grpc_status status,
                     const char *message)
{
    if (!http2_stream_is_answered(s)) {
        grpc_answer_refusal(s, head, text_200, status, message);
        return;
    }
    struct http2_field trailers[2];
    size_t n = put_trailers(s, trailers, status, message);
    http2_stream_end(s, trailers, n);
}

void grpc_answer_head(struct http2_stream *s, const struct grpc_head *head)
{
    if (http2_stream_is_answered(s))
        return;
    struct http2_field fields[3];
    size_t n = put_head(head, fields, text_200);
    if (head->gzip_out)
        fields[n++] = (struct http2_field){ .name = name_encoding, .value = text_gzip };
    http2_stream_answer(s, fields, n, false);
}
