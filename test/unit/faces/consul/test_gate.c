/* Every route of every area, as everybody: gate_rows.c has the rows, each cell is a test.
 *
 * Once with nothing allowed but by rules, once with everything but by rules. */
#include "gate_rows.h"
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "access/rule.h"
#include "base/text.h"
#include "faces/consul/call/areas.h"

#define ROOT "11111111-1111-4111-8111-111111111111"
#define UNKNOWN "99999999-0000-4000-8000-000000000000"
#define AS_ROOT "X-Consul-Token: " ROOT "\r\n"

enum { RULES_MAX = 1500, TEXT_MAX = 1000, TOKENS_MAX = 1000, RIGHTS_MAX = 4, CELLS_MAX = 4000 };

static const char *const who_names[GATE_WHO] = {
    "nobody",     "a stranger",         "another",       "the right one",
    "management", "one who only reads", "one less able", "the one denied",
};

struct cell {
    const struct gate_row *row;
    enum gate_who who;
    size_t missing; /* GATE_LESS: which rule */
    bool is_served;
    char name[200];
};

static struct rig *rig;
static struct cell cells[CELLS_MAX];
static struct CMUnitTest tests[CELLS_MAX];
static size_t cell_n, asked_n;

/* -- rules ---------------------------------------------------------------------------------------
 */

struct right {
    char kind[32], name[32], verb[8]; /* NAME: "" where there are none */
};

static size_t rights_of(const char *text, struct right *rights)
{
    size_t n = 0;
    for (const char *at = text; at != NULL && *at != 0; n++) {
        char one[100], *word[3] = { NULL };
        size_t words = 0, length = strcspn(at, ",");
        snprintf(one, sizeof one, "%.*s", (int)length, at);
        char *rest = one;
        for (char *w; words < 3 && (w = strtok_r(rest, " ", &rest)) != NULL;)
            word[words++] = w;
        assert_true(n < RIGHTS_MAX && words >= 2);
        snprintf(rights[n].kind, sizeof rights[n].kind, "%s", word[0]);
        snprintf(rights[n].name, sizeof rights[n].name, "%s", words == 3 ? word[1] : "");
        snprintf(rights[n].verb, sizeof rights[n].verb, "%s", word[words - 1]);
        at += length + (at[length] == ',');
    }
    return n;
}

static void put_rule(struct buf *to, const struct right *right, const char *verb)
{
    if (right->name[0] == 0)
        buf_printf(to, "%s = \\\"%s\\\" ", right->kind, verb);
    else if (strcmp(right->kind, "intentions") == 0)
        buf_printf(to, "service \\\"%s\\\" { policy = \\\"deny\\\" intentions = \\\"%s\\\" } ",
                   right->name, verb);
    else
        buf_printf(to, "%s \\\"%s\\\" { policy = \\\"%s\\\" } ", right->kind, right->name, verb);
}

/* Where no rule speaks of the mesh or of peers, those of operators do. */
static bool speaks_of(const struct right *rights, size_t n, const char *kind)
{
    for (size_t i = 0; i < n; i++) {
        bool falls_back =
            strcmp(rights[i].kind, "mesh") == 0 || strcmp(rights[i].kind, "peering") == 0;
        if (strcmp(rights[i].kind, kind) == 0 || (falls_back && strcmp(kind, "operator") == 0))
            return true;
    }
    return false;
}

static void put_another(struct buf *to, const struct right *rights, size_t n)
{
    for (enum access_kind k = 0; k < ACCESS_ETCD_KEY; k++) {
        const struct access_kind_info *kind = access_kind_info(k);
        if (k == ACCESS_INTENTION)
            continue; /* in the services' */
        if (kind->has_names)
            buf_printf(to, "%s_prefix \\\"other\\\" { policy = \\\"write\\\" %s } ", kind->name,
                       k == ACCESS_SERVICE ? "intentions = \\\"write\\\"" : "");
        else if (!speaks_of(rights, n, kind->name))
            buf_printf(to, "%s = \\\"write\\\" ", kind->name);
    }
}

static void put_rules(struct buf *to, const struct cell *cell)
{
    struct right rights[RIGHTS_MAX];
    size_t n = rights_of(cell->row->right, rights);
    if (cell->who == GATE_ANOTHER)
        put_another(to, rights, n);
    else
        for (size_t i = 0; i < n; i++)
            if (cell->who != GATE_LESS || i != cell->missing)
                put_rule(to, &rights[i],
                         cell->who == GATE_READER   ? "read"
                         : cell->who == GATE_DENIED ? "deny"
                                                    : rights[i].verb);
}

