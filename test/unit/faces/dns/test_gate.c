/* Every kind of name, asked with every kind of token: a cell a test. What may not be seen is not
 * there. DNS carries no token, so the one that is set for it changes while the face runs.
 *
 * Once with nothing allowed but by rules, once with everything. */
#include "faces/dns/face.h"

#include <setjmp.h>
#include <stdarg.h>
#include <arpa/inet.h>
#include <cmocka.h>
#include <libknot/libknot.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "catalog/kinds.h"
#include "catalog/read.h"
#include "faces/dns/prepared.h"
#include "hub/acl_write.h"
#include "rig.h"
#include "test/lib/kernel.h"

#define FAR_READ "node \"far\" { policy = \"read\" } "
#define WEB_READ "service \"web\" { policy = \"read\" } "
#define OWN_READ "node \"own\" { policy = \"read\" } "
#define OTHERS                                                                          \
    "service_prefix \"other\" { policy = \"write\" } node_prefix \"other\" { policy = " \
    "\"write\" } key_prefix \"\" { policy = \"write\" } operator = \"write\""
#define UNKNOWN "00000000-no-such-token"
#define MANAGER "manager"

enum { WAIT_MS = 20000, TOKENS_MAX = 64 };

static struct row {
    const char *name;
    uint16_t type;
    const char *rights[2]; /* each is needed */
    const char *shows;
} rows[] = {
    { "web.service.consul", KNOT_RRTYPE_A, { FAR_READ, WEB_READ }, "A 10.0.0.9\n" },
    { "web.service.consul", KNOT_RRTYPE_ANY, { FAR_READ, WEB_READ }, "A 10.0.0.9\n" },
    { "web.service.consul", KNOT_RRTYPE_SRV, { FAR_READ, WEB_READ }, "SRV 1 1 80 " },
    { "_web._tcp.service.consul", KNOT_RRTYPE_SRV, { FAR_READ, WEB_READ }, "SRV 1 1 80 " },
    { "q.query.consul", KNOT_RRTYPE_A, { FAR_READ, WEB_READ }, "A 10.0.0.9\n" },
    { "far.node.consul", KNOT_RRTYPE_A, { FAR_READ }, "A 10.0.0.2\n" },
    { "far.node.consul", KNOT_RRTYPE_TXT, { FAR_READ }, "rack=7" },
    { "2.0.0.10.in-addr.arpa", KNOT_RRTYPE_PTR, { FAR_READ }, "PTR far.node.dc1.consul.\n" },
    { "9.0.0.10.in-addr.arpa",
      KNOT_RRTYPE_PTR,
      { FAR_READ, WEB_READ },
      "PTR web.service.dc1.consul.\n" },
    { "own.node.consul", KNOT_RRTYPE_A, { OWN_READ }, "A 192.0.2.1\n" },
    { "1.2.0.192.in-addr.arpa", KNOT_RRTYPE_PTR, { OWN_READ }, "PTR own.node.dc1.consul.\n" },
    { "consul.service.consul",
      KNOT_RRTYPE_A,
      { OWN_READ, "service \"consul\" { policy = \"read\" } " },
      "A 192.0.2.1\n" },
    /* No name of ours: nothing is read. */
    { "0a000009.addr.consul", KNOT_RRTYPE_A, { NULL }, "A 10.0.0.9\n" },
};

enum who { NOBODY, STRANGER, ANOTHER, LESS, THE_RIGHT_ONE, DENIED, MANAGEMENT, WHO };
static const char *const who_names[WHO] = { "nobody",        "a stranger",    "another",
                                            "one less able", "the right one", "one denied",
                                            "management" };

struct cell {
    const struct row *row;
    enum who who;
    size_t missing; /* LESS: which right */
    bool is_shown;
    char name[160];
};

static struct running {
    struct kernel k;
    struct rig rig;
    struct dns_face *face;
    struct udp_port *udp;
    void *contexts[1];
    int client;
    struct arena arena;
    struct bytes query_token; /* of the prepared query */
} * r;

static struct cell cells[200];
static struct CMUnitTest tests[200];
static size_t cell_n;

/* -- what stands --------------------------------------------------------------------------------
 */

static void change(void *ctx, const struct change_op *op)
{
    struct buf body;
    uint64_t revision;
    buf_init(&body, 1 << 20);
    change_write(op, 1, &body);
    assert_int_equal(kernel_submit(&r->k, COMMAND_CATALOG_CHANGE, buf_bytes(&body), &revision), OK);
    buf_fini(&body);
}

static void do_edits(struct acl_edits *e)
{
    struct buf body;
    uint64_t revision;
    buf_init(&body, 1 << 20);
    assert_int_equal(txn_encode(acl_edits_txn(e), &body), OK);
    assert_int_equal(kernel_submit(&r->k, COMMAND_TXN, buf_bytes(&body), &revision), OK);
    buf_fini(&body);
}

