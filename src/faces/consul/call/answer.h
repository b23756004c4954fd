/* faces/consul/call/answer.h -- answers: their head, JSON, refusals. Each ends the call, which must
 * not be touched afterwards. */
#ifndef FACES_CONSUL_CALL_ANSWER_H
#define FACES_CONSUL_CALL_ANSWER_H

#include "base/compiler.h"
#include "faces/consul/call/call.h"
#include "wire/json_writer.h"

/* The writer of the answer's body, empty; the face's, so one answer is made at a time. Then
 * consul_answer_json. */
struct json_writer *consul_json(struct consul_call *c);
/* What Consul says of a read within the object that answers it. */
void consul_json_meta(struct consul_call *c, struct json_writer *j, uint64_t index);
/* What was written, as application/json. */
void consul_answer_json(struct consul_call *c, int status);
/* The buffer of the answer's body, empty, for what is no JSON; then consul_answer_body. */
struct buf *consul_body(struct consul_call *c);
void consul_answer_body(struct consul_call *c, int status, const char *content_type);
/* The same for what is packed already. */
void consul_answer_packed(struct consul_call *c, int status, const char *content_type);

/* TAKE_BODY as application/json, for what was not written with consul_json. IS_GZIP: it is packed
 * already, and not to be indented. */
void consul_answer_made_json(struct consul_call *c, int status, struct buf *take_body,
                             bool is_gzip);
/* The client said that it may be packed. */
bool consul_takes_gzip(const struct consul_call *c);

struct consul_kept_answer;
/* 200 and what was answered before. */
void consul_answer_kept(struct consul_call *c, struct consul_kept_answer *kept);
/* 200 and `true` or `false`. */
void consul_answer_bool(struct consul_call *c, bool truth);
/* 200 and nothing. */
void consul_answer_empty(struct consul_call *c);
/* Plain text, as it stands. */
void consul_answer_text(struct consul_call *c, int status, const char *text);

void consul_refuse(struct consul_call *c, enum consul_refusal r);
void consul_refuse_text(struct consul_call *c, int status, const char *format, ...)
    PRINTF_FMT(3, 4);
/* By errors.h's table. E is not OK. */
void consul_fail(struct consul_call *c, enum err e);

/* One more header; NAME in lower case, both kept until the answer. At most CONSUL_MORE_MAX. */
void consul_header(struct consul_call *c, const char *name, const char *value);

/* -- for dispatch.c: an answer that is longer than what a connection takes at once
 * -------------------
 */

void consul_stream_go_on(struct consul_call *c);

#endif
