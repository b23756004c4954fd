/* server/hosts.h -- the names by which HTTP clients may call this server. */
#ifndef SERVER_HOSTS_H
#define SERVER_HOSTS_H

#include "net/http.h"

enum { HOSTS_MAX = 64 };

struct hosts {
    char *text; /* owns the names */
    const char *names[HOSTS_MAX + 1];
    bool any; /* "*": every name */
};

/* NAMES: comma-separated, spaces around them left out. ERR_TOO_BIG: more than HOSTS_MAX. */
MUST_CHECK enum err hosts_init(struct hosts *h, const char *names);
void hosts_fini(struct hosts *h);
/* SERVICE, answering to these names. Lends them. */
struct http_service hosts_service(const struct hosts *h, const struct http_service *service);

#endif