/* -- tokens --------------------------------------------------------------------------------------
 */

static void do_as_root(const char *request, const char *body)
{
    int status = rig_ask(rig, request, body, AS_ROOT);
    if (status != 200)
        fail_msg("%s %s: %d %s", request, body, status, rig_body(rig));
}

/* A token with RULES, made once. */
static const char *token_with(const char *rules)
{
    static struct {
        char *rules, secret[40];
    } known[TOKENS_MAX];
    static size_t n;
    char body[RULES_MAX + 200];
    for (size_t i = 0; i < n; i++)
        if (strcmp(known[i].rules, rules) == 0)
            return known[i].secret;
    assert_true(n < TOKENS_MAX);
    snprintf(body, sizeof body, "{\"Name\":\"p%zu\",\"Rules\":\"%s\"}", n, rules);
    do_as_root("PUT /v1/acl/policy", body);
    snprintf(known[n].secret, sizeof known[n].secret, "22222222-2222-4222-8222-%012zu", n);
    snprintf(body, sizeof body, "{\"SecretID\":\"%s\",\"Policies\":[{\"Name\":\"p%zu\"}]}",
             known[n].secret, n);
    do_as_root("PUT /v1/acl/token", body);
    known[n].rules = strdup(rules); /* as long as the program lives */
    return known[n++].secret;
}

static const char *token_of(const struct cell *cell)
{
    struct buf rules;
    if (cell->who == GATE_NOBODY)
        return "";
    if (cell->who == GATE_STRANGER)
        return UNKNOWN;
    if (cell->who == GATE_MANAGEMENT)
        return ROOT;
    buf_init(&rules, RULES_MAX);
    put_rules(&rules, cell);
    buf_put_u8(&rules, 0);
    const char *token = token_with((const char *)rules.p);
    buf_fini(&rules);
    return token;
}

/* -- asking --------------------------------------------------------------------------------------
 */

/* The texts of a cell: "$n" is its number, "$1" the id of what was made for it. */
struct filling {
    size_t number;
    char id[40];
};

static const char *fill(const struct filling *f, const char *text, char *room)
{
    size_t n = 0;
    for (const char *at = text; *at != 0 && n < TEXT_MAX - 1; at++) {
        bool is_mark = at[0] == '$' && (at[1] == 'n' || at[1] == '1');
        if (!is_mark)
            room[n++] = *at;
        else if (at[1] == 'n')
            n += (size_t)snprintf(room + n, TEXT_MAX - n, "%zu", f->number);
        else
            n += (size_t)snprintf(room + n, TEXT_MAX - n, "%s", f->id);
        at += is_mark;
    }
    assert_true(n < TEXT_MAX - 1);
    room[n] = 0;
    return room;
}

static void take_id(struct filling *f)
{
    const char *at = strstr(rig_body(rig), "\"AccessorID\":\"");
    if (at == NULL)
        at = strstr(rig_body(rig), "\"ID\":\"");
    if (at != NULL)
        snprintf(f->id, sizeof f->id, "%.36s", strchr(at, ':') + 2);
}

static void prepare(const struct gate_row *row, struct filling *f)
{
    char room[TEXT_MAX];
    *f = (struct filling){ .number = ++asked_n };
    for (size_t i = 0; i < ARRAY_LEN(row->before) && row->before[i] != NULL; i++) {
        char *body = strchr(fill(f, row->before[i], room), ' ') + 1;
        body += strcspn(body, " ");
        if (*body == ' ')
            *body++ = 0;
        do_as_root(room, body);
        take_id(f);
    }
}

static int ask(const struct cell *cell, const struct filling *f)
{
    char request[TEXT_MAX + 200], body[TEXT_MAX], rest[TEXT_MAX], header[100];
    const struct gate_row *row = cell->row;
    const char *token = token_of(cell);
    bool has_body = row->body != NULL || strncmp(row->route, "GET", 3) != 0;
    snprintf(request, sizeof request, "%s%s", row->route,
             fill(f, row->rest == NULL ? "" : row->rest, rest));
    snprintf(header, sizeof header, "X-Consul-Token: %s\r\n", token);
    if (row->goes_on)
        return rig_peek(rig, request, token[0] == 0 ? "" : header, row->shows);
    return rig_ask(rig, request,
                   has_body ? fill(f, row->body == NULL ? "" : row->body, body) : NULL,
                   token[0] == 0 ? "" : header);
}

