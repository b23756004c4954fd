/* Reading and writing stand side by side, list by list. */
#include "access/acl_row.h"

#include <assert.h>

#include "base/rd.h"

/* -- keys -------------------------------------------------------------------------------------- */

enum part { PART_ID, PART_DIGEST, PART_NAME, PART_TEXT }; /* what follows the prefix */

static const struct {
    const char *prefix;
    enum part part;
} kinds[ACL_ROW_KINDS] = {
    [ACL_ROW_TOKEN] = { "acl/t/", PART_ID },
    [ACL_ROW_POLICY] = { "acl/p/", PART_ID },
    [ACL_ROW_ROLE] = { "acl/r/", PART_ID },
    [ACL_ROW_AUTH_METHOD] = { "acl/m/", PART_NAME },
    [ACL_ROW_BINDING_RULE] = { "acl/b/", PART_ID },
    [ACL_ROW_SECRET] = { "acl/s/", PART_DIGEST },
    [ACL_ROW_POLICY_NAME] = { "acl/pn/", PART_NAME },
    [ACL_ROW_ROLE_NAME] = { "acl/rn/", PART_NAME },
    [ACL_ROW_OWN] = { "acl/own/", PART_TEXT },
    [ACL_ROW_BOOTSTRAP] = { "acl/first", PART_TEXT },
};

const char *acl_key_prefix(enum acl_row_kind kind)
{
    return kinds[kind].prefix;
}

/* Keys are text, for the eyes of who reads the log. */
static void put_id(struct bytes part, struct buf *out)
{
    struct uuid id;
    char text[UUID_TEXT + 1];
    assert(part.n == UUID_BYTES);
    memcpy(id.b, part.p, UUID_BYTES);
    uuid_print(&id, text);
    buf_put_str(out, text);
}

static void put_folded(struct bytes name, struct buf *out)
{
    for (size_t i = 0; i < name.n; i++) {
        bool is_large = name.p[i] >= 'A' && name.p[i] <= 'Z';
        buf_put_u8(out, is_large ? name.p[i] | 0x20 : name.p[i]);
    }
}

void acl_key(enum acl_row_kind kind, struct bytes part, struct buf *out)
{
    buf_put_str(out, kinds[kind].prefix);
    switch (kinds[kind].part) {
    case PART_ID:
        put_id(part, out);
        break;
    case PART_DIGEST:
        for (size_t i = 0; i < part.n; i++)
            buf_printf(out, "%02x", part.p[i]);
        break;
    case PART_NAME:
        put_folded(part, out);
        break;
    case PART_TEXT:
        buf_put_bytes(out, part);
        break;
    }
}

enum err acl_key_part(enum acl_row_kind kind, struct bytes key, struct arena *arena,
                      struct bytes *ret)
{
    struct uuid id;
    struct bytes rest = bytes_skip(key, strlen(kinds[kind].prefix));
    if (kinds[kind].part != PART_ID) {
        *ret = rest;
        return OK;
    }
    if (!uuid_parse(rest, &id))
        return ERR_MALFORMED;
    *ret = arena_dup(arena, uuid_bytes(&id));
    return OK;
}

/* -- parts ------------------------------------------------------------------------------------- */

static bool rd_bool(struct rd *r)
{
    uint8_t v = rd_u8(r);
    if (v > 1)
        rd_fail(r, ERR_MALFORMED);
    return v == 1;
}

static void begin(struct rd *r, struct bytes row)
{
    rd_init(r, row);
    if (row.n > ACL_ROW_MAX)
        rd_fail(r, ERR_TOO_BIG);
    uint8_t format = rd_u8(r);
    if (r->err == OK && format != ACL_FORMAT)
        rd_fail(r, ERR_VERSION);
}

static void texts_write(const struct acl_texts *t, struct buf *out)
{
    buf_put_u16(out, (uint16_t)t->n);
    for (size_t i = 0; i < t->n; i++)
        buf_put_run(out, t->all[i]);
}

