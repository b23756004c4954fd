/* Which index an answer has: what moves it, and that nothing else does. */
#include "faces/consul/rows/index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "rig.h"

#define WEB(port) "{\"Name\":\"web\",\"Port\":" port ",\"Check\":{\"TTL\":\"1h\"}}"
#define M2(address, more) "{\"Node\":\"m2\",\"Address\":\"" address "\"" more "}"

static const struct {
    const char *request, *body;
} changes[] = {
    /* A */ { "PUT /v1/kv/k/a", "1" },
    /* B */ { "PUT /v1/kv/z", "1" },
    /* C */ { "PUT /v1/kv/k/a", "1" }, /* as it is */
    /* D */ { "PUT /v1/agent/service/register", WEB("1") },
    /* E */ { "PUT /v1/agent/service/register", WEB("1") },
    /* F */ { "PUT /v1/agent/service/register", WEB("2") },
    /* G */ { "PUT /v1/agent/check/pass/service:web", NULL },
    /* H */ { "PUT /v1/agent/service/register", "{\"Name\":\"other\"}" },
    /* I */
    { "PUT /v1/agent/check/register",
      "{\"Name\":\"disk\",\"TTL\":\"1h\",\"Status\":\"passing\"}" }, /* of the node */
    /* J */ { "PUT /v1/agent/check/fail/disk", NULL },
    /* K */ { "PUT /v1/catalog/register", M2("1.1.1.1", "") },
    /* L */ { "PUT /v1/catalog/register", M2("1.1.1.2", "") },
    /* M */
    { "PUT /v1/catalog/register",
      M2("1.1.1.2", ",\"Service\":{\"Service\":\"web\",\"ID\":\"w2\"}") },
    /* N */ { "PUT /v1/catalog/register", M2("1.1.1.3", "") },
    /* O */
    { "PUT /v1/catalog/register",
      M2("1.1.1.3", ",\"Check\":{\"Name\":\"c\",\"Status\":\"passing\"}") },
    /* P */ { "PUT /v1/session/create", "{}" },
    /* Q */ { "PUT /v1/config", "{\"Kind\":\"service-defaults\",\"Name\":\"cfg\"}" },
    /* R */ { "POST /v1/query", "{\"Name\":\"q\",\"Service\":{\"Service\":\"web\"}}" },
    /* S */ { "DELETE /v1/kv/k/a", NULL },
    /* T */ { "PUT /v1/agent/service/deregister/other", NULL },
    /* U */ { "PUT /v1/catalog/deregister", "{\"Node\":\"m2\"}" },
    /* V */ { "PUT /v1/agent/service/deregister/web", NULL },
    /* W */ { "PUT /v1/agent/check/deregister/disk", NULL },
};

static const struct {
    const char *path, *moves; /* by the letters above */
    const char *wakes;        /* NULL: all that moves it */
} reads[] = {
    /* a pair: its own; one that is not there: any of the table */
    { "kv/k/a", "AS" },
    { "kv/none", "ABS", "" },
    { "kv/k/?recurse", "AS" },
    { "kv/k/?keys", "AS" },
    { "kv/?recurse", "ABS" },
    /* a service: its instances, their checks and nodes; whatever is selected of it */
    { "catalog/service/web", "DFGIJMNOUV" },
    { "health/service/web", "DFGIJMNOUV" },
    { "health/service/web?passing", "DFGIJMNOUV" },
    { "catalog/service/web?tag=none", "DFGIJMNOUV" },
    { "health/service/web?filter=Service.Port==1", "DFGIJMNOUV" },
    /* one that is not there: all, until a service has gone; then the last that did */
    { "catalog/service/none", "DFGHIJKLMNOTV", "" },
    { "health/service/none", "DFGHIJKLMNOTV", "" },
    /* tables */
    { "catalog/connect/web", "DFGHIJKLMNOQTUVW" },
    { "health/connect/web", "DFGHIJKLMNOQTUVW" },
    { "catalog/services", "DFHMTUV" },
    { "catalog/nodes", "KLNU" },
    { "catalog/node/n1", "DFHKLMNTUV" },
    { "catalog/node-services/n1", "DFHKLMNTUV" },
    { "health/node/n1", "DGIJOUVW" },
    { "health/checks/web", "DGIJOUVW" },
    { "health/checks/none", "DGIJOUVW" },
    { "health/state/any", "DGIJOUVW" },
    { "health/state/warning", "DGIJOUVW" },
    { "session/list", "P" },
    { "session/node/n1", "P" },
    { "session/info/00000000-0000-4000-8000-000000000001", "P", "" },
    { "config/service-defaults", "Q" },
    { "config/service-defaults/none", "Q", "" },
    { "config/service-resolver", "Q", "" },
    { "query", "R" },
};

