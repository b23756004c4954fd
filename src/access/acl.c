#include "access/acl.h"

#include "base/compiler.h"

static const char *const bind_names[ACL_BINDS] = { "service", "role", "node", "policy",
                                                   "templated-policy" };

static const struct {
    const char *name, *older[2];
} owns[ACL_OWNS] = {
    [ACL_OWN_DEFAULT] = { "default", { "acl_token" } },
    [ACL_OWN_DNS] = { "dns" },
    [ACL_OWN_SELF] = { "agent", { "acl_agent_token" } },
    [ACL_OWN_RECOVERY] = { "agent_recovery", { "agent_master", "acl_agent_master_token" } },
    [ACL_OWN_REPLICATION] = { "replication", { "acl_replication_token" } },
    [ACL_OWN_REGISTRATION] = { "config_file_service_registration" },
};

/* Everything there is, as rules say it. */
#define RULES_OF_ALL(level)                                                              \
    "\n"                                                                                 \
    "acl = \"" level "\"\n"                                                              \
    "agent_prefix \"\" {\n\tpolicy = \"" level "\"\n}\n"                                 \
    "event_prefix \"\" {\n\tpolicy = \"" level "\"\n}\n"                                 \
    "key_prefix \"\" {\n\tpolicy = \"" level "\"\n}\n"                                   \
    "keyring = \"" level "\"\n"                                                          \
    "node_prefix \"\" {\n\tpolicy = \"" level "\"\n}\n"                                  \
    "operator = \"" level "\"\n"                                                         \
    "mesh = \"" level "\"\n"                                                             \
    "peering = \"" level "\"\n"                                                          \
    "query_prefix \"\" {\n\tpolicy = \"" level "\"\n}\n"                                 \
    "service_prefix \"\" {\n\tpolicy = \"" level "\"\n\tintentions = \"" level "\"\n}\n" \
    "session_prefix \"\" {\n\tpolicy = \"" level "\"\n}"

static const struct {
    uint8_t id;
    const char *name, *description, *rules;
} builtin_policies[] = {
    { ACL_MANAGEMENT_POLICY, "global-management",
      "A built-in policy that grants read and write access to all Consul features",
      RULES_OF_ALL("write") },
    { ACL_READ_ONLY_POLICY, "builtin/global-read-only",
      "A built-in policy that grants read-only access to all Consul features",
      RULES_OF_ALL("read") },
};

const char *acl_bind_name(enum acl_bind bind)
{
    return bind_names[bind];
}

bool acl_bind_find(struct bytes name, enum acl_bind *ret)
{
    for (enum acl_bind b = 0; b < ACL_BINDS; b++)
        if (bytes_is(name, bind_names[b])) {
            *ret = b;
            return true;
        }
    return false;
}

const char *acl_own_name(enum acl_own own)
{
    return owns[own].name;
}

bool acl_own_find(struct bytes name, enum acl_own *ret)
{
    for (enum acl_own o = 0; o < ACL_OWNS; o++) {
        bool is_it = bytes_is(name, owns[o].name);
        for (size_t i = 0; i < ARRAY_LEN(owns[o].older); i++)
            is_it |= owns[o].older[i] != NULL && bytes_is(name, owns[o].older[i]);
        if (is_it) {
            *ret = o;
            return true;
        }
    }
    return false;
}

struct uuid acl_builtin_id(uint8_t last)
{
    return (struct uuid){ .b = { [UUID_BYTES - 1] = last } };
}

bool acl_id_is_reserved(const struct uuid *id)
{
    struct uuid builtin = acl_builtin_id(id->b[UUID_BYTES - 1]);
    return uuid_eq(id, &builtin);
}

bool acl_builtin_policy(const struct uuid *id, struct acl_policy *ret)
{
    for (size_t i = 0; i < ARRAY_LEN(builtin_policies); i++) {
        struct uuid builtin = acl_builtin_id(builtin_policies[i].id);
        if (!uuid_eq(id, &builtin))
            continue;
        *ret = (struct acl_policy){ .id = builtin,
                                    .name = bytes_str(builtin_policies[i].name),
                                    .description = bytes_str(builtin_policies[i].description),
                                    .rules = bytes_str(builtin_policies[i].rules) };
        return true;
    }
    return false;
}

struct acl_token acl_anonymous_token(void)
{
    return (struct acl_token){ .accessor = acl_builtin_id(ACL_ANONYMOUS),
                               .secret = bytes_str(ACL_ANONYMOUS_SECRET),
                               .description = bytes_str("Anonymous Token") };
}
