/* Requests to the face of the first io thread, one after the other: what a client would send. */
#include "server/definitions.h"

#include <errno.h>
#include <semaphore.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "disk/text_file.h"
#include "faces/consul/registry/definition.h"
#include "loop/mailbox.h"
#include "net/http_inner.h"
#include "server/parts.h"

#define LIST_NAME "definitions"

enum { APPLY_MS = 10000, WITHDRAW_MS = 1000, LIST_MAX = 16 * 1024 * 1024 };

struct step {
    const char *target;
    struct bytes body, token;
    const char *what; /* for the person */
    bool may_be_absent;
};

/* One round of requests. The main thread waits for its end, or leaves it to run out. */
struct round {
    struct mail mail;
    struct parts *parts;
    struct arena arena;
    struct step *steps;
    size_t n, at;
    bool waits, runs;
    struct why why; /* of the first that failed */
    sem_t done;
    _Atomic int users; /* the waiting thread and the running one */
};

struct definitions {
    struct parts *parts;
    const char *dir;
    struct buf standing; /* "service ID" or "check ID", a line each */
};

/* -- a round ---------------------------------------------------------------------------------- */

static void round_release(struct round *r)
{
    if (atomic_fetch_sub(&r->users, 1) > 1)
        return;
    sem_destroy(&r->done);
    arena_fini(&r->arena);
    mem_free(r);
}

static void run_steps(struct round *r);

static void step_answered(void *ctx, int status, struct bytes body)
{
    struct round *r = ctx;
    const struct step *s = &r->steps[r->at++];
    bool is_fine = status == 200 || (status == 404 && s->may_be_absent);
    if (!is_fine && r->why.text[0] == 0)
        IGNORE(why_set(&r->why, ERR_INVALID, "%s: %.*s", s->what,
                       (int)(body.n < 300 ? body.n : 300), (const char *)body.p));
    r->waits = false;
    run_steps(r);
}

static void ask(struct round *r)
{
    const struct step *s = &r->steps[r->at];
    struct http_header token = { bytes_str("x-consul-token"), s->token };
    struct http_inner_ask question = { .method = bytes_str("PUT"),
                                       .target = bytes_str(s->target),
                                       .body = s->body,
                                       .headers = &token,
                                       .header_n = s->token.n > 0 ? 1 : 0 };
    r->waits = true;
    parts_ask_consul(r->parts, &question, step_answered, r);
}

/* An answer may come inside the question: no deeper than that. */
static void run_steps(struct round *r)
{
    if (r->runs)
        return;
    r->runs = true;
    while (r->at < r->n && !r->waits)
        ask(r);
    r->runs = false;
    if (r->waits)
        return;
    sem_post(&r->done);
    round_release(r);
}

static void deliver_round(struct mail *mail)
{
    run_steps(CONTAINER_OF(mail, struct round, mail));
}

static struct round *round_new(struct parts *p, size_t room)
{
    struct round *r = mem_zalloc(1, sizeof *r);
    r->parts = p;
    arena_init(&r->arena, 0);
    r->steps = arena_zalloc(&r->arena, room + 1, sizeof *r->steps);
    sem_init(&r->done, 0, 0);
    atomic_init(&r->users, 2);
    return r;
}

/* False if it has not ended in time: then it goes on by itself. */
static bool round_run(struct round *r, uint64_t ms)
{
    uint64_t end = clock_now_ns() + ms * 1000000;
    struct timespec until = { .tv_sec = (time_t)(end / 1000000000),
                              .tv_nsec = (long)(end % 1000000000) };
    r->mail.deliver = deliver_round;
    mailbox_send(parts_consul_box(r->parts), &r->mail);
    int code;
    do
        code = sem_clockwait(&r->done, CLOCK_MONOTONIC, &until);
    while (code != 0 && errno == EINTR);
    return code == 0;
}

/* -- names ------------------------------------------------------------------------------------ */

static bool next_line(struct bytes *rest, struct bytes *ret)
{
    const uint8_t *end = rest->n > 0 ? memchr(rest->p, '\n', rest->n) : NULL;
    if (end == NULL)
        return false;
    *ret = bytes_of(rest->p, (size_t)(end - rest->p));
    *rest = bytes_skip(*rest, ret->n + 1);
    return true;
}

static bool has_line(struct bytes lines, struct bytes line)
{
    struct bytes one;
    while (next_line(&lines, &one))
        if (bytes_eq(one, line))
            return true;
    return false;
}

static void write_down(const struct definitions *d)
{
    struct why why = { 0 };
    if (text_file_write(fs_posix(), d->dir, LIST_NAME, buf_bytes(&d->standing), &why) != OK)
        log_warn("definitions: what files define cannot be written down: %s", why.text);
}

/* ID as a part of a path. */
static const char *path_part(struct arena *arena, struct bytes id)
{
    static const char hex[] = "0123456789ABCDEF";
    char *out = arena_alloc(arena, 3 * id.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < id.n; i++) {
        uint8_t c = id.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '_' || c == '.';
        if (plain) {
            out[n++] = (char)c;
            continue;
        }
        out[n++] = '%';
        out[n++] = hex[c >> 4];
        out[n++] = hex[c & 15];
    }
    out[n] = 0;
    return out;
}