/* "q": all of web. */
static enum err run_query(void *ctx, const struct view *view, struct bytes name,
                          const struct dns_asking *asking, struct arena *arena,
                          struct dns_prepared *ret)
{
    struct service_id id;
    struct service_rows found;
    if (!bytes_is(name, "q") || service_id_parse(bytes_str(""), bytes_str("web"), &id) != OK)
        return ERR_NOT_FOUND;
    enum err e = service_rows_read(view, &id, arena, &found);
    if (e != OK)
        return e;
    struct instances all = instances_listed(FACE_DNS, &found, arena);
    *ret = (struct dns_prepared){
        .instances = all.all, .n = all.n, .service = id.name, .token = r->query_token
    };
    return OK;
}

static void register_rows(void)
{
    struct publication web = rig_at("10.0.0.9", 80);
    web.node = bytes_str("far");
    rig_node(&r->rig, "far", "10.0.0.2", "rack=7");
    rig_publish(&r->rig, "web", "w1", web);
}

/* -- tokens --------------------------------------------------------------------------------------
 */

static struct uuid id_of(uint8_t kind, size_t n)
{
    return (struct uuid){ .b = { kind, (uint8_t)n } };
}

static void put_token(size_t n, const char *secret, const char *rules)
{
    struct acl_edits e;
    struct uuid policy = id_of(2, n), management = acl_builtin_id(ACL_MANAGEMENT_POLICY);
    struct acl_policy p = { .id = policy,
                            .name = bytes_str(arena_printf(&r->arena, "p%zu", n)),
                            .rules = bytes_str(rules == NULL ? "" : rules) };
    struct acl_token t = { .accessor = id_of(1, n), .secret = bytes_str(secret) };
    t.grants.policies = (struct acl_ids){ rules == NULL ? &management : &policy, 1 };
    acl_edits_init(&e, 2, &r->arena);
    acl_put_policy(&e, &p, NULL, NULL);
    acl_put_token(&e, &t, NULL, NULL, 0);
    do_edits(&e);
}

/* The secret of a token with RULES (NULL: management), made once. */
static const char *token_with(const char *rules)
{
    static char known[TOKENS_MAX][500], secrets[TOKENS_MAX][16];
    static size_t n;
    for (size_t i = 0; i < n; i++)
        if (strcmp(known[i], rules) == 0)
            return secrets[i];
    assert_true(n < TOKENS_MAX);
    snprintf(known[n], sizeof known[n], "%s", rules);
    snprintf(secrets[n], sizeof secrets[n], "secret-%zu", n);
    put_token(n, secrets[n], rules);
    return secrets[n++];
}

static void put_denials(const char *rights, char *to, size_t room)
{
    size_t n = 0;
    for (const char *at = rights; *at != 0; at++) {
        bool is_read = strncmp(at, "\"read\"", 6) == 0;
        n += (size_t)snprintf(to + n, room - n, is_read ? "\"deny\"" : "%c", *at);
        at += is_read ? 5 : 0;
    }
}

static const char *secret_of(const struct cell *cell)
{
    char rules[500] = "", denials[500] = "";
    for (size_t i = 0; i < 2 && cell->row->rights[i] != NULL; i++)
        if (cell->who != LESS || i != cell->missing)
            snprintf(rules + strlen(rules), sizeof rules - strlen(rules), "%s",
                     cell->row->rights[i]);
    put_denials(rules, denials, sizeof denials);
    switch (cell->who) {
    case NOBODY:
        return "";
    case STRANGER:
        return UNKNOWN;
    case ANOTHER:
        return token_with(OTHERS);
    case DENIED:
        return token_with(denials);
    case MANAGEMENT:
        return MANAGER;
    case LESS:
    case THE_RIGHT_ONE:
    case WHO:
        break;
    }
    return token_with(rules);
}

static void use(const char *secret)
{
    struct acl_edits e;
    acl_edits_init(&e, 1, &r->arena);
    acl_put_own(&e, ACL_OWN_DNS, bytes_str(secret));
    do_edits(&e);
}

/* -- asking --------------------------------------------------------------------------------------
 */

static const char *ask(const char *name, uint16_t type)
{
    static uint8_t packet[UINT16_MAX];
    struct dns_ask ask = { .name = name, .type = type, .id = 7, .no_rd = true, .edns_bytes = 4096 };
    struct pollfd p = { .fd = r->client, .events = POLLIN };
    struct buf query;
    buf_init(&query, 4096);
    dns_ask_write(&ask, &query);
    assert_int_equal(send(r->client, query.p, query.n, 0), query.n);
    buf_fini(&query);
    assert_int_equal(poll(&p, 1, WAIT_MS), 1);
    ssize_t n = recv(r->client, packet, sizeof packet, 0);
    assert_true(n > 0);
    return dns_text(bytes_of(packet, (size_t)n));
}

static void hold(const struct row *row, bool is_shown, const char *name)
{
    for (int i = 0; i < 2; i++) { /* what was rendered before too */
        const char *answer = ask(row->name, row->type);
        if ((strstr(answer, row->shows) != NULL) != is_shown)
            fail_msg("%s:\n%s", name, answer);
    }
}

