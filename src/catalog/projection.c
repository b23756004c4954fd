/* Keys and values; what is written is read back as the same. */
#include "catalog/projection.h"

#include "base/text.h"
#include "catalog/registration.h"
#include "wire/json_writer.h"

enum { FLAG_IN = 1, FLAG_OUT = 2, FLAGS = 3, TEXT_MAX = 64 * 1024 };

/* -- rules ------------------------------------------------------------------------------------ */

struct projection_rules projection_defaults(void)
{
    /* gRPC's resolvers read the first, hand-written clients the second. */
    return (struct projection_rules){
        .all = { { bytes_str("services/"), true, true, PROJECTION_NAMING },
                 { bytes_str("/services/"), true, true, PROJECTION_ADDRESS } },
        .n = 2,
    };
}

void projection_rules_write(const struct projection_rules *rules, struct buf *out)
{
    buf_put_u8(out, PROJECTION_FORMAT);
    buf_put_u16(out, (uint16_t)rules->n);
    for (size_t i = 0; i < rules->n; i++) {
        const struct projection_rule *r = &rules->all[i];
        buf_put_run(out, r->prefix);
        buf_put_u8(out, (r->in ? FLAG_IN : 0) | (r->out ? FLAG_OUT : 0));
        buf_put_u8(out, (uint8_t)r->form);
    }
}

static bool overlaps(const struct projection_rules *rules, struct bytes prefix)
{
    for (size_t i = 0; i < rules->n; i++)
        if (bytes_starts(prefix, rules->all[i].prefix) ||
            bytes_starts(rules->all[i].prefix, prefix))
            return true;
    return false;
}

enum err projection_rules_read(struct bytes bytes, struct projection_rules *ret)
{
    enum { RULE_MIN_BYTES = 6 };
    struct rd r;
    struct projection_rules rules = { .n = 0 };
    rd_init(&r, bytes);
    uint8_t format = rd_u8(&r);
    if (r.err == OK && format != PROJECTION_FORMAT)
        return ERR_VERSION;
    size_t n = rd_count(&r, PROJECTION_RULES_MAX, RULE_MIN_BYTES);
    for (size_t i = 0; i < n && r.err == OK; i++) {
        struct bytes prefix = rd_text(&r, PROJECTION_PREFIX_MAX);
        uint8_t flags = rd_u8(&r), form = rd_u8(&r);
        bool fine = prefix.n > 0 && flags != 0 && flags <= FLAGS && form < PROJECTION_FORMS;
        if (!fine || overlaps(&rules, prefix)) {
            rd_fail(&r, ERR_MALFORMED);
            break;
        }
        rules.all[rules.n++] =
            (struct projection_rule){ prefix, (flags & FLAG_IN) != 0, (flags & FLAG_OUT) != 0,
                                      (enum projection_form)form };
    }
    enum err e = rd_end(&r);
    if (e == OK)
        *ret = rules;
    return e;
}

enum err projection_rules_get(const struct draft *d, struct projection_rules *ret)
{
    struct draft_row row;
    enum err e = draft_get(d, SPACE_SYSTEM, bytes_str(PROJECTION_KEY), &row);
    if (e == OK)
        return projection_rules_read(row.value, ret) == OK ? OK : ERR_DAMAGED;
    if (e == ERR_NOT_FOUND)
        *ret = projection_defaults();
    return e == ERR_NOT_FOUND ? OK : e;
}

/* -- keys ------------------------------------------------------------------------------------- */

/* Takes what stands before the first C off *REST; false if there is none. */
static bool cut(struct bytes *rest, char c, struct bytes *ret)
{
    const uint8_t *at = rest->n == 0 ? NULL : memchr(rest->p, c, rest->n);
    if (at == NULL)
        return false;
    *ret = bytes_of(rest->p, (size_t)(at - rest->p));
    *rest = bytes_skip(*rest, ret->n + 1);
    return true;
}

static bool has(struct bytes text, char c)
{
    return text.n > 0 && memchr(text.p, c, text.n) != NULL;
}

