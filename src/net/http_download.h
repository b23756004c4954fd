/* net/http_download.h -- a GET whose body is handed on as it comes. Blocking: for command-line
 * verbs. */
#ifndef NET_HTTP_DOWNLOAD_H
#define NET_HTTP_DOWNLOAD_H

#include "base/bytes.h"
#include "base/why.h"

/* Calls TAKE with every piece of the body of a 200 answer; what it returns but OK ends the download
 * with that. ERR_CLOSED: nobody answers there; ERR_INVALID: another status; ERR_TRUNCATED: it broke
 * off. All with the sentence in WHY. */
MUST_CHECK enum err http_download(const char *url, enum err (*take)(void *ctx, struct bytes piece),
                                  void *ctx, struct why *why);

#endif
