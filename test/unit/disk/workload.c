/* The judge's rule: what is found is what was acknowledged before the step that was cut off, or
 * what stands after it; nothing between, nothing else. */
#include "workload.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "disk/snapshot_file.h"
#include "disk/snapshot_dir.h"

enum { SNAPSHOT_BLOCKS = 3, SNAPSHOT_PIECE = 700 };

size_t random_steps(uint64_t seed, struct step *steps, size_t max)
{
    static const unsigned weights[] = { 10, 3, 3, 4, 2, 1, 3, 1, 1 };
    static const size_t sizes[] = { 0, 1, 300, 300, 4000, 5000, 9000, 40000 };
    struct dice dice = dice_of(seed, 1);
    size_t n = dice_between(&dice, max / 2, max);
    for (size_t i = 0; i < n; i++) {
        struct step s = { .kind = (enum step_kind)dice_weighted(&dice, weights, 9) };
        s.a = dice_between(&dice, 1, 4);
        s.b = sizes[dice_below(&dice, ARRAY_LEN(sizes))];
        steps[i] = s;
    }
    return n;
}

void life_begin(struct life *life, struct sim_fs *sim)
{
    *life = (struct life){ .sim = sim };
    life->acknowledged.first_min = 1;
    life->next = life->acknowledged;
}

void life_end(struct life *life)
{
    log_close(life->log);
    life->log = NULL;
}

static struct fs *files(struct life *life)
{
    return sim_fs_fs(life->sim);
}

static enum err open_log(struct life *life)
{
    struct readback read;
    return fixture_open(files(life), life->next.base, &read, &life->log, &life->why);
}

/* ---- steps ---- */

static enum err append(struct life *life, uint64_t index, size_t n, size_t size, bool hard)
{
    struct model *m = &life->next;
    struct fact facts[16] = { 0 };
    for (size_t i = 0; i < n; i++) {
        assert(index + i < FACTS_MAX);
        facts[i] = (struct fact){ index + i, m->last_term, ++life->stamp, size };
        if (size < 8) /* the stamp is cut to the payload */
            facts[i].stamp &= size == 0 ? 0 : 0xff;
        m->facts[index + i] = facts[i];
    }
    if (n > 0)
        m->last = index + n - 1;
    if (hard)
        m->hard = (struct log_hard){ m->last_term, ++life->stamp, m->last };
    return fixture_append(life->log, facts, n, hard ? &m->hard : NULL, &life->why);
}

static enum err replace(struct life *life, size_t n, size_t size)
{
    struct model *m = &life->next;
    uint64_t from = m->last > m->base + 2 ? m->last - 1 : m->base + 1;
    m->last_term++;
    return append(life, from, n, size, false);
}

static enum err cut(struct life *life, size_t keep)
{
    struct model *m = &life->next;
    if (m->last > m->base + keep)
        m->base = m->last - keep;
    return log_cut(life->log, m->base + 1, &life->why);
}

static enum err reset(struct life *life, size_t ahead)
{
    struct model *m = &life->next;
    m->base = m->last = m->last + ahead;
    m->first_min = m->base + 1;
    m->hard = (struct log_hard){ ++m->last_term, ++life->stamp, m->last };
    return log_reset(life->log, m->base, m->last_term, &m->hard, &life->why);
}

static enum err recycle(struct life *life, size_t times)
{
    enum err e = OK;
    bool done = false;
    for (size_t i = 0; e == OK && i < times; i++)
        e = log_recycle(life->log, &done, &life->why);
    return e;
}

static struct bytes piece_of(uint8_t room[SNAPSHOT_PIECE], uint64_t index, size_t block)
{
    memset(room, (int)(index * 7 + block), SNAPSHOT_PIECE);
    return bytes_of(room, SNAPSHOT_PIECE);
}

static enum err write_snapshot(struct life *life, uint64_t index)
{
    struct snapshot_file *f;
    char path[64];
    uint8_t room[SNAPSHOT_PIECE];
    struct snapshot_head head = { .index = index, .term = 1, .members = bytes_str("members") };
    snapshot_dir_path("snap", index, path, sizeof path);
    enum err e = snapshot_file_create(files(life), path, &head, &f, &life->why);
    if (e != OK)
        return e;
    for (size_t i = 0; i < SNAPSHOT_BLOCKS; i++) {
        e = snapshot_file_write(f, piece_of(room, index, i), &life->why);
        if (e != OK) {
            snapshot_file_abort(f);
            return e;
        }
    }
    return snapshot_file_finish(f, &life->why);
}