static struct acl_texts texts_read(struct rd *r, struct arena *arena)
{
    struct acl_texts t = { .n = rd_count(r, ACL_DATACENTERS_MAX, 4) };
    t.all = arena_zalloc(arena, t.n, sizeof *t.all);
    for (size_t i = 0; i < t.n; i++)
        t.all[i] = rd_text(r, ACL_NAME_MAX);
    return t;
}

static void ids_write(const struct acl_ids *ids, struct buf *out)
{
    buf_put_u16(out, (uint16_t)ids->n);
    for (size_t i = 0; i < ids->n; i++)
        buf_put(out, ids->all[i].b, UUID_BYTES);
}

static struct acl_ids ids_read(struct rd *r, struct arena *arena)
{
    struct acl_ids ids = { .n = rd_count(r, ACL_LINKS_MAX, UUID_BYTES) };
    ids.all = arena_zalloc(arena, ids.n, sizeof *ids.all);
    for (size_t i = 0; i < ids.n; i++) {
        struct bytes b = rd_take(r, UUID_BYTES);
        if (b.n == UUID_BYTES)
            memcpy(ids.all[i].b, b.p, UUID_BYTES);
    }
    return ids;
}

static void identities_write(const struct acl_identities *list, struct buf *out)
{
    buf_put_u16(out, (uint16_t)list->n);
    for (size_t i = 0; i < list->n; i++) {
        buf_put_run(out, list->all[i].template);
        buf_put_run(out, list->all[i].name);
        texts_write(&list->all[i].datacenters, out);
    }
}

static struct acl_identities identities_read(struct rd *r, struct arena *arena)
{
    enum { LEAST_BYTES = 4 + 4 + 2 };
    struct acl_identities list = { .n = rd_count(r, ACL_LINKS_MAX, LEAST_BYTES) };
    list.all = arena_zalloc(arena, list.n, sizeof *list.all);
    for (size_t i = 0; i < list.n; i++) {
        struct acl_identity *one = &list.all[i];
        one->template = rd_text(r, ACL_NAME_MAX);
        one->name = rd_text(r, ACL_NAME_MAX);
        one->datacenters = texts_read(r, arena);
    }
    return list;
}

static void grants_write(const struct acl_grants *g, struct buf *out)
{
    ids_write(&g->policies, out);
    ids_write(&g->roles, out);
    identities_write(&g->services, out);
    identities_write(&g->nodes, out);
    identities_write(&g->templates, out);
}

static struct acl_grants grants_read(struct rd *r, struct arena *arena)
{
    struct acl_grants g = { 0 };
    g.policies = ids_read(r, arena);
    g.roles = ids_read(r, arena);
    g.services = identities_read(r, arena);
    g.nodes = identities_read(r, arena);
    g.templates = identities_read(r, arena);
    return g;
}

/* -- rows -------------------------------------------------------------------------------------- */

void acl_policy_write(const struct acl_policy *p, struct buf *out)
{
    buf_put_u8(out, ACL_FORMAT);
    buf_put_run(out, p->name);
    buf_put_run(out, p->description);
    buf_put_run(out, p->rules);
    texts_write(&p->datacenters, out);
}

enum err acl_policy_read(struct bytes row, struct arena *arena, struct acl_policy *ret)
{
    struct rd r;
    struct acl_policy p = { 0 };
    begin(&r, row);
    p.name = rd_text(&r, ACL_NAME_MAX);
    p.description = rd_text(&r, ACL_DESCRIPTION_MAX);
    p.rules = rd_text(&r, ACL_RULES_MAX);
    p.datacenters = texts_read(&r, arena);
    enum err e = rd_end(&r);
    if (e == OK)
        *ret = p;
    return e;
}

void acl_role_write(const struct acl_role *role, struct buf *out)
{
    buf_put_u8(out, ACL_FORMAT);
    buf_put_run(out, role->name);
    buf_put_run(out, role->description);
    grants_write(&role->grants, out);
}

