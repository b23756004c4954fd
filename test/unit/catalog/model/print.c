/* The model's rows as lines: names as in name.h. */
#include <inttypes.h>

#include "test/unit/catalog/model/model.h"
#include "test/unit/catalog/model/name.h"

static void put_row(struct buf *out, const struct m_row *r)
{
    buf_printf(out, "create=%" PRIu64 " mod=%" PRIu64 " value=%u", r->create, r->mod, r->value);
}

static void print_publication(struct buf *out, unsigned ns, unsigned service, const char *owner,
                              const struct m_row *r)
{
    if (!r->there)
        return;
    buf_printf(out, "publication %s %s %s ", name_of(NAME_NS, ns, false).text,
               name_of(NAME_SERVICE, service, false).text, owner);
    put_row(out, r);
    buf_printf(out, " shout=%d lease=%u stage=%d spoke=%" PRIu64 "\n", r->shout, r->lease,
               (int)r->stage, r->spoke);
}

static void print_publications(struct buf *out, const struct m_ns *n, unsigned ns)
{
    for (unsigned service = 0; service < SERVICES; service++) {
        for (unsigned i = 0; i < NODES * PARTS; i++) {
            char owner[64];
            snprintf(owner, sizeof owner, "%s/%s", name_of(NAME_NODE, i / PARTS, false).text,
                     name_of(NAME_PART, i % PARTS, false).text);
            print_publication(out, ns, service, owner, &n->agents[service][i / PARTS][i % PARTS]);
        }
        for (unsigned i = 0; i < FOREIGN; i++)
            print_publication(out, ns, service, name_of(NAME_FOREIGN, i, false).text,
                              &n->foreign[service][i]);
    }
}

static void print_check(struct buf *out, unsigned ns, unsigned node, const char *part,
                        unsigned check, const struct m_row *r)
{
    if (!r->there)
        return;
    buf_printf(out, "check %s %s/%s %s ", name_of(NAME_NS, ns, false).text,
               name_of(NAME_NODE, node, false).text, part,
               name_of(NAME_CHECK, check, r->shout).text);
    put_row(out, r);
    buf_printf(out, " notes=%u output=%u of=%s\n", r->notes, r->output,
               part[0] == 0 ? "" : name_of(NAME_SERVICE, r->of, r->of_shout).text);
}

static void print_nodes(struct buf *out, const struct m_ns *n, unsigned ns)
{
    for (unsigned i = 0; i < NODES; i++) {
        const struct m_row *r = &n->nodes[i];
        if (r->there) {
            buf_printf(out, "node %s %s ", name_of(NAME_NS, ns, false).text,
                       name_of(NAME_NODE, i, r->shout).text);
            put_row(out, r);
            buf_put_str(out, "\n");
        }
        if (n->node_states[i] > 0)
            buf_printf(out, "node-state %s %s %" PRIu64 "\n", name_of(NAME_NS, ns, false).text,
                       name_of(NAME_NODE, i, false).text, n->node_states[i]);
        for (unsigned c = 0; c < CHECKS; c++)
            print_check(out, ns, i, "", c, &n->node_checks[i][c]);
        for (unsigned p = 0; p < PARTS; p++) {
            const struct m_from *f = &n->from[i][p];
            for (unsigned c = 0; c < CHECKS; c++)
                print_check(out, ns, i, name_of(NAME_PART, p, false).text, c, &n->checks[i][p][c]);
            if (f->there)
                buf_printf(out, "from %s %s/%s %s\n", name_of(NAME_NS, ns, false).text,
                           name_of(NAME_NODE, i, false).text, name_of(NAME_PART, p, false).text,
                           name_of(NAME_SERVICE, f->service, f->shout).text);
        }
    }
}

static void print_services(struct buf *out, const struct m_ns *n, unsigned ns)
{
    for (unsigned i = 0; i < SERVICES; i++) {
        const struct m_state *s = &n->states[i];
        const char *ns_name = name_of(NAME_NS, ns, false).text;
        if (s->there)
            buf_printf(out, "state %s %s %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", ns_name,
                       name_of(NAME_SERVICE, i, s->shout).text, s->revision, s->last_removal, s->n);
        if (n->definitions[i].there) {
            buf_printf(out, "service %s %s ", ns_name, name_of(NAME_SERVICE, i, false).text);
            put_row(out, &n->definitions[i]);
            buf_put_str(out, "\n");
        }
        for (unsigned p = 0; p < PLACES; p++) {
            if (!n->overlays[i][p].there)
                continue;
            buf_printf(out, "overlay %s %s %s ", ns_name, name_of(NAME_SERVICE, i, false).text,
                       name_of(NAME_PLACE, p, false).text);
            put_row(out, &n->overlays[i][p]);
            buf_put_str(out, "\n");
        }
    }
}

void model_print(const struct model *m, struct buf *out)
{
    for (unsigned ns = 0; ns < NAMESPACES; ns++) {
        const struct m_ns *n = &m->ns[ns];
        const uint64_t *t = n->tables;
        print_nodes(out, n, ns);
        print_publications(out, n, ns);
        print_services(out, n, ns);
        for (unsigned i = 0; i < OBJECTS; i++) {
            if (!n->objects[i].there)
                continue;
            buf_printf(out, "object %s %s ", name_of(NAME_NS, ns, false).text,
                       name_of(NAME_OBJECT, i, false).text);
            put_row(out, &n->objects[i]);
            buf_put_str(out, "\n");
        }
        if (t[0] + t[1] + t[2] + t[3] + t[4] > 0)
            buf_printf(out,
                       "tables %s nodes=%" PRIu64 " services=%" PRIu64 " checks=%" PRIu64
                       " config=%" PRIu64 " extinct=%" PRIu64 "\n",
                       name_of(NAME_NS, ns, false).text, t[M_NODES], t[M_SERVICES], t[M_CHECKS],
                       t[M_CONFIG], t[M_EXTINCT]);
    }
}