static void add_removal(struct round *r, struct bytes line)
{
    bool is_check = bytes_starts(line, bytes_str("check "));
    struct bytes id = bytes_skip(line, is_check ? 6 : 8);
    r->steps[r->n++] = (struct step){
        .target = arena_printf(&r->arena, "/v1/agent/%s/deregister/%s",
                               is_check ? "check" : "service", path_part(&r->arena, id)),
        .what = arena_printf(&r->arena, "%.*s", (int)line.n, (const char *)line.p),
        .may_be_absent = true,
    };
}

static size_t count_lines(struct bytes lines)
{
    struct bytes one;
    size_t n = 0;
    while (next_line(&lines, &one))
        n++;
    return n;
}

/* -- applying --------------------------------------------------------------------------------- */

static bool is_check_key(const char *key)
{
    return strncmp(key, "check", 5) == 0;
}

static enum err add_registration(struct round *r, const struct agent_definition *a,
                                 struct buf *lines, struct why *why)
{
    struct consul_definition c;
    struct why inner = { 0 };
    bool is_check = is_check_key(a->key);
    if (consul_definition_read(a->node, is_check, &r->arena, &c, &inner) != OK)
        return why_set(why, ERR_INVALID, "%s: %s", a->file, inner.text);
    buf_printf(lines, "%s %s\n", is_check ? "check" : "service", c.id);
    r->steps[r->n++] = (struct step){
        .target = is_check ? "/v1/agent/check/register"
                           : "/v1/agent/service/register?replace-existing-checks=true",
        .body = c.body,
        .token = c.token,
        .what =
            arena_printf(&r->arena, "%s: %s '%s'", a->file, is_check ? "check" : "service", c.id),
    };
    return OK;
}

/* Services before the checks that are bound to them. */
static enum err add_registrations(struct round *r, const struct agent_config *a, bool checks,
                                  struct buf *lines, struct why *why)
{
    enum err e = OK;
    for (size_t i = 0; i < a->definition_n && e == OK; i++)
        if (is_check_key(a->definitions[i].key) == checks)
            e = add_registration(r, &a->definitions[i], lines, why);
    return e;
}

static enum err plan(struct round *r, const struct definitions *d, const struct agent_config *a,
                     struct buf *lines, struct why *why)
{
    struct bytes standing = buf_bytes(&d->standing), line;
    enum err e = add_registrations(r, a, false, lines, why);
    if (e == OK)
        e = add_registrations(r, a, true, lines, why);
    if (e != OK)
        return e;
    while (next_line(&standing, &line))
        if (!has_line(buf_bytes(lines), line))
            add_removal(r, line);
    return OK;
}

/* Once it is so. */
static void tell(size_t defined, size_t withdrawn)
{
    if (defined + withdrawn > 0)
        log_info("definitions: services and checks of files defined=%zu withdrawn=%zu", defined,
                 withdrawn);
}

enum err definitions_apply(struct definitions *d, const struct agent_config *a, struct why *why)
{
    struct buf lines;
    struct round *r = round_new(d->parts, a->definition_n + count_lines(buf_bytes(&d->standing)));
    buf_init(&lines, LIST_MAX);
    enum err e = plan(r, d, a, &lines, why);
    if (e != OK) {
        buf_fini(&lines);
        round_release(r);
        round_release(r);
        return e;
    }
    buf_put_bytes(&d->standing, buf_bytes(&lines)); /* both, until what goes is gone */
    write_down(d);
    if (!round_run(r, APPLY_MS))
        e = why_set(why, ERR_INVALID, "what the files define was not registered in %d s",
                    APPLY_MS / 1000);
    else if (r->why.text[0] != 0)
        e = why_set(why, ERR_INVALID, "%s", r->why.text);
    else
        tell(count_lines(buf_bytes(&lines)), r->n - count_lines(buf_bytes(&lines)));
    buf_clear(&d->standing, SIZE_MAX);
    buf_put_bytes(&d->standing, buf_bytes(&lines));
    write_down(d);
    buf_fini(&lines);
    round_release(r);
    return e;
}

void definitions_withdraw(struct definitions *d)
{
    struct bytes standing = buf_bytes(&d->standing), line;
    struct round *r = round_new(d->parts, count_lines(standing));
    while (next_line(&standing, &line))
        add_removal(r, line);
    if (r->n == 0 || round_run(r, WITHDRAW_MS)) {
        if (r->n == 0)
            round_release(r);
        buf_clear(&d->standing, SIZE_MAX);
        write_down(d);
    }
    round_release(r);
}

struct definitions *definitions_new(struct parts *p)
{
    struct definitions *d = mem_zalloc(1, sizeof *d);
    struct why why = { 0 };
    d->parts = p;
    d->dir = parts_data_dir(p);
    buf_init(&d->standing, 2 * LIST_MAX);
    enum err e = text_file_read(fs_posix(), d->dir, LIST_NAME, &d->standing, &why);
    if (e != OK && e != ERR_NOT_FOUND)
        log_warn("definitions: what files defined before is not known: %s", why.text);
    return d;
}

void definitions_free(struct definitions *d)
{
    if (d == NULL)
        return;
    buf_fini(&d->standing);
    mem_free(d);
}
