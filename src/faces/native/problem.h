/* faces/native/problem.h -- refusals as RFC 9457 problem documents. */
#ifndef FACES_NATIVE_PROBLEM_H
#define FACES_NATIVE_PROBLEM_H

#include "net/http.h"

/* The document's type is /problems/CODE. */
void problem_respond(struct http_request *r, int status, const char *code, const char *title,
                     const char *detail);
/* The same with N headers beside the content type. */
void problem_respond_with(struct http_request *r, int status, const char *code, const char *title,
                          const char *detail, const struct http_header *headers, size_t n);

#endif
