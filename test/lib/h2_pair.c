/* A server and its client. */
#include "test/lib/h2_pair.h"

#include "base/mem.h"

int h2_pair_start(void **state, const struct net_limits *limits, bool with_http)
{
    struct h2_pair *f = mem_zalloc(1, sizeof(*f));
    f->d = grpcd_start(limits, with_http);
    f->c = h2_client_new(f->d->port, NULL);
    *state = f;
    return 0;
}

int h2_pair_stop(void **state)
{
    struct h2_pair *f = *state;
    h2_client_free(f->c);
    httpd_free(f->d);
    mem_free(f);
    return 0;
}
