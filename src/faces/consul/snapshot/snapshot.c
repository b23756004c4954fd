/* /v1/snapshot. Saving reads a view of its own, some rows a turn, and packs them as they come; the
 * archive is answered when it is whole. Restoring is one command: all of it or nothing. */
#include <inttypes.h>
#include <time.h>

#include "faces/consul/call/answer.h"
#include "faces/consul/call/areas.h"
#include "faces/consul/call/ask.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/facts.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/snapshot/load.h"
#include "faces/consul/snapshot/scan.h"
#include "loop/loop.h"

enum { COMMAND_MAX = 32 * 1024 * 1024, CONTENT_MAX = 2 * 1024 * 1024, META_MAX = 64 * 1024 };

/* -- saving ----------------------------------------------------------------------------------- */

struct saving {
    struct hub_long_read read;
    struct consul_call *c;
    struct snapshot_scan scan;
    struct archive *archive;
    struct arena scratch;
    struct buf content;
    bool member_is_given;
};

static void end_saving(struct saving *s)
{
    archive_free(s->archive);
    s->archive = NULL;
    arena_fini(&s->scratch);
    buf_fini(&s->content);
}

static void give_up_saving(struct consul_call *c)
{
    struct saving *s = c->state;
    hub_long_read_cancel(&s->read);
    end_saving(s);
}

static void add_item(void *ctx, enum archive_kind kind, const struct restore_item *item,
                     bool is_member)
{
    struct saving *s = ctx;
    buf_clear(&s->content, CONTENT_MAX);
    if (is_member)
        buf_put_u8(&s->content, SNAPSHOT_MEMBER);
    restore_item_write(item, &s->content);
    archive_put(s->archive, kind, buf_bytes(&s->content));
}

static enum err save_some(struct hub_long_read *r, const struct view *view, bool *ret_done)
{
    struct saving *s = CONTAINER_OF(r, struct saving, read);
    if (s->archive == NULL)
        s->archive = archive_new(view_revision(view));
    enum err e =
        snapshot_scan_some(&s->scan, view, &s->c->face->self, &s->scratch, add_item, s, ret_done);
    return e == OK && archive_state_bytes(s->archive) > ARCHIVE_STATE_MAX ? ERR_TOO_BIG : e;
}

/* What Raft's library says of a snapshot; Consul's tools read it. */
static void write_meta(struct saving *s, const struct view *view, struct buf *out)
{
    struct consul_call *c = s->c;
    struct json_writer j;
    uint64_t term = view_applied_term(view), index = view_revision(view);
    json_init(&j, out);
    json_open_object(&j);
    json_add_uint(&j, "Version", 1);
    json_add_str(&j, "ID",
                 arena_printf(consul_arena(c), "%" PRIu64 "-%" PRIu64 "-%" PRIu64, term, index,
                              clock_wall_ms()));
    json_add_uint(&j, "Index", index);
    json_add_uint(&j, "Term", term);
    json_add_null(&j, "Peers");
    json_add_object(&j, "Configuration");
    json_add_array(&j, "Servers");
    json_open_object(&j);
    json_add_uint(&j, "Suffrage", 0);
    json_add_str(&j, "ID", c->face->self.node_id);
    json_add_str(&j, "Address", consul_server_address(&c->face->self, consul_arena(c)));
    json_close_object(&j);
    json_close_array(&j);
    json_close_object(&j);
    json_add_uint(&j, "ConfigurationIndex", 1);
    json_add_uint(&j, "Size", archive_state_bytes(s->archive));
    json_close_object(&j);
}

static void answer_archive(struct saving *s, const struct view *view)
{
    struct consul_call *c = s->c;
    struct buf meta;
    buf_init(&meta, META_MAX);
    write_meta(s, view, &meta);
    c->index = view_revision(view);
    enum err e = archive_end(s->archive, buf_bytes(&meta), clock_wall_ms() / 1000, consul_body(c));
    buf_fini(&meta);
    end_saving(s);
    if (e == OK)
        consul_answer_packed(c, 200, "application/x-gzip");
    else
        consul_fail(c, e);
}