static void holds(void **state)
{
    const struct cell *cell = *state;
    r->query_token = (struct bytes){ 0 };
    use(secret_of(cell));
    hold(cell->row, cell->is_shown, cell->name);
}

/* What was rendered for one is not given to the next. */
static void answer_that_is_kept_is_not_shown_to_another_token(void **state)
{
    for (int i = 0; i < 2; i++) {
        use(MANAGER);
        hold(&rows[0], true, "management");
        use(token_with(OTHERS));
        hold(&rows[0], false, "another");
    }
}

static void own_token_of_a_query_is_asked_instead(void **state)
{
    use(MANAGER);
    r->query_token = bytes_str(token_with(OTHERS));
    hold(&rows[4], false, "a query with another's token");
    r->query_token = bytes_str(UNKNOWN);
    hold(&rows[4], false, "a query with a stranger's token");
    use(token_with(OTHERS));
    r->query_token = bytes_str(token_with(FAR_READ WEB_READ));
    hold(&rows[4], true, "a query with the right token");
}

/* -- the table -----------------------------------------------------------------------------------
 */

static void add_cell(const struct row *row, enum who who, size_t missing, bool is_shown)
{
    struct cell *cell = &cells[cell_n];
    *cell = (struct cell){ row, who, missing, is_shown, "" };
    snprintf(cell->name, sizeof cell->name, "%s (%u) is %s to %s", row->name, row->type,
             is_shown ? "shown" : "not shown", who_names[who]);
    tests[cell_n++] =
        (struct CMUnitTest){ .name = cell->name, .test_func = holds, .initial_state = cell };
}

static void add_row(const struct row *row, bool is_open)
{
    bool is_asked = row->rights[0] != NULL;
    add_cell(row, NOBODY, 0, is_open || !is_asked);
    add_cell(row, STRANGER, 0, false);
    add_cell(row, MANAGEMENT, 0, true);
    if (is_open) {
        add_cell(row, ANOTHER, 0, true);
        if (is_asked)
            add_cell(row, DENIED, 0, false);
        return;
    }
    add_cell(row, ANOTHER, 0, !is_asked);
    if (is_asked)
        add_cell(row, THE_RIGHT_ONE, 0, true);
    for (size_t i = 0; i < 2 && row->rights[1] != NULL; i++)
        add_cell(row, LESS, i, false);
}

/* -- fixtures ------------------------------------------------------------------------------------
 */

static void open_face(void *ctx)
{
    struct endpoint at;
    struct why why;
    r->face = dns_face_new(r->k.hub, &r->rig.config, r->k.metrics);
    r->contexts[0] = r->face;
    assert_int_equal(endpoint_parse(bytes_str("127.0.0.1:0"), &at, &why), OK);
    assert_int_equal(
        udp_open(&r->k.loop, 1, &at, &dns_udp_reader, r->contexts, r->k.metrics, &r->udp, &why),
        OK);
}

static void close_face(void *ctx)
{
    udp_close(r->udp);
    dns_face_free(r->face);
}

static int set_up_with(const struct gate_options *options)
{
    r = calloc(1, sizeof *r);
    arena_init(&r->arena, 0);
    r->rig.settings = rig_settings();
    r->rig.settings.prepared = run_query;
    rig_configure(&r->rig);
    r->rig.change = change;
    kernel_init(&r->k, NULL);
    r->k.replica_options.kinds = catalog_kinds(&r->k.replica_options.kind_n);
    r->k.replica_options.hooks = catalog_hooks();
    r->k.hub_options.gate = options;
    r->k.made = open_face;
    r->k.ended = close_face;
    kernel_start(&r->k);
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(udp_port_number(r->udp)),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    r->client = socket(AF_INET, SOCK_DGRAM, 0);
    register_rows();
    put_token(TOKENS_MAX, MANAGER, NULL);
    return connect(r->client, (struct sockaddr *)&to, sizeof to);
}

static int set_up(void **state)
{
    static const struct gate_options closed = { .is_on = true };
    return set_up_with(&closed);
}

static int set_up_open(void **state)
{
    static const struct gate_options open = { .is_on = true, .is_open = true };
    return set_up_with(&open);
}

static int tear_down(void **state)
{
    kernel_stop(&r->k, true);
    kernel_fini(&r->k);
    dns_config_fini(&r->rig.config);
    arena_fini(&r->arena);
    close(r->client);
    free(r);
    return 0;
}

int main(int argc, char **argv)
{
    bool is_open = argc > 1 && strcmp(argv[1], "open") == 0;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        add_row(&rows[i], is_open);
    if (!is_open) {
        tests[cell_n++] =
            (struct CMUnitTest)cmocka_unit_test(answer_that_is_kept_is_not_shown_to_another_token);
        tests[cell_n++] =
            (struct CMUnitTest)cmocka_unit_test(own_token_of_a_query_is_asked_instead);
    }
    return _cmocka_run_group_tests("gate", tests, cell_n, is_open ? set_up_open : set_up,
                                   tear_down);
}
