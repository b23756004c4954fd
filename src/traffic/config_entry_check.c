/* What all kinds must keep to, then splitters and defaults; the others have files of their own. */
#include "traffic/config_entry_check.h"

#include "base/compiler.h"
#include "traffic/config_entry_text.h"

enum { META_MAX = 64, META_NAME_MAX = 128, META_VALUE_MAX = 512, WEIGHT_WHOLE = 100 * 100 };

/* -- for all of them ----------------------------------------------------------------------------
 */

static enum err check_meta(const struct json_pairs *meta, struct arena *arena, struct why *why)
{
    if (meta->n > META_MAX)
        return why_set(why, ERR_INVALID, "Meta exceeds maximum element count %d", META_MAX);
    for (size_t i = 0; i < meta->n; i++) {
        const struct json_pair *pair = &meta->all[i];
        if (pair->name.n > META_NAME_MAX)
            return why_set(why, ERR_INVALID, "Meta key %s exceeds maximum length %d",
                           config_entry_quoted(pair->name, arena), META_NAME_MAX);
        if (pair->value.n > META_VALUE_MAX)
            return why_set(why, ERR_INVALID, "Meta value for key %s exceeds maximum length %d",
                           config_entry_quoted(pair->name, arena), META_VALUE_MAX);
    }
    return OK;
}

/* -- splitters ----------------------------------------------------------------------------------
 */

/* In hundredths of a percent, as Go rounds a float32. */
static int scaled(double weight)
{
    float hundredths = (float)weight * 100.0F;
    return (int)(hundredths < 0 ? hundredths - 0.5F : hundredths + 0.5F);
}

static struct bytes target_of(const struct entry_split *split, struct bytes usual)
{
    return split->service.n > 0 ? split->service : usual;
}

static enum err check_splits_differ(const struct config_entry *entry, struct arena *arena,
                                    struct why *why)
{
    const struct entry_split *all = entry->splitter.splits.all;
    for (size_t i = 0; i < entry->splitter.splits.n; i++)
        for (size_t k = 0; k < i; k++) {
            struct bytes service = target_of(&all[i], entry->name);
            if (bytes_eq(service, target_of(&all[k], entry->name)) &&
                bytes_eq(all[i].subset, all[k].subset))
                return why_set(why, ERR_INVALID,
                               "split destination occurs more than once: service=%s, subset=%s, "
                               "namespace=\"\", partition=\"\"",
                               config_entry_quoted(service, arena),
                               config_entry_quoted(all[i].subset, arena));
        }
    return OK;
}

static enum err check_splitter(struct config_entry *entry, struct arena *arena, struct why *why)
{
    struct entry_split *all = entry->splitter.splits.all;
    int sum = 0;
    if (entry->splitter.splits.n == 0)
        return why_set(why, ERR_INVALID, "no splits configured");
    enum err e = check_splits_differ(entry, arena, why);
    if (e != OK)
        return e;
    for (size_t i = 0; i < entry->splitter.splits.n; i++) {
        if (!(all[i].weight >= -1000 && all[i].weight <= 1000))
            return why_set(why, ERR_INVALID, "the sum of all split weights must be 100, not %f",
                           all[i].weight);
        sum += scaled(all[i].weight);
        all[i].weight = (float)scaled(all[i].weight) / 100.0F;
    }
    if (sum != WEIGHT_WHOLE)
        return why_set(why, ERR_INVALID, "the sum of all split weights must be 100, not %f",
                       (double)((float)sum / 100.0F));
    return OK;
}

/* -- defaults -----------------------------------------------------------------------------------
 */

static enum err check_gateway(const struct entry_gateway *gateway, struct arena *arena,
                              struct why *why)
{
    static const char *const modes[] = { "", "none", "local", "remote" };
    for (size_t i = 0; gateway != NULL && i < ARRAY_LEN(modes); i++)
        if (bytes_is(gateway->mode, modes[i]))
            return OK;
    return gateway == NULL ? OK
                           : why_set(why, ERR_INVALID, "Invalid Mesh Gateway Mode: %s",
                                     config_entry_quoted(gateway->mode, arena));
}

static enum err check_defaults(struct config_entry *entry, struct arena *arena, struct why *why)
{
    const struct bytes balance = entry->defaults.balance_inbound_connections;
    entry->defaults.protocol = config_entry_lower(entry->defaults.protocol, arena);
    if (bytes_is(entry->name, "*"))
        return why_set(why, ERR_INVALID,
                       "service-defaults name must be the name of a service, and not a wildcard");
    if (balance.n > 0 && !bytes_is(balance, "exact_balance"))
        return why_set(why, ERR_INVALID, "invalid value for balance_inbound_connections: %s",
                       arena_str(arena, balance));
    return check_gateway(entry->defaults.mesh_gateway, arena, why);
}

static enum err check_kind(struct config_entry *entry, struct arena *arena, struct why *why)
{
    switch (entry->kind) {
    case ENTRY_SERVICE_DEFAULTS:
        return check_defaults(entry, arena, why);
    case ENTRY_PROXY_DEFAULTS:
        return check_gateway(entry->proxy.mesh_gateway, arena, why);
    case ENTRY_SERVICE_SPLITTER:
        return check_splitter(entry, arena, why);
    case ENTRY_SERVICE_ROUTER:
        return config_entry_check_router(entry, arena, why);
    case ENTRY_SERVICE_RESOLVER:
        return config_entry_check_resolver(entry, arena, why);
    case ENTRY_SERVICE_INTENTIONS:
        return config_entry_check_intentions(entry, arena, why);
    case ENTRY_INGRESS_GATEWAY:
        return config_entry_check_ingress(entry, arena, why);
    case ENTRY_TERMINATING_GATEWAY:
        return config_entry_check_terminating(entry, arena, why);
    case ENTRY_MESH:
    case ENTRY_EXPORTED_SERVICES:
    case ENTRY_API_GATEWAY:
    case ENTRY_HTTP_ROUTE:
    case ENTRY_TCP_ROUTE:
    case ENTRY_INLINE_CERTIFICATE:
    case ENTRY_FILE_CERTIFICATE:
    case ENTRY_BOUND_API_GATEWAY:
    case ENTRY_JWT_PROVIDER:
    case ENTRY_SAMENESS_GROUP:
    case ENTRY_CONTROL_PLANE_LIMIT:
    case ENTRY_KIND_N:
        break;
    }
    return OK;
}

enum err config_entry_check(struct config_entry *entry, struct arena *arena, struct why *why)
{
    const char *only = config_entry_kind_only(entry->kind);
    if (only != NULL && entry->name.n == 0)
        entry->name = bytes_str(only);
    if (only != NULL && !bytes_is(entry->name, only))
        return why_set(why, ERR_INVALID, "invalid name (%s), only \"%s\" is supported",
                       config_entry_quoted(entry->name, arena), only);
    if (entry->name.n == 0)
        return why_set(why, ERR_INVALID, "Name is required");
    enum err e = check_meta(&entry->meta, arena, why);
    return e == OK ? check_kind(entry, arena, why) : e;
}