enum err acl_role_read(struct bytes row, struct arena *arena, struct acl_role *ret)
{
    struct rd r;
    struct acl_role role = { 0 };
    begin(&r, row);
    role.name = rd_text(&r, ACL_NAME_MAX);
    role.description = rd_text(&r, ACL_DESCRIPTION_MAX);
    role.grants = grants_read(&r, arena);
    if (role.grants.roles.n > 0)
        rd_fail(&r, ERR_MALFORMED);
    enum err e = rd_end(&r);
    if (e == OK)
        *ret = role;
    return e;
}

void acl_token_write(const struct acl_token *t, struct buf *out)
{
    buf_put_u8(out, ACL_FORMAT);
    buf_put_u8(out, t->is_local);
    buf_put_run(out, t->secret);
    buf_put_run(out, t->description);
    buf_put_run(out, t->auth_method);
    buf_put_u64(out, t->created_ms);
    buf_put_u64(out, t->expires_ms);
    grants_write(&t->grants, out);
}

enum err acl_token_read(struct bytes row, struct arena *arena, struct acl_token *ret)
{
    struct rd r;
    struct acl_token t = { 0 };
    begin(&r, row);
    t.is_local = rd_bool(&r);
    t.secret = rd_text(&r, ACL_SECRET_MAX);
    t.description = rd_text(&r, ACL_DESCRIPTION_MAX);
    t.auth_method = rd_text(&r, ACL_NAME_MAX);
    t.created_ms = rd_u64(&r);
    t.expires_ms = rd_u64(&r);
    t.grants = grants_read(&r, arena);
    enum err e = rd_end(&r);
    if (e == OK)
        *ret = t;
    return e;
}

void acl_auth_method_write(const struct acl_auth_method *m, struct buf *out)
{
    buf_put_u8(out, ACL_FORMAT);
    buf_put_u8(out, m->is_global);
    buf_put_run(out, m->name);
    buf_put_run(out, m->type);
    buf_put_run(out, m->display_name);
    buf_put_run(out, m->description);
    buf_put_u64(out, m->max_ttl_ms);
    buf_put_run(out, m->config);
}

enum err acl_auth_method_read(struct bytes row, struct acl_auth_method *ret)
{
    struct rd r;
    struct acl_auth_method m = { 0 };
    begin(&r, row);
    m.is_global = rd_bool(&r);
    m.name = rd_text(&r, ACL_NAME_MAX);
    m.type = rd_text(&r, ACL_NAME_MAX);
    m.display_name = rd_text(&r, ACL_DESCRIPTION_MAX);
    m.description = rd_text(&r, ACL_DESCRIPTION_MAX);
    m.max_ttl_ms = rd_u64(&r);
    m.config = rd_text(&r, ACL_CONFIG_MAX);
    enum err e = rd_end(&r);
    if (e == OK)
        *ret = m;
    return e;
}

void acl_binding_rule_write(const struct acl_binding_rule *b, struct buf *out)
{
    buf_put_u8(out, ACL_FORMAT);
    buf_put_u8(out, (uint8_t)b->bind);
    buf_put_run(out, b->description);
    buf_put_run(out, b->auth_method);
    buf_put_run(out, b->selector);
    buf_put_run(out, b->bind_name);
    buf_put_run(out, b->bind_var);
}

enum err acl_binding_rule_read(struct bytes row, struct acl_binding_rule *ret)
{
    struct rd r;
    struct acl_binding_rule b = { 0 };
    begin(&r, row);
    uint8_t bind = rd_u8(&r);
    if (bind >= ACL_BINDS)
        rd_fail(&r, ERR_MALFORMED);
    b.description = rd_text(&r, ACL_DESCRIPTION_MAX);
    b.auth_method = rd_text(&r, ACL_NAME_MAX);
    b.selector = rd_text(&r, ACL_SELECTOR_MAX);
    b.bind_name = rd_text(&r, ACL_NAME_MAX);
    b.bind_var = rd_text(&r, ACL_NAME_MAX);
    enum err e = rd_end(&r);
    b.bind = (enum acl_bind)bind;
    if (e == OK)
        *ret = b;
    return e;
}