static enum err snapshot(struct life *life)
{
    struct model *m = &life->next;
    uint64_t index = ++life->stamp, older;
    enum err e = write_snapshot(life, index);
    if (e != OK)
        return e;
    m->snapshots[1] = m->snapshots[0];
    m->snapshots[0] = index;
    life->acknowledged = *m;
    return snapshot_dir_prune(files(life), "snap", &older, &life->why);
}

static enum err take_step(struct life *life, const struct step *step)
{
    uint64_t end = life->next.last + 1;
    switch (step->kind) {
    case STEP_APPEND:
        return append(life, end, step->a, step->b, false);
    case STEP_HARD:
        return append(life, end, 0, 0, true);
    case STEP_BOTH:
        return append(life, end, step->a, step->b, true);
    case STEP_REPLACE:
        return replace(life, step->a, step->b);
    case STEP_CUT:
        return cut(life, step->a);
    case STEP_RESET:
        return reset(life, step->a);
    case STEP_RECYCLE:
        return recycle(life, step->a);
    case STEP_SNAPSHOT:
        return snapshot(life);
    case STEP_REOPEN:
        life_end(life);
        return open_log(life);
    }
    return ERR_INVALID;
}

enum err life_run(struct life *life, const struct step *steps, size_t n)
{
    enum err e = open_log(life);
    for (size_t i = 0; e == OK && i < n; i++) {
        e = take_step(life, &steps[i]);
        if (e == OK)
            life->acknowledged = life->next;
    }
    return e;
}

/* ---- the judge ---- */

static bool same_fact(const struct fact *a, const struct fact *b)
{
    return a->index == b->index && a->term == b->term && a->n == b->n && a->stamp == b->stamp;
}

static const char *compare(const struct model *m, const struct readback *read)
{
    const struct log_found *f = &read->found;
    if (read->broken)
        return "a payload that nobody wrote";
    if (f->last != m->last)
        return "the last index is another";
    if (f->first > m->base + 1 || f->first < m->first_min)
        return "the first index is another";
    if (memcmp(&f->hard, &m->hard, sizeof m->hard) != 0)
        return "the hard state is another";
    if (read->n != f->last + 1 - f->first)
        return "entries are missing";
    for (size_t i = 0; i < read->n; i++) {
        if (read->facts[i].index != f->first + i)
            return "indexes are not in order";
        if (!same_fact(&read->facts[i], &m->facts[f->first + i]))
            return "an entry is another";
    }
    return NULL;
}

struct snapshot_check {
    uint64_t index;
    size_t blocks;
    bool wrong;
};

static enum err check_head(void *ctx, const struct snapshot_head *head)
{
    struct snapshot_check *c = ctx;
    c->wrong |= head->index != c->index || !bytes_is(head->members, "members");
    return OK;
}

static enum err check_body(void *ctx, struct bytes body)
{
    struct snapshot_check *c = ctx;
    uint8_t room[SNAPSHOT_PIECE];
    c->wrong |= !bytes_eq(body, piece_of(room, c->index, c->blocks++));
    return OK;
}

static const char *judge_snapshots(struct life *life)
{
    const uint64_t *want = life->acknowledged.snapshots;
    uint64_t below = UINT64_MAX, index;
    if (snapshot_dir_clean(files(life), "snap", &life->why) != OK)
        return "the snapshots' folder cannot be cleaned";
    bool seen[2] = { want[0] == 0, want[1] == 0 };
    while (snapshot_dir_newest(files(life), "snap", below, &index, &life->why) == OK) {
        char path[64];
        struct snapshot_check c = { .index = index };
        snapshot_dir_path("snap", index, path, sizeof path);
        if (snapshot_read_file(files(life), path, check_head, check_body, &c, &life->why) != OK ||
            c.wrong || c.blocks != SNAPSHOT_BLOCKS)
            return "a snapshot is not whole";
        seen[0] |= index == want[0];
        seen[1] |= index == want[1];
        below = index;
    }
    return seen[0] && seen[1] ? NULL : "a finished snapshot is gone";
}

const char *life_judge(struct life *life)
{
    struct readback read;
    life->why.text[0] = '\0';
    enum err e = fixture_open(files(life), life->next.base, &read, &life->log, &life->why);
    if (e != OK)
        return "it does not open";
    const char *wrong = compare(&life->acknowledged, &read);
    const char *wrong_after = compare(&life->next, &read);
    if (wrong != NULL && wrong_after != NULL)
        return wrong;
    life->next = wrong == NULL ? life->acknowledged : life->next;
    if (append(life, life->next.last + 1, 1, 100, true) != OK)
        return "it takes no more writes";
    life_end(life);
    if (fixture_open(files(life), life->next.base, &read, &life->log, &life->why) != OK)
        return "it does not open again";
    wrong = compare(&life->next, &read);
    return wrong != NULL ? wrong : judge_snapshots(life);
}
