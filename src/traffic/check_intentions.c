/* What service-intentions may say, and what follows from it. */
#include "base/compiler.h"
#include "traffic/config_entry_check.h"
#include "traffic/config_entry_text.h"
#include "traffic/intention.h"

enum { DESCRIPTION_MAX = 512 };

struct at { /* where in the entry */
    size_t source, permission;
    struct arena *arena;
    struct why *why;
};

static bool is_action(struct bytes action)
{
    return bytes_is(action, "allow") || bytes_is(action, "deny");
}

static bool is_partly_wild(struct bytes name)
{
    return name.n > 1 && memchr(name.p, '*', name.n) != NULL;
}

/* -- permissions --------------------------------------------------------------------------------
 */

static enum err refuse_http(const struct at *at, const char *what)
{
    return why_set(at->why, ERR_INVALID, "Sources[%zu].Permissions[%zu].HTTP%s", at->source,
                   at->permission, what);
}

static enum err check_methods(const struct entry_permission_http *http, const struct at *at)
{
    for (size_t i = 0; i < http->methods.n; i++) {
        const char *method = config_entry_quoted(http->methods.all[i], at->arena);
        if (!config_entry_is_method(http->methods.all[i]))
            return refuse_http(
                at, arena_printf(at->arena, ".Methods contains an invalid method %s", method));
        for (size_t k = 0; k < i; k++)
            if (bytes_eq(http->methods.all[k], http->methods.all[i]))
                return refuse_http(
                    at, arena_printf(at->arena, ".Methods contains %s more than once", method));
    }
    return OK;
}

static enum err check_paths(const struct entry_permission_http *http, const struct at *at)
{
    unsigned given =
        (http->path_exact.n > 0) + (http->path_prefix.n > 0) + (http->path_regex.n > 0);
    if (http->path_exact.n > 0 && http->path_exact.p[0] != '/')
        return refuse_http(at, arena_printf(at->arena, ".PathExact doesn't start with '/': %s",
                                            config_entry_quoted(http->path_exact, at->arena)));
    if (http->path_prefix.n > 0 && http->path_prefix.p[0] != '/')
        return refuse_http(at, arena_printf(at->arena, ".PathPrefix doesn't start with '/': %s",
                                            config_entry_quoted(http->path_prefix, at->arena)));
    if (given > 1)
        return refuse_http(
            at, " should only contain at most one of PathExact, PathPrefix, or PathRegex");
    if (given + http->header.n + http->methods.n == 0)
        return refuse_http(at, " should not be empty");
    return OK;
}

static enum err check_http(const struct entry_permission_http *http, const struct at *at)
{
    const struct entry_header_match *headers = http->header.all;
    enum err e = check_paths(http, at);
    for (size_t i = 0; e == OK && i < http->header.n; i++) {
        if (headers[i].name.n == 0)
            e = refuse_http(at,
                            arena_printf(at->arena, ".Header[%zu] missing required Name field", i));
        else if (config_entry_header_ways(&headers[i]) != 1)
            e = refuse_http(at, arena_printf(at->arena,
                                             ".Header[%zu] should only contain one of Present, "
                                             "Exact, Prefix, Suffix, or Regex",
                                             i));
    }
    return e == OK ? check_methods(http, at) : e;
}

static enum err check_permissions(const struct entry_source *source, struct at *at)
{
    const struct entry_permission *all = source->permissions.all;
    enum err e = OK;
    for (size_t i = 0; e == OK && i < source->permissions.n; i++) {
        at->permission = i;
        if (!is_action(all[i].action))
            return why_set(at->why, ERR_INVALID,
                           "Sources[%zu].Permissions[%zu].Action must be set to 'allow' or 'deny'",
                           at->source, i);
        e = all[i].http == NULL ? refuse_http(at, " is required") : check_http(all[i].http, at);
    }
    return e;
}

/* -- sources ------------------------------------------------------------------------------------
 */