static unsigned long long index_of(struct rig *rig, const char *path)
{
    char request[200];
    snprintf(request, sizeof request, "GET /v1/%s", path);
    rig_ask(rig, request, NULL, "");
    return strtoull(rig_header(rig, "x-consul-index"), NULL, 10);
}

static void change(struct rig *rig, size_t i)
{
    int status = rig_ask(rig, changes[i].request, changes[i].body, "");
    if (status != 200)
        fail_msg("%s: %d %s", changes[i].request, status, rig_body(rig));
}

static void index_moves_with_what_is_asked_and_with_nothing_else(void **state)
{
    unsigned long long before[ARRAY_LEN(reads)];
    for (size_t r = 0; r < ARRAY_LEN(reads); r++) {
        before[r] = index_of(*state, reads[r].path);
        assert_int_equal(before[r], 1);
    }
    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        change(*state, i);
        for (size_t r = 0; r < ARRAY_LEN(reads); r++) {
            unsigned long long now = index_of(*state, reads[r].path);
            bool moves = strchr(reads[r].moves, 'A' + (int)i) != NULL;
            if (moves ? now <= before[r] : now != before[r])
                fail_msg("%s at %c, %s: from %llu to %llu", reads[r].path, 'A' + (int)i,
                         changes[i].request, before[r], now);
            before[r] = now;
        }
    }
}

static const char *wakes(size_t r)
{
    return reads[r].wakes == NULL ? reads[r].moves : reads[r].wakes;
}

static struct client *begin_waiting(struct rig *rig, const char *path)
{
    char request[300];
    snprintf(request, sizeof request, "GET /v1/%s%cindex=%llu&wait=60s", path,
             strchr(path, '?') == NULL ? '?' : '&', index_of(rig, path));
    return rig_begin(rig, request, NULL);
}

/* Whoever waits with the index that he was given is woken by what changes for him, and by nothing
 * else, be it that the index of his table moves. */
static void change_wakes_those_whose_view_it_changes(void **state)
{
    struct rig *rig = *state;
    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        struct client *waiting[ARRAY_LEN(reads)];
        int asleep = 0;
        for (size_t r = 0; r < ARRAY_LEN(reads); r++)
            waiting[r] = begin_waiting(rig, reads[r].path);
        rig_await_blocking(rig, ARRAY_LEN(reads));
        change(rig, i);
        for (size_t r = 0; r < ARRAY_LEN(reads); r++) {
            if (strchr(wakes(r), 'A' + (int)i) != NULL)
                rig_end(rig, waiting[r]);
            else
                asleep++;
        }
        rig_await_blocking(rig, asleep);
        for (size_t r = 0; r < ARRAY_LEN(reads); r++)
            if (strchr(wakes(r), 'A' + (int)i) == NULL)
                client_reset(waiting[r]);
        rig_await_blocking(rig, 0);
    }
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(index_moves_with_what_is_asked_and_with_nothing_else),
        EACH(change_wakes_those_whose_view_it_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
