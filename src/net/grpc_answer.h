/* net/grpc_answer.h -- heads and trailers of a call's answer. */
#ifndef NET_GRPC_ANSWER_H
#define NET_GRPC_ANSWER_H

#include "net/grpc_head.h"

struct http2_stream;

/* The head before the first message, if it is not sent already. */
void grpc_answer_head(struct http2_stream *s, const struct grpc_head *head);
/* Trailers, or head and trailers in one where no message was sent. MESSAGE may be NULL. */
void grpc_answer_end(struct http2_stream *s, const struct grpc_head *head, enum grpc_status status,
                     const char *message);
/* Head and trailers in one, under any HTTP status. */
void grpc_answer_refusal(struct http2_stream *s, const struct grpc_head *head,
                         struct bytes http_status, enum grpc_status status, const char *message);

#endif