static enum err refuse(const struct at *at, const char *what)
{
    return why_set(at->why, ERR_INVALID, "Sources[%zu].%s", at->source, what);
}

static enum err check_source(const struct config_entry *entry, const struct entry_source *s,
                             struct at *at)
{
    if (s->name.n == 0)
        return refuse(at, "Name is required");
    if (is_partly_wild(s->name))
        return refuse(at, "Name: wildcard character '*' cannot be used with partial values");
    if (s->description.n > DESCRIPTION_MAX)
        return refuse(at, "Description exceeds maximum length 512");
    if (s->peer.n > 0 && s->sameness_group.n > 0)
        return refuse(at, "SamenessGroup: cannot set SamenessGroup and Peer at the same time");
    if (s->permissions.n == 0 && !is_action(s->action))
        return refuse(at, "Action must be set to 'allow' or 'deny'");
    if (s->permissions.n > 0 && s->action.n > 0)
        return refuse(at, "Action must be omitted if Permissions are specified");
    if (s->permissions.n > 0 && bytes_is(entry->name, "*"))
        return refuse(at,
                      "Permissions cannot be specified on intentions with wildcarded destinations");
    if (!bytes_is(s->type, "consul"))
        return refuse(at, "Type must be set to 'consul'");
    return check_permissions(s, at);
}

static enum err check_once(const struct entry_source *all, struct at *at)
{
    const struct entry_source *s = &all[at->source];
    for (size_t i = 0; i < at->source; i++)
        if (bytes_eq(all[i].name, s->name) && bytes_eq(all[i].peer, s->peer) &&
            bytes_eq(all[i].sameness_group, s->sameness_group))
            return why_set(at->why, ERR_INVALID, "Sources[%zu] defines %s more than once",
                           at->source, config_entry_quoted(s->name, at->arena));
    return OK;
}

static void fill_in(struct config_entry *entry, struct arena *arena)
{
    struct entry_source *all = entry->intentions.sources.all;
    for (size_t i = 0; i < entry->intentions.sources.n; i++) {
        if (all[i].type.n == 0)
            all[i].type = bytes_str("consul");
        all[i].precedence = intention_precedence(all[i].name, entry->name);
        struct entry_permission *permissions = all[i].permissions.all;
        for (size_t k = 0; k < all[i].permissions.n; k++)
            if (permissions[k].http != NULL)
                intention_upper(&permissions[k].http->methods, arena);
    }
    intention_sort(all, entry->intentions.sources.n);
}

enum err config_entry_check_intentions(struct config_entry *entry, struct arena *arena,
                                       struct why *why)
{
    struct at at = { .arena = arena, .why = why };
    const struct entry_source *all = entry->intentions.sources.all;
    if (is_partly_wild(entry->name))
        return why_set(why, ERR_INVALID,
                       "Name: wildcard character '*' cannot be used with partial values");
    if (entry->intentions.sources.n == 0)
        return why_set(why, ERR_INVALID, "At least one source is required");
    fill_in(entry, arena);
    for (size_t i = 0; i < entry->intentions.sources.n; i++) {
        at.source = i;
        enum err e = check_source(entry, &all[i], &at);
        if (e == OK)
            e = check_once(all, &at);
        if (e != OK)
            return e;
    }
    return OK;
}

enum err config_entry_drop_legacy(struct config_entry *entry, struct why *why)
{
    struct entry_source *all = entry->intentions.sources.all;
    if (entry->kind != ENTRY_SERVICE_INTENTIONS)
        return OK;
    for (size_t i = 0; i < entry->intentions.sources.n; i++) {
        if (all[i].legacy_meta.n > 0)
            return why_set(why, ERR_INVALID, "Sources[%zu].LegacyMeta must be omitted", i);
        all[i].legacy_id = all[i].legacy_created = all[i].legacy_updated = bytes_str("");
    }
    return OK;
}