static void saved(struct hub_long_read *r, enum err e, const struct view *view)
{
    struct saving *s = CONTAINER_OF(r, struct saving, read);
    struct consul_call *c = s->c;
    consul_waits_no_more(c);
    if (e == OK) {
        answer_archive(s, view);
        return;
    }
    end_saving(s);
    if (e == ERR_TOO_BIG)
        consul_refuse_text(c, 500,
                           "the state is larger than what a snapshot holds (%d bytes): copy all "
                           "of the server with `muster snapshot save`",
                           ARCHIVE_STATE_MAX);
    else if (e == ERR_DENIED || e == ERR_UNAUTHENTICATED)
        consul_refuse_denied(c, e);
    else
        consul_fail(c, e);
}

static void handle_save(struct consul_call *c)
{
    if (!consul_grant(c, ACCESS_WRITE, ACCESS_ACL, bytes_str("")))
        return;
    struct saving *s = arena_zalloc(consul_arena(c), 1, sizeof *s);
    s->c = c;
    s->scan.arena = consul_arena(c);
    s->read = (struct hub_long_read){ .granted = c->granted, .step = save_some, .ready = saved };
    arena_init(&s->scratch, 0);
    buf_init(&s->content, CONTENT_MAX);
    c->state = s;
    consul_wait(c, give_up_saving);
    hub_long_read(c->face->hub, &s->read);
}

/* -- restoring -------------------------------------------------------------------------------- */

static void restored(struct consul_call *c, const struct command_result *result)
{
    consul_answer_empty(c);
}

static const char *fault_text(enum restore_fault fault)
{
    switch (fault) {
    case RESTORE_CHANGE_REFUSED:
        return "what it belongs to is not in the snapshot";
    case RESTORE_TWICE:
        return "it is in the snapshot twice";
    case RESTORE_NO_LEASE:
        return "its lease is not in the snapshot, or taken";
    case RESTORE_NO_SESSION:
        return "the session that holds it is not in the snapshot";
    case RESTORE_MANY_LOCKS:
        return "its session holds too many locks";
    }
    return "";
}

static bool refuse_restore(struct consul_call *c, enum err e, const struct command_result *result)
{
    if (e == ERR_REFUSED) {
        const struct restore_refusal *r = result->upper;
        consul_refuse_text(c, 500, "failed restoring snapshot: %s: %s", consul_quoted(c, r->key),
                           fault_text(r->fault));
    } else if (e == ERR_MALFORMED || e == ERR_TOO_BIG) {
        consul_refuse_text(c, 500, "failed restoring snapshot: %s", err_text(e));
    } else {
        return false;
    }
    return true;
}

static uint64_t draw(void *ctx)
{
    return consul_random(ctx);
}

static void handle_restore(struct consul_call *c)
{
    struct snapshot_load load = { &c->face->self, clock_wall_ms(), draw, c->face };
    struct why why = { 0 };
    struct buf body;
    if (consul_param_is_given(c, "stale")) {
        consul_refuse_text(c, 500, "stale not allowed for restore");
        return;
    }
    if (!consul_grant(c, ACCESS_WRITE, ACCESS_ACL, bytes_str("")))
        return;
    buf_init(&body, COMMAND_MAX);
    c->on_refused = refuse_restore;
    if (snapshot_load(&load, http_body(c->request), &body, &why) == OK)
        consul_submit_alone(c, COMMAND_RESTORE, buf_bytes(&body), restored);
    else
        consul_refuse_text(c, 500, "failed to read snapshot file: %s", why.text);
    buf_fini(&body);
}

static const struct consul_route routes[] = {
    { .method = "GET",
      .path = "/v1/snapshot",
      .handle = handle_save,
      .flags = CONSUL_INDEXED,
      .access = "acl:write",
      .does = "an archive of all that Consul shows, ACLs and the certificate authority's key too: "
              "Consul's tools check it, only Muster restores it; up to 31 MiB unpacked",
      .test = "test_snapshot what_was_saved_is_restored_on_another_server" },
    { .method = "PUT",
      .path = "/v1/snapshot",
      .handle = handle_restore,
      .body_max = ARCHIVE_MAX,
      .access = "acl:write",
      .does = "nothing: what the archive holds stands, in one change and at new indexes; what "
              "other protocols have registered stays. 500 for an archive that is damaged or "
              "Consul's own, and nothing is changed",
      .test = "test_snapshot what_was_saved_is_restored_on_another_server" },
};

const struct consul_area consul_snapshot_area = { "snapshot", routes, ARRAY_LEN(routes) };
