/* Selectors of service-defaults. */
#include "base/compiler.h"
#include "faces/consul/config/config.h"

#define GET(name, member, expression)                           \
    static bool name(const void *row, struct filter_value *ret) \
    {                                                           \
        const struct config_entry *of = row;                    \
        ret->member = (expression);                             \
        return true;                                            \
    }

GET(get_kind, text, bytes_str(config_entry_kind_name(of->kind)))
GET(get_name, text, of->name)
GET(get_meta, object, &of->meta)
GET(get_protocol, text, of->defaults.protocol)
GET(get_mode, text, of->defaults.mode)
GET(get_tls, text, of->defaults.mutual_tls_mode)
GET(get_sni, text, of->defaults.external_sni)
GET(get_balance, text, of->defaults.balance_inbound_connections)
GET(get_connections, integer, of->defaults.max_inbound_connections)

bool consul_pairs_find(const void *map, struct bytes key, struct filter_value *ret)
{
    const struct json_pairs *pairs = map;
    for (size_t i = 0; i < pairs->n; i++)
        if (bytes_eq(pairs->all[i].name, key)) {
            ret->text = pairs->all[i].value;
            return true;
        }
    return false;
}

bool consul_pairs_are_empty(const void *map)
{
    return ((const struct json_pairs *)map)->n == 0;
}

static const struct filter_field meta_value = { .kind = FILTER_STRING };
/* clang-format off */
static const struct filter_field fields[] = {
    { .name = "Kind",                      .kind = FILTER_STRING, .get = get_kind },
    { .name = "Name",                      .kind = FILTER_STRING, .get = get_name },
    { .name = "Meta",                      .kind = FILTER_MAP,    .get = get_meta,
      .element = &meta_value, .find = consul_pairs_find, .is_empty = consul_pairs_are_empty },
    { .name = "Protocol",                  .kind = FILTER_STRING, .get = get_protocol },
    { .name = "Mode",                      .kind = FILTER_STRING, .get = get_mode },
    { .name = "MutualTLSMode",             .kind = FILTER_STRING, .get = get_tls },
    { .name = "ExternalSNI",               .kind = FILTER_STRING, .get = get_sni },
    { .name = "BalanceInboundConnections", .kind = FILTER_STRING, .get = get_balance },
    { .name = "MaxInboundConnections",     .kind = FILTER_INT,    .get = get_connections },
};
/* clang-format on */
static const struct filter_schema schema = { fields, ARRAY_LEN(fields) };

enum err consul_defaults_plan(struct bytes filter, struct arena *arena,
                              const struct filter_plan **ret, struct why *why)
{
    const struct filter *parsed;
    enum err e = filter_parse(filter, NULL, arena, &parsed, why);
    return e == OK ? filter_check(parsed, &schema, arena, ret, why) : e;
}

enum err consul_defaults_match(const struct filter_plan *plan, const struct config_entry *entry,
                               bool *ret, struct why *why)
{
    *ret = false;
    return entry == NULL ? OK : filter_match(plan, entry, ret, why);
}
