/* test/lib/h2_pair.h -- grpcd and an HTTP/2 client on it: what tests over one connection begin
 * with. */
#ifndef TEST_LIB_H2_PAIR_H
#define TEST_LIB_H2_PAIR_H

#include "test/lib/grpcd.h"
#include "test/lib/h2_client.h"

struct h2_pair {
    struct httpd *d;
    struct h2_client *c;
};

/* For a set-up of cmocka; LIMITS may be NULL, WITH_HTTP: httpd's pages too. */
int h2_pair_start(void **state, const struct net_limits *limits, bool with_http);
/* A tear-down. */
int h2_pair_stop(void **state);

#endif
