/* Every route of every area, as everybody: a cell a test, made from the tables of routes.
 *
 * Who lacks what a route says that it needs is never served; who has just that, or everything, is
 * never told that he lacks it. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "access/rule.h"
#include "faces/consul/call/areas.h"

#define ROOT "11111111-1111-4111-8111-111111111111"
#define UNKNOWN "99999999-0000-4000-8000-000000000000"

enum { ROUTES_MAX = 400, KINDS_MAX = 64 };

enum who { NOBODY, STRANGER, ANOTHER, THE_RIGHT_ONE, MANAGEMENT, WHO };
static const char *const who_names[WHO] = { "nobody", "a stranger", "another", "the right one",
                                            "management" };

struct cell {
    const struct consul_route *route;
    enum who who;
    char name[200];
};

static struct rig *rig;
static struct cell cells[ROUTES_MAX * WHO];
static struct CMUnitTest tests[ROUTES_MAX * WHO];

/* -- tokens ------------------------------------------------------------------------------------ */

/* A token with RULES, made once. */
static const char *token_with(const char *rules)
{
    static struct {
        char rules[300], secret[40];
    } known[KINDS_MAX];
    static size_t n;
    char body[500];
    for (size_t i = 0; i < n; i++)
        if (strcmp(known[i].rules, rules) == 0)
            return known[i].secret;
    assert_true(n < KINDS_MAX);
    snprintf(body, sizeof body, "{\"Name\":\"p%zu\",\"Rules\":\"%s\"}", n, rules);
    assert_int_equal(rig_ask(rig, "PUT /v1/acl/policy", body, "X-Consul-Token: " ROOT "\r\n"), 200);
    snprintf(known[n].secret, sizeof known[n].secret, "22222222-2222-4222-8222-%012zu", n);
    snprintf(known[n].rules, sizeof known[n].rules, "%s", rules);
    snprintf(body, sizeof body, "{\"SecretID\":\"%s\",\"Policies\":[{\"Name\":\"p%zu\"}]}",
             known[n].secret, n);
    assert_int_equal(rig_ask(rig, "PUT /v1/acl/token", body, "X-Consul-Token: " ROOT "\r\n"), 200);
    return known[n++].secret;
}

/* What a route says that it needs: "service:write or node:write", "node:read, service:read
 * filters".
 */
struct need {
    char words[3][40]; /* "service:write" */
    size_t n;
    bool leaves_rows_out; /* each row is asked about */
    bool depends;         /* on what stands under the name: nothing does here */
};

static struct need need_of(const struct consul_route *route)
{
    struct need need = { 0 };
    const char *at = route->access;
    while (need.n < 3) {
        size_t n = strspn(at, "abcdefghijklmnopqrstuvwxyz:");
        if (n == 0 || memchr(at, ':', n) == NULL)
            break;
        snprintf(need.words[need.n++], sizeof need.words[0], "%.*s", (int)n, at);
        at += n;
        at += strncmp(at, " or ", 4) == 0 ? 4 : strncmp(at, " and ", 5) == 0 ? 5 : 0;
        at += strncmp(at, ", ", 2) == 0 ? 2 : 0;
    }
    need.leaves_rows_out = strncmp(at, " filter", 7) == 0;
    need.depends = *at != 0 && !need.leaves_rows_out;
    return need;
}

/* A rule that gives just WORD to all names. */
static void put_rule(const char *word, char *rules, size_t room)
{
    size_t n = strlen(rules);
    for (enum access_kind k = 0; k < ACCESS_ETCD_KEY; k++) {
        const struct access_kind_info *kind = access_kind_info(k);
        size_t name_n = strlen(kind->name);
        if (strncmp(word, kind->name, name_n) != 0 || word[name_n] != ':')
            continue;
        if (k == ACCESS_INTENTION) /* it stands in a service's rule */
            snprintf(rules + n, room - n,
                     "service_prefix \\\"\\\" { policy = \\\"deny\\\" intentions = \\\"%s\\\" } ",
                     word + name_n + 1);
        else if (kind->has_names)
            snprintf(rules + n, room - n, "%s_prefix \\\"\\\" { policy = \\\"%s\\\" } ", kind->name,
                     word + name_n + 1);
        else
            snprintf(rules + n, room - n, "%s = \\\"%s\\\" ", kind->name, word + name_n + 1);
        return;
    }
    fail_msg("no kind of thing: %s", word);
}

