/* wire/json_writer.h -- JSON, streamed into a buffer. Commas and quoting are its business.
 *
 * No name here is one of jansson's: a program that defines json_object() would give it to
 * libjansson.so too. */
#ifndef WIRE_JSON_WRITER_H
#define WIRE_JSON_WRITER_H

#include "base/buf.h"

enum { JSON_DEPTH_MAX = 128 };

struct json_writer {
    struct buf *out;
    unsigned depth;
    bool first[JSON_DEPTH_MAX]; /* nothing written at this depth yet */
    bool after_name;
};

void json_init(struct json_writer *j, struct buf *out);
void json_open_object(struct json_writer *j);
void json_close_object(struct json_writer *j);
void json_open_array(struct json_writer *j);
void json_close_array(struct json_writer *j);
void json_put_name(struct json_writer *j, const char *name);
void json_put_name_bytes(struct json_writer *j, struct bytes name);
/* Bytes that are no UTF-8 are written as U+FFFD. */
void json_put_string(struct json_writer *j, struct bytes text);
void json_put_str(struct json_writer *j, const char *text);
/* A string of PLAIN in base64. */
void json_put_base64(struct json_writer *j, struct bytes plain);
void json_put_int(struct json_writer *j, int64_t v);
void json_put_uint(struct json_writer *j, uint64_t v);
void json_put_bool(struct json_writer *j, bool v);
/* The shortest number that is read back as V, which is finite, in the form that Go gives it. */
void json_put_double(struct json_writer *j, double v);
/* As text, as Go writes durations (duration.h). */
void json_put_duration(struct json_writer *j, int64_t ns);
void json_put_null(struct json_writer *j);
/* A value that is JSON already, as it stands. */
void json_put_raw(struct json_writer *j, struct bytes json);
/* A name and its value in one. */
void json_add_string(struct json_writer *j, const char *name, struct bytes text);
void json_add_str(struct json_writer *j, const char *name, const char *text);
void json_add_int(struct json_writer *j, const char *name, int64_t v);
void json_add_uint(struct json_writer *j, const char *name, uint64_t v);
void json_add_bool(struct json_writer *j, const char *name, bool v);
void json_add_double(struct json_writer *j, const char *name, double v);
void json_add_duration(struct json_writer *j, const char *name, int64_t ns);
void json_add_null(struct json_writer *j, const char *name);
void json_add_raw(struct json_writer *j, const char *name, struct bytes json);
/* A name and the opening of its object or array. */
void json_add_object(struct json_writer *j, const char *name);
void json_add_array(struct json_writer *j, const char *name);
/* The text between the quotes of a JSON string. */
void json_escape(struct buf *out, struct bytes text);

#endif