/* -- claims --------------------------------------------------------------------------------------
 */

static bool has(const struct filling *f, const char *part)
{
    char room[TEXT_MAX];
    return part == NULL || strstr(rig_body(rig), fill(f, part, room)) != NULL;
}

static void hold(const struct cell *cell, int status, bool is_right)
{
    if (!is_right)
        fail_msg("%s: %d %s", cell->name, status, rig_body(rig));
}

/* "lacks permission 'service:write'" of one of the kinds that the row speaks of. */
static bool names_what_is_lacked(const struct gate_row *row)
{
    struct right rights[RIGHTS_MAX];
    size_t n = rights_of(row->right, rights);
    for (size_t i = 0; i < n; i++) {
        char lacks[100];
        size_t kind_n = strcspn(rights[i].kind, "_");
        bool is_intention = strcmp(rights[i].kind, "intentions") == 0;
        snprintf(lacks, sizeof lacks, "lacks permission '%.*s:%s'",
                 (int)(is_intention ? kind_n - 1 : kind_n), rights[i].kind, rights[i].verb);
        if (strstr(rig_body(rig), lacks) != NULL)
            return true;
    }
    return false;
}

/* What was found and is not to be shown is refused without saying more. */
static bool is_plain(void)
{
    return strcmp(rig_body(rig), "Permission denied") == 0;
}

static void is_served(const struct cell *cell, const struct filling *f, int status)
{
    const struct gate_row *row = cell->row;
    hold(cell, status, status == (row->status == 0 ? 200 : row->status) && has(f, row->shows));
}

static void is_not_served(const struct cell *cell, const struct filling *f, int status)
{
    const struct gate_row *row = cell->row;
    int hidden = row->hidden_status != 0 ? row->hidden_status
                 : row->status != 0      ? row->status
                                         : 200;
    if (cell->who == GATE_STRANGER)
        hold(cell, status, status == 403 && has(f, "ACL not found"));
    else if (row->kind == GATE_FILTERED)
        hold(cell, status, status == hidden && !has(f, row->shows));
    else
        hold(cell, status,
             status == (row->hidden_status == 0 ? 403 : row->hidden_status) &&
                 (names_what_is_lacked(row) || is_plain()));
}

static void holds(void **state)
{
    const struct cell *cell = *state;
    const struct gate_cell *own = &cell->row->cells[cell->who];
    struct filling f;
    prepare(cell->row, &f);
    int status = ask(cell, &f);
    if (own->status != 0)
        hold(cell, status, status == own->status && has(&f, own->part));
    else if (cell->is_served)
        is_served(cell, &f, status);
    else
        is_not_served(cell, &f, status);
}

static void every_route_has_a_row(void **state)
{
    for (size_t a = 0; a < consul_area_n; a++)
        for (size_t r = 0; r < consul_areas[a]->route_n; r++) {
            const struct consul_route *route = &consul_areas[a]->routes[r];
            char name[200];
            bool found = false;
            snprintf(name, sizeof name, "%s %s", route->method, route->path);
            for (size_t i = 0; i < gate_row_n; i++)
                found |= strcmp(gate_rows[i].route, name) == 0;
            if (!found)
                fail_msg("%s has no row in gate_rows.c", name);
        }
}

/* The page says that rights are asked for where a row says so, and nowhere else. */
static void every_row_has_a_route_that_says_the_same(void **state)
{
    for (size_t i = 0; i < gate_row_n; i++) {
        const struct consul_route *route = NULL;
        for (size_t a = 0; a < consul_area_n; a++)
            for (size_t r = 0; r < consul_areas[a]->route_n; r++) {
                const struct consul_route *one = &consul_areas[a]->routes[r];
                size_t n = strlen(one->method);
                if (strncmp(gate_rows[i].route, one->method, n) == 0 &&
                    strcmp(gate_rows[i].route + n + 1, one->path) == 0)
                    route = one;
            }
        if (route == NULL)
            fail_msg("%s is no route", gate_rows[i].route);
        else if (gate_rows[i].kind <= GATE_FILTERED && route->access[0] == 0 &&
                 strstr(route->path, "authorize") == NULL)
            fail_msg("the page does not say what %s needs", gate_rows[i].route);
    }
}

/* -- the table -----------------------------------------------------------------------------------
 */

