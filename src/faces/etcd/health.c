/* Health, the old way (/health: one answer with a reason) and the new one (named checks).
 *
 * What reads is asked of the hub like any other read, with the request timeout; what an alarm says
 * is known at once. */
#include "faces/etcd/health.h"

#include <string.h>

#include "base/mem.h"
#include "faces/etcd/core.h"
#include "faces/etcd/plain.h"

struct probe { /* one request, until its read is done */
    struct http_request *request;
    struct etcd_face *face;
    struct hub_read read;
    struct timer timeout;
    const struct granted *granted;
    void (*done)(struct probe *p, const char *failure); /* NULL: the read went well */
    const struct check_set *set;
};

static void free_probe(struct probe *p)
{
    timer_stop(&p->timeout);
    hub_read_cancel(p->face->hub, &p->read);
    mem_free(p);
}

static void finish(struct probe *p, const char *failure)
{
    http_watch(p->request, NULL, NULL, NULL);
    p->done(p, failure);
    free_probe(p);
}

static void read_ready(struct hub_read *r, enum err err, const struct view *view)
{
    finish(CONTAINER_OF(r, struct probe, read),
           err == OK ? NULL : etcd_status_of(etcd_refusal_of(err)).text);
}

static void timed_out(struct timer *t)
{
    finish(CONTAINER_OF(t, struct probe, timeout), etcd_status_of(ETCD_TIMED_OUT).text);
}

static void client_gone(void *self)
{
    free_probe(self);
}

static void probe(struct http_request *r, bool linearizable, const struct check_set *set,
                  void (*done)(struct probe *p, const char *failure))
{
    struct etcd_face *face = http_context(r);
    struct probe *p = mem_zalloc(1, sizeof *p);
    *p = (struct probe){ .request = r, .face = face, .done = done, .set = set };
    p->read = (struct hub_read){ .linearizable = linearizable,
                                 .granted = granted_self(),
                                 .ready = read_ready };
    timer_init(&p->timeout, face->loop, timed_out);
    timer_start(&p->timeout, face->options.request_timeout_ms);
    http_watch(r, p, NULL, client_gone);
    hub_read(face->hub, &p->read);
}

static bool is_excluded(struct http_request *r, const char *name)
{
    struct bytes value;
    for (size_t i = 0; http_query_get(r, "exclude", i, &value); i++)
        if (bytes_is(value, name))
            return true;
    return false;
}

/* -- /health ---------------------------------------------------------------------------------- */

static void answer_old(struct http_request *r, const char *reason)
{
    struct etcd_face *face = http_context(r);
    bool well = reason == NULL;
    etcd_count(well ? face->metrics.health_ok : face->metrics.health_failed, 1);
    const char *body = arena_printf(http_arena(r), "{\"health\":\"%s\",\"reason\":\"%s\"}%s",
                                    well ? "true" : "false", well ? "" : reason, well ? "" : "\n");
    if (well)
        http_respond(r, 200, "text/plain; charset=utf-8", NULL, 0, bytes_str(body));
    else
        plain_text(r, 503, body);
}

static void old_read(struct probe *p, const char *failure)
{
    const char *reason =
        failure == NULL ? NULL : arena_printf(http_arena(p->request), "RANGE ERROR:%s", failure);
    answer_old(p->request, reason);
}

void health_old(struct http_request *r)
{
    struct etcd_face *face = http_context(r);
    if (!plain_is_get(r))
        return;
    static const enum alarm_kind kinds[] = { ALARM_NOSPACE, ALARM_CORRUPT };
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        const char *name = alarm_name(kinds[i]);
        if (face->alarms.is_set[kinds[i]] && !is_excluded(r, name)) {
            answer_old(r, arena_printf(http_arena(r), "ALARM %s", name));
            return;
        }
    }
    struct bytes serializable;
    bool local =
        http_query_get(r, "serializable", 0, &serializable) && bytes_is(serializable, "true");
    face_look(face);
    if (!local && face->leader == 0)
        answer_old(r, "RAFT NO LEADER");
    else
        probe(r, !local, NULL, old_read);
}

/* -- /livez and /readyz ----------------------------------------------------------------------- */

enum check {
    CHECK_DATA_CORRUPTION,
    CHECK_SERIALIZABLE,
    CHECK_LINEARIZABLE,
    CHECK_NON_LEARNER,
    CHECKS
};

static const char *const check_names[CHECKS] = { "data_corruption", "serializable_read",
                                                 "linearizable_read", "non_learner" };

struct check_set {
    const char *path, *type;
    unsigned checks; /* bits */
};

static const struct check_set livez = { "/livez", "livez", BIT(CHECK_SERIALIZABLE) };
static const struct check_set readyz = { "/readyz", "readyz", BIT(CHECKS) - 1 };

/* The checks that the request asks for: all but the excluded, or the one it names. 0: none such. */
static unsigned wanted_checks(struct http_request *r, const struct check_set *set)
{
    bool all = http_path(r).n == strlen(set->path);
    struct bytes name = bytes_skip(http_path(r), strlen(set->path) + 1);
    unsigned wanted = 0;
    for (unsigned i = 0; i < CHECKS; i++) {
        bool asked = all ? !is_excluded(r, check_names[i]) : bytes_is(name, check_names[i]);
        if ((set->checks & BIT(i)) && asked)
            wanted |= BIT(i);
    }
    return wanted;
}

static const char *check_failure(struct probe *p, enum check check, const char *read_failure)
{
    switch (check) {
    case CHECK_DATA_CORRUPTION:
        return p->face->alarms.is_set[ALARM_CORRUPT] ? "alarm activated: CORRUPT" : NULL;
    case CHECK_SERIALIZABLE:
    case CHECK_LINEARIZABLE:
        return read_failure;
    case CHECK_NON_LEARNER:
    case CHECKS:
        break;
    }
    return NULL; /* a learner serves no face */
}

static void checks_done(struct probe *p, const char *read_failure)
{
    struct http_request *r = p->request;
    unsigned wanted = wanted_checks(r, p->set);
    struct buf lines;
    struct bytes verbose;
    bool failed = false;
    buf_init(&lines, 4096);
    for (unsigned i = 0; i < CHECKS; i++) {
        if ((wanted & BIT(i)) == 0)
            continue;
        const char *failure = check_failure(p, (enum check)i, read_failure);
        etcd_metrics_check(&p->face->metrics, p->set->type, check_names[i], failure == NULL);
        if (failure == NULL)
            buf_printf(&lines, "[+]%s ok\n", check_names[i]);
        else
            buf_printf(&lines, "[-]%s failed: %s\n", check_names[i], failure);
        failed = failed || failure != NULL;
    }
    if (!failed && !http_query_get(r, "verbose", 0, &verbose))
        buf_clear(&lines, SIZE_MAX);
    buf_put_str(&lines, failed ? "\n" : "ok\n");
    plain_text(r, failed ? 503 : 200, arena_str(http_arena(r), buf_bytes(&lines)));
    buf_fini(&lines);
}

static void run_checks(struct http_request *r, const struct check_set *set)
{
    bool names_one = http_path(r).n > strlen(set->path);
    unsigned wanted = wanted_checks(r, set);
    if (names_one && wanted == 0)
        plain_text(r, 404, "404 page not found\n");
    else if (plain_is_get(r))
        probe(r, (wanted & BIT(CHECK_LINEARIZABLE)) != 0, set, checks_done);
}

void health_livez(struct http_request *r)
{
    run_checks(r, &livez);
}

void health_readyz(struct http_request *r)
{
    run_checks(r, &readyz);
}
