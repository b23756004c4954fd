/* What operators want of autopilot: kept for all members, as a row of SYSTEM in JSON; a cluster of
 * one has nobody to clean up. Indexes are SYSTEM's, one more than they are, so that what nobody has
 * changed yet has one too: 1. */
#include "faces/consul/operator/autopilot.h"

#include <inttypes.h>

#include "faces/consul/call/answer.h"
#include "faces/consul/call/ask.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "store/range.h"
#include "store/txn.h"
#include "wire/go_text.h"
#include "wire/json_bind.h"

#define ROW_KEY "operator/autopilot"

enum { ROW_MAX_BYTES = 64 * 1024 };

struct settings {
    bool cleans_up, no_migration;
    int64_t contact_ns, stabilization_ns;
    uint64_t trailing_logs, min_quorum, create, modify;
    struct bytes zone_tag, version_tag;
};

static const struct json_field fields[] = {
    JSON_FIELD(struct settings, cleans_up, "CleanupDeadServers", BOOL),
    JSON_FIELD(struct settings, contact_ns, "LastContactThreshold", DURATION),
    JSON_FIELD(struct settings, trailing_logs, "MaxTrailingLogs", UINT),
    JSON_FIELD(struct settings, min_quorum, "MinQuorum", UINT),
    JSON_FIELD(struct settings, stabilization_ns, "ServerStabilizationTime", DURATION),
    JSON_FIELD(struct settings, zone_tag, "RedundancyZoneTag", STRING),
    JSON_FIELD(struct settings, no_migration, "DisableUpgradeMigration", BOOL),
    JSON_FIELD(struct settings, version_tag, "UpgradeVersionTag", STRING),
    JSON_FIELD(struct settings, create, "CreateIndex", UINT),
    JSON_FIELD(struct settings, modify, "ModifyIndex", UINT),
};
static const struct json_shape shape = { .go_name = "AutopilotConfiguration",
                                         .size = sizeof(struct settings),
                                         .fields = fields,
                                         .field_n = ARRAY_LEN(fields) };

static const struct settings usual = { .cleans_up = true,
                                       .contact_ns = 200000000,
                                       .stabilization_ns = 10000000000,
                                       .trailing_logs = 250 };

static bool grant(struct consul_call *c, enum access_verb verb)
{
    return consul_grant(c, verb, ACCESS_OPERATOR, bytes_str(""));
}

/* Without the indexes, and open. */
static void add_settings(struct json_writer *j, const struct settings *s)
{
    json_open_object(j);
    json_add_bool(j, "CleanupDeadServers", s->cleans_up);
    json_add_duration(j, "LastContactThreshold", s->contact_ns);
    json_add_uint(j, "MaxTrailingLogs", s->trailing_logs);
    json_add_uint(j, "MinQuorum", s->min_quorum);
    json_add_duration(j, "ServerStabilizationTime", s->stabilization_ns);
    json_add_string(j, "RedundancyZoneTag", s->zone_tag);
    json_add_bool(j, "DisableUpgradeMigration", s->no_migration);
    json_add_string(j, "UpgradeVersionTag", s->version_tag);
}

/* -- reading ---------------------------------------------------------------------------------- */

static enum err read_row(const struct view *view, struct arena *arena, struct settings *ret,
                         struct kv *ret_kv)
{
    struct bytes row;
    struct why why;
    *ret = usual;
    *ret_kv = (struct kv){ .mod = 0 };
    enum err e = range_get(view, SPACE_SYSTEM, bytes_str(ROW_KEY), 0, arena, ret_kv);
    if (e == ERR_KEY_NOT_FOUND)
        return OK;
    if (e == OK)
        e = value_whole(view, &ret_kv->value, arena, &row);
    if (e == OK && json_decode(row, &shape, arena, ret, &why) != OK)
        e = ERR_DAMAGED;
    return e;
}

static void show(struct consul_call *c, const struct view *view)
{
    struct settings s;
    struct kv kv;
    enum err e = read_row(view, &c->face->scratch, &s, &kv);
    if (e != OK) {
        consul_fail(c, e);
        return;
    }
    struct json_writer *j = consul_json(c);
    add_settings(j, &s);
    json_add_uint(j, "CreateIndex", kv.create + 1);
    json_add_uint(j, "ModifyIndex", kv.mod + 1);
    json_close_object(j);
    consul_answer_json(c, 200);
}

void consul_autopilot_get(struct consul_call *c)
{
    if (grant(c, ACCESS_READ))
        consul_read(c, show);
}

/* -- writing ---------------------------------------------------------------------------------- */

static void written(struct consul_call *c, const struct command_result *result)
{
    consul_answer_bool(c, result->txn->succeeded);
}

static bool read_cas(struct consul_call *c, bool *ret_has, uint64_t *ret_index)
{
    struct bytes text;
    *ret_has = consul_param(c, "cas", &text);
    if (!*ret_has || go_read_uint(text, 64, ret_index) == OK)
        return true;
    consul_refuse_text(c, 400,
                       "Error parsing cas value: strconv.ParseUint: parsing %s: invalid syntax",
                       consul_quoted(c, text));
    return false;
}

static void submit(struct consul_call *c, struct bytes row, bool has_cas, uint64_t index)
{
    struct compare unchanged = { .space = SPACE_SYSTEM,
                                 .key = bytes_str(ROW_KEY),
                                 .result = COMPARE_EQUAL,
                                 .target = COMPARE_MOD,
                                 .number = (int64_t)(index - 1) };
    struct op put = { .kind = OP_PUT,
                      .put = { .space = SPACE_SYSTEM, .key = bytes_str(ROW_KEY), .value = row } };
    struct txn txn = {
        .compares = &unchanged, .compare_n = has_cas, .then_ops = &put, .then_n = 1
    };
    struct buf body;
    buf_init(&body, 2 * ROW_MAX_BYTES);
    enum err e = txn_encode(&txn, &body);
    if (e == OK)
        consul_submit(c, COMMAND_TXN, buf_bytes(&body), written);
    else
        consul_fail(c, e);
    buf_fini(&body);
}

static const char *fault_of(const struct settings *s)
{
    if (s->contact_ns < 0 || s->stabilization_ns < 0)
        return "durations cannot be negative";
    return s->min_quorum > 1 ? "MinQuorum is more than there are servers" : NULL;
}

void consul_autopilot_put(struct consul_call *c)
{
    struct settings s = { .cleans_up = false }; /* what is not said is zero, as in Consul */
    struct json_writer j;
    struct buf row;
    bool has_cas;
    uint64_t index = 1;
    if (!grant(c, ACCESS_WRITE) || !consul_decode(c, &shape, &s) || !read_cas(c, &has_cas, &index))
        return;
    if (fault_of(&s) != NULL) {
        consul_refuse_text(c, 400, "%s", fault_of(&s));
        return;
    }
    if (has_cas && (index == 0 || index > INT64_MAX)) {
        consul_answer_bool(c, false);
        return;
    }
    buf_init(&row, ROW_MAX_BYTES);
    json_init(&j, &row);
    add_settings(&j, &s);
    json_close_object(&j);
    if (buf_err(&row) == OK)
        submit(c, buf_bytes(&row), has_cas, index);
    else
        consul_refuse_text(c, 400, "the configuration is too large");
    buf_fini(&row);
}