static void add_cell(const struct gate_row *row, enum gate_who who, size_t missing, bool is_served)
{
    struct cell *cell = &cells[cell_n];
    if (cell_n == CELLS_MAX)
        abort();
    *cell = (struct cell){ .row = row, .who = who, .missing = missing, .is_served = is_served };
    snprintf(cell->name, sizeof cell->name, "%s%s is %s to %s", row->route,
             row->rest == NULL ? "" : row->rest, is_served ? "open" : "closed", who_names[who]);
    tests[cell_n++] =
        (struct CMUnitTest){ .name = cell->name, .test_func = holds, .initial_state = cell };
}

static void add_row(const struct gate_row *row)
{
    struct right rights[RIGHTS_MAX];
    size_t n = rights_of(row->right, rights);
    bool is_asked = row->kind == GATE_ASKED || row->kind == GATE_FILTERED;
    add_cell(row, GATE_NOBODY, 0, !is_asked);
    add_cell(row, GATE_STRANGER, 0, row->kind == GATE_BLIND);
    add_cell(row, GATE_ANOTHER, 0, !is_asked);
    add_cell(row, GATE_RIGHT, 0, true);
    add_cell(row, GATE_MANAGEMENT, 0, true);
    if (is_asked && n > 0 && strcmp(rights[0].verb, "write") == 0)
        add_cell(row, GATE_READER, 0, false);
    for (size_t i = 0; is_asked && n > 1 && i < n; i++)
        add_cell(row, GATE_LESS, i, false);
}

/* The ACLs themselves are never open by default. */
static void add_row_where_all_is_allowed(const struct gate_row *row)
{
    bool is_asked = row->kind == GATE_ASKED || row->kind == GATE_FILTERED;
    bool is_acl = row->right != NULL && strncmp(row->right, "acl ", 4) == 0;
    add_cell(row, GATE_NOBODY, 0, !is_acl);
    add_cell(row, GATE_STRANGER, 0, row->kind == GATE_BLIND);
    if (is_asked)
        add_cell(row, GATE_DENIED, 0, false);
    add_cell(row, GATE_MANAGEMENT, 0, true);
}

static void register_what_rows_speak_of(void)
{
    do_as_root("PUT /v1/catalog/register",
               "{\"Node\":\"far\",\"Address\":\"10.9.9.9\",\"Service\":{\"Service\":\"web\","
               "\"ID\":\"web1\"},\"Checks\":[{\"CheckID\":\"of-web1\",\"Name\":\"of-web1\","
               "\"ServiceID\":\"web1\",\"Status\":\"passing\"},{\"CheckID\":\"of-far\",\"Name\":"
               "\"of-far\",\"Status\":\"passing\"}]}");
    do_as_root("PUT /v1/catalog/register",
               "{\"Node\":\"far\",\"Address\":\"10.9.9.9\",\"Service\":{\"Service\":\"native\","
               "\"ID\":\"native1\",\"Port\":1,\"Connect\":{\"Native\":true}}}");
}

static int set_up_with(const struct gate_options *options)
{
    rig = rig_new();
    rig->k.hub_options.gate = options;
    rig_start(rig);
    int status = rig_ask(rig, "PUT /v1/acl/bootstrap", "{\"BootstrapSecret\":\"" ROOT "\"}", "");
    if (status == 200)
        register_what_rows_speak_of();
    return status != 200;
}

static int set_up(void **state)
{
    static const struct gate_options closed = { .is_on = true };
    return set_up_with(&closed);
}

static int set_up_where_all_is_allowed(void **state)
{
    static const struct gate_options open = { .is_on = true, .is_open = true };
    return set_up_with(&open);
}

static int tear_down(void **state)
{
    rig_free(rig);
    return 0;
}

int main(int argc, char **argv)
{
    bool is_open = argc > 1 && strcmp(argv[1], "open") == 0;
    tests[cell_n++] = (struct CMUnitTest)cmocka_unit_test(every_route_has_a_row);
    tests[cell_n++] = (struct CMUnitTest)cmocka_unit_test(every_row_has_a_route_that_says_the_same);
    for (size_t i = 0; i < gate_row_n; i++) {
        if (is_open)
            add_row_where_all_is_allowed(&gate_rows[i]);
        else
            add_row(&gate_rows[i]);
    }
    return _cmocka_run_group_tests("gate", tests, cell_n,
                                   is_open ? set_up_where_all_is_allowed : set_up, tear_down);
}
