/* A browser that was led to an address of ours by somebody else's name (DNS rebinding) sends that
 * name as Host. Addresses and localhost are always answered; other names are for the operator. */
#include "server/hosts.h"

#include <string.h>

#include "base/mem.h"

enum err hosts_init(struct hosts *h, const char *names)
{
    size_t bytes = strlen(names) + 1, n = 0;
    char *save = NULL;
    *h = (struct hosts){ .text = mem_alloc(bytes) };
    memcpy(h->text, names, bytes);
    for (char *at = strtok_r(h->text, ", ", &save); at != NULL; at = strtok_r(NULL, ", ", &save)) {
        if (n == HOSTS_MAX)
            return ERR_TOO_BIG;
        h->any |= strcmp(at, "*") == 0;
        h->names[n++] = at;
    }
    return OK;
}

void hosts_fini(struct hosts *h)
{
    mem_free(h->text);
    *h = (struct hosts){ 0 };
}

struct http_service hosts_service(const struct hosts *h, const struct http_service *service)
{
    struct http_service answering = *service;
    answering.check_host = service->check_host && !h->any;
    answering.hosts = h->names;
    return answering;
}