enum err projection_match(const struct projection_rules *rules, struct bytes key,
                          const struct projection_rule **ret_rule, struct service_id *ret_service,
                          struct bytes *ret_id)
{
    for (size_t i = 0; i < rules->n; i++) {
        struct bytes rest = key, word, ns = { 0 };
        if (!bytes_starts(key, rules->all[i].prefix))
            continue;
        rest = bytes_skip(key, rules->all[i].prefix.n);
        if (!cut(&rest, '/', &word) || rest.n == 0 || has(rest, '/'))
            return ERR_NOT_FOUND;
        if (has(word, '~') && (!cut(&word, '~', &ns) || ns.n == 0))
            return ERR_NOT_FOUND;
        if (service_id_parse(ns, word, ret_service) != OK)
            return ERR_NOT_FOUND;
        *ret_rule = &rules->all[i];
        *ret_id = rest;
        return OK;
    }
    return ERR_NOT_FOUND;
}

bool projection_id_place(struct bytes id, struct place *ret)
{
    struct place place = { 0 };
    struct bytes rest = id, address = id;
    if (has(id, '#')) {
        cut(&rest, '#', &address);
        place.cluster = rest;
        if (!is_name(rest, CLUSTER_MAX) || bytes_is(rest, CLUSTER_DEFAULT))
            return false;
    }
    if (!address_split(address, &place.address, &place.port))
        return false;
    *ret = place;
    return true;
}

static enum err write_service(const struct service_id *service, struct buf *out)
{
    bool plain = bytes_is(service->ns, NAMESPACE_DEFAULT);
    if (has(service->ns, '~') || has(service->ns, '/') || has(service->group, '/') ||
        has(service->name, '/'))
        return ERR_INVALID;
    if (!plain || has(service->group, '~') || has(service->name, '~')) {
        buf_put_bytes(out, service->ns);
        buf_put_str(out, "~");
    }
    return service_id_write(service, out);
}

enum err projection_key(const struct projection_rule *rule, const struct service_id *service,
                        const struct place *place, struct buf *out)
{
    bool default_cluster = place->cluster.n == 0 || bytes_is(place->cluster, CLUSTER_DEFAULT);
    buf_put_bytes(out, rule->prefix);
    enum err e = write_service(service, out);
    buf_put_str(out, "/");
    if (e == OK)
        e = address_join(place->address, place->port, out);
    if (e == OK && !default_cluster) {
        if (has(place->cluster, '/'))
            return ERR_INVALID;
        buf_put_str(out, "#");
        buf_put_bytes(out, place->cluster);
    }
    return e == OK ? buf_err(out) : e;
}

/* -- values ----------------------------------------------------------------------------------- */

static void put_metadata(struct json_writer *j, const struct instance *i)
{
    const struct publication *said = &i->from->said;
    if (i->metadata.n == 0 && said->tag_n == 0) {
        json_put_null(j);
        return;
    }
    json_open_object(j);
    for (size_t l = 0; l < i->metadata.n; l++) {
        json_put_name_bytes(j, i->metadata.all[l].key);
        json_put_string(j, i->metadata.all[l].value);
    }
    if (said->tag_n > 0 && labels_find(&i->metadata, bytes_str("tags")) == NULL) {
        json_put_name(j, "tags");
        json_open_array(j);
        for (size_t t = 0; t < said->tag_n; t++)
            json_put_string(j, said->tags[t]);
        json_close_array(j);
    }
    json_close_object(j);
}

void projection_value(enum projection_form form, const struct instance *instance,
                      const struct place *place, struct buf *out)
{
    struct buf address;
    struct json_writer j;
    buf_init(&address, TEXT_MAX);
    IGNORE(address_join(place->address, place->port, &address)); /* its key has been written */
    if (form == PROJECTION_ADDRESS) {
        buf_put_bytes(out, buf_bytes(&address));
    } else {
        json_init(&j, out);
        json_open_object(&j);
        json_put_name(&j, "Op");
        json_put_uint(&j, 0);
        json_put_name(&j, "Addr");
        json_put_string(&j, buf_bytes(&address));
        json_put_name(&j, "Metadata");
        put_metadata(&j, instance);
        json_close_object(&j);
    }
    buf_fini(&address);
}