static const char *token_of(const struct cell *cell)
{
    char rules[300] = "";
    struct need need = need_of(cell->route);
    bool is_event = strncmp(cell->route->access, "event", 5) == 0;
    switch (cell->who) {
    case STRANGER:
        return UNKNOWN;
    case ANOTHER:
        return token_with(is_event ? "mesh = \\\"write\\\""
                                   : "event_prefix \\\"\\\" { policy = \\\"write\\\" }");
    case THE_RIGHT_ONE:
        for (size_t i = 0; i < need.n; i++)
            put_rule(need.words[i], rules, sizeof rules);
        return token_with(rules);
    case MANAGEMENT:
        return ROOT;
    case NOBODY:
    case WHO:
        break;
    }
    return "";
}

/* -- cells ------------------------------------------------------------------------------------- */

static bool is_endless(const struct consul_route *route)
{
    return strstr(route->path, "monitor") != NULL || strstr(route->path, "stream") != NULL;
}

static int ask(const struct cell *cell)
{
    char request[300], header[100];
    const struct consul_route *r = cell->route;
    const char *token = token_of(cell);
    bool has_rest = r->path[strlen(r->path) - 1] == '/';
    snprintf(request, sizeof request, "%s %s%s", r->method, r->path,
             has_rest ? "33333333-3333-4333-8333-333333333333" : "");
    snprintf(header, sizeof header, "X-Consul-Token: %s\r\n", token);
    return rig_ask(rig, request, strcmp(r->method, "GET") == 0 ? NULL : "{}",
                   token[0] == 0 ? "" : header);
}

static void say(const struct cell *cell, int status)
{
    fail_msg("%s: %d %s", cell->name, status, rig_body(rig));
}

/* The refusal says what is lacked, and that is what the route says that it needs. */
static bool names_need(const struct cell *cell)
{
    struct need need = need_of(cell->route);
    bool names = false;
    for (size_t i = 0; i < need.n; i++)
        names |= strstr(rig_body(rig), need.words[i]) != NULL;
    return names;
}

/* Of the ACLs' own routes the refusal comes before all else; others may find the request
 * incomplete first. */
static void is_not_served(void **state)
{
    const struct cell *cell = *state;
    bool is_acl = strncmp(cell->route->path, "/v1/acl/", 8) == 0;
    int status = ask(cell);
    const char *lacks = cell->who == STRANGER ? "ACL not found" : "lacks permission '";
    if (status < 300 || (is_acl && status != 403))
        say(cell, status);
    if (status == 403 && strstr(rig_body(rig), lacks) == NULL)
        say(cell, status);
    if (status == 403 && cell->who != STRANGER && !names_need(cell))
        say(cell, status);
}

static void is_not_refused(void **state)
{
    const struct cell *cell = *state;
    int status = ask(cell);
    if (status == 403 && strstr(rig_body(rig), "lacks permission") != NULL)
        say(cell, status);
    if (status == 403 && strstr(rig_body(rig), "ACL not found") != NULL)
        say(cell, status);
}

static size_t add_cell(size_t n, const struct consul_route *route, enum who who, bool is_served)
{
    struct cell *cell = &cells[n];
    *cell = (struct cell){ .route = route, .who = who };
    snprintf(cell->name, sizeof cell->name, "%s %s is %s to %s", route->method, route->path,
             is_served ? "open" : "closed", who_names[who]);
    tests[n] = (struct CMUnitTest){ .name = cell->name,
                                    .test_func = is_served ? is_not_refused : is_not_served,
                                    .initial_state = cell };
    return n + 1;
}

static size_t add_route(size_t n, const struct consul_route *route)
{
    struct need need = need_of(route);
    bool is_asked = need.n > 0 && !need.leaves_rows_out && !need.depends;
    if (need.n == 0)
        return n; /* open to all */
    if (need.leaves_rows_out)
        n = add_cell(n, route, NOBODY, true);
    n = add_cell(n, route, STRANGER, false);
    if (is_asked) {
        n = add_cell(n, route, NOBODY, false);
        n = add_cell(n, route, ANOTHER, false);
    }
    if (is_asked && !is_endless(route))
        n = add_cell(n, route, THE_RIGHT_ONE, true);
    return is_endless(route) ? n : add_cell(n, route, MANAGEMENT, true);
}

static int set_up(void **state)
{
    static const struct gate_options closed = { .is_on = true };
    rig = rig_new();
    rig->k.hub_options.gate = &closed;
    rig_start(rig);
    assert_int_equal(
        rig_ask(rig, "PUT /v1/acl/bootstrap", "{\"BootstrapSecret\":\"" ROOT "\"}", ""), 200);
    return 0;
}

static int tear_down(void **state)
{
    rig_free(rig);
    return 0;
}

int main(void)
{
    size_t n = 0;
    for (size_t a = 0; a < consul_area_n; a++)
        for (size_t r = 0; r < consul_areas[a]->route_n; r++)
            n = add_route(n, &consul_areas[a]->routes[r]);
    return _cmocka_run_group_tests("gate", tests, n, set_up, tear_down);
}
