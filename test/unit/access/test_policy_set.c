#include "access/policy_set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "test/lib/dice.h"

/* -- tables: rules, a question, who decides ------------------------------------------------------
 */

/* "K kind" is written as the word of a rule: name, '*' after it for a prefix. */
struct row {
    struct {
        const char *name; /* NULL: no more rules; "app/ *" without the blank: a prefix */
        unsigned grants;
    } rules[4];
    const char *asked;
    enum access_verb verb;
    bool is_allowed;
    int decided_by; /* index of the rule; -1: the default */
};

static struct access_rule rule_of(enum access_kind kind, const char *name, unsigned grants)
{
    struct access_rule rule = { .kind = kind, .name = bytes_str(name), .grants = grants };
    if (rule.name.n > 0 && rule.name.p[rule.name.n - 1] == '*') {
        rule.name.n--;
        rule.match = ACCESS_PREFIX;
    }
    return rule;
}

static void check_row(const struct row *row, bool is_open)
{
    static const char *const sources[] = { "0", "1", "2", "3" };
    struct access_rule rules[4];
    const struct policy_set *set;
    size_t n = 0;
    for (; n < 4 && row->rules[n].name != NULL; n++) {
        rules[n] = rule_of(ACCESS_KEY, row->rules[n].name, row->rules[n].grants);
        rules[n].source = bytes_str(sources[n]);
    }
    assert_int_equal(policy_set_new(rules, n, is_open, &set), OK);
    struct access_answer answer = policy_set_check(
        set, &(struct access_question){
                 .verb = row->verb, .kind = ACCESS_KEY, .name = bytes_str(row->asked) });
    int decided_by = answer.rule == NULL ? -1 : answer.rule->source.p[0] - '0';
    if (answer.is_allowed != row->is_allowed || decided_by != row->decided_by)
        fail_msg("'%s': %d by %d, wanted %d by %d", row->asked, answer.is_allowed, decided_by,
                 row->is_allowed, row->decided_by);
    policy_set_unref(set);
}

#define R ACCESS_GRANT_READ
#define W ACCESS_GRANT_WRITE
#define L ACCESS_GRANT_LIST
#define D ACCESS_GRANT_DENY

static void the_nearest_rule_decides(void **state)
{
    static const struct row rows[] = {
        /* one rule */
        { { { "a", R } }, "a", ACCESS_READ, true, 0 },
        { { { "a", R } }, "ab", ACCESS_READ, false, -1 },
        { { { "a", R } }, "", ACCESS_READ, false, -1 },
        { { { "a*", R } }, "a", ACCESS_READ, true, 0 },
        { { { "a*", R } }, "ab", ACCESS_READ, true, 0 },
        { { { "a*", R } }, "b", ACCESS_READ, false, -1 },
        { { { "*", R } }, "", ACCESS_READ, true, 0 },
        { { { "*", R } }, "\xff\xff", ACCESS_READ, true, 0 },
        { { { "\xff*", R } }, "\xff\xff", ACCESS_READ, true, 0 },
        { { { "a\xff*", R } }, "a\xff\xff", ACCESS_READ, true, 0 },
        { { { "a\xff*", R } }, "b", ACCESS_READ, false, -1 },
        /* levels */
        { { { "a", R } }, "a", ACCESS_LIST, false, 0 },
        { { { "a", R } }, "a", ACCESS_WRITE, false, 0 },
        { { { "a", L } }, "a", ACCESS_READ, true, 0 },
        { { { "a", L } }, "a", ACCESS_LIST, true, 0 },
        { { { "a", L } }, "a", ACCESS_WRITE, false, 0 },
        { { { "a", W } }, "a", ACCESS_READ, true, 0 },
        { { { "a", W } }, "a", ACCESS_LIST, true, 0 },
        { { { "a", W } }, "a", ACCESS_WRITE, true, 0 },
        { { { "a", D } }, "a", ACCESS_READ, false, 0 },
        /* the exact one before any prefix */
        { { { "a*", W }, { "ab", D } }, "ab", ACCESS_READ, false, 1 },
        { { { "a*", W }, { "ab", D } }, "abc", ACCESS_READ, true, 0 },
        { { { "a*", D }, { "ab", W } }, "ab", ACCESS_WRITE, true, 1 },
        { { { "a*", D }, { "a", R } }, "a", ACCESS_READ, true, 1 },
        { { { "a", R }, { "a*", D } }, "a", ACCESS_READ, true, 0 },
        { { { "a", R }, { "a*", D } }, "ab", ACCESS_READ, false, 1 },
        { { { "a", R }, { "a*", W } }, "a", ACCESS_WRITE, false, 0 },
        /* the longest prefix before shorter ones */
        { { { "*", D }, { "a*", R }, { "ab*", W } }, "abc", ACCESS_WRITE, true, 2 },
        { { { "*", D }, { "a*", R }, { "ab*", W } }, "ac", ACCESS_WRITE, false, 1 },
        { { { "*", D }, { "a*", R }, { "ab*", W } }, "b", ACCESS_READ, false, 0 },
        { { { "ab*", D }, { "a*", W } }, "ab", ACCESS_READ, false, 0 },
        { { { "a*", R }, { "a\xff*", D }, { "b*", W } }, "b", ACCESS_WRITE, true, 2 },
        { { { "a*", R }, { "a\xff*", D } }, "b", ACCESS_READ, false, -1 },
        /* the strictest of the same name: deny, write, list, read */
        { { { "a", W }, { "a", D } }, "a", ACCESS_READ, false, 1 },
        { { { "a", D }, { "a", W } }, "a", ACCESS_READ, false, 0 },
        { { { "a", R }, { "a", W } }, "a", ACCESS_WRITE, true, 1 },
        { { { "a", R }, { "a", L } }, "a", ACCESS_LIST, true, 1 },
        { { { "a", L }, { "a", W } }, "a", ACCESS_WRITE, true, 1 },
        { { { "a*", R }, { "a*", W }, { "a*", D } }, "ab", ACCESS_READ, false, 2 },
        { { { "a", R }, { "a", R } }, "a", ACCESS_READ, true, 0 },
        { { { "a*", D }, { "a", W } }, "a", ACCESS_WRITE, true, 1 }, /* not the same name */
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        check_row(&rows[i], false);
}

static void the_default_speaks_where_no_rule_does(void **state)
{
    static const struct row rows[] = {
        { { { NULL } }, "a", ACCESS_WRITE, true, -1 },
        { { { "a", D } }, "b", ACCESS_WRITE, true, -1 },
        { { { "a", D } }, "a", ACCESS_READ, false, 0 },
        { { { "a", R } }, "a", ACCESS_WRITE, false, 0 }, /* a rule speaks of all verbs */
        { { { "a*", R } }, "b", ACCESS_WRITE, true, -1 },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        check_row(&rows[i], true);
}

static bool allows(const struct policy_set *set, enum access_kind kind, enum access_verb verb)
{
    return policy_set_check(set, &(struct access_question){ .verb = verb, .kind = kind })
        .is_allowed;
}

static void the_default_opens_neither_acl_nor_etcd(void **state)
{
    const struct policy_set *set;
    assert_int_equal(policy_set_new(NULL, 0, true, &set), OK);
    for (enum access_kind kind = 0; kind < ACCESS_KINDS; kind++)
        assert_int_equal(allows(set, kind, ACCESS_READ),
                         kind != ACCESS_ACL && kind != ACCESS_ETCD_KEY);
    policy_set_unref(set);
    assert_int_equal(policy_set_new(NULL, 0, false, &set), OK);
    for (enum access_kind kind = 0; kind < ACCESS_KINDS; kind++)
        assert_false(allows(set, kind, ACCESS_READ));
    policy_set_unref(set);
}

static void kinds_are_apart_but_for_those_that_fall_back(void **state)
{
    for (enum access_kind ruled = 0; ruled < ACCESS_KINDS; ruled++) {
        const struct policy_set *set;
        struct access_rule rule = rule_of(ruled, "", W);
        assert_int_equal(policy_set_new(&rule, 1, false, &set), OK);
        for (enum access_kind asked = 0; asked < ACCESS_KINDS; asked++) {
            bool falls_back =
                ruled == ACCESS_OPERATOR && (asked == ACCESS_MESH || asked == ACCESS_PEERING);
            assert_int_equal(allows(set, asked, ACCESS_WRITE), asked == ruled || falls_back);
        }
        policy_set_unref(set);
    }
}

static void a_rule_of_its_own_goes_before_the_fallback(void **state)
{
    const struct policy_set *set;
    const struct access_rule rules[] = { rule_of(ACCESS_OPERATOR, "", W),
                                         rule_of(ACCESS_MESH, "", R),
                                         rule_of(ACCESS_PEERING, "", D) };
    assert_int_equal(policy_set_new(rules, 3, true, &set), OK);
    assert_true(allows(set, ACCESS_MESH, ACCESS_READ));
    assert_false(allows(set, ACCESS_MESH, ACCESS_WRITE));
    assert_false(allows(set, ACCESS_PEERING, ACCESS_READ));
    policy_set_unref(set);
}

static void an_implied_rule_gives_way_to_a_stated_one(void **state)
{
    const struct policy_set *set;
    struct access_rule rules[] = { rule_of(ACCESS_INTENTION, "web", D),
                                   rule_of(ACCESS_INTENTION, "web", W) };
    rules[0].is_implied = true;
    const struct access_question question = { .verb = ACCESS_WRITE,
                                              .kind = ACCESS_INTENTION,
                                              .name = bytes_str("web") };
    assert_int_equal(policy_set_new(rules, 2, false, &set), OK);
    assert_true(policy_set_check(set, &question).is_allowed);
    policy_set_unref(set);
    rules[1].is_implied = true;
    assert_int_equal(policy_set_new(rules, 2, false, &set), OK);
    assert_false(policy_set_check(set, &question).is_allowed);
    policy_set_unref(set);
}

/* -- spans and ranges ----------------------------------------------------------------------------
 */

struct span_row {
    struct {
        const char *first, *end; /* end "": endless */
        unsigned grants;
    } rules[3];
    enum access_extent extent;
    const char *first, *end;
    bool may_read, may_put;
};

#define P ACCESS_GRANT_PUT

static void a_range_is_allowed_only_if_all_of_it_is(void **state)
{
    static const struct span_row rows[] = {
        { { { "a", "c", R } }, ACCESS_ONE, "a", "", true, false },
        { { { "a", "c", R } }, ACCESS_ONE, "bzz", "", true, false },
        { { { "a", "c", R } }, ACCESS_ONE, "c", "", false, false },
        { { { "a", "c", P } }, ACCESS_ONE, "b", "", false, true },
        { { { "a", "c", R | P } }, ACCESS_ONE, "b", "", true, true },
        { { { "a", "c", R } }, ACCESS_RANGE, "a", "c", true, false },
        { { { "a", "c", R } }, ACCESS_RANGE, "a", "b", true, false },
        { { { "a", "c", R } }, ACCESS_RANGE, "a", "c1", false, false },
        { { { "a", "c", R } }, ACCESS_RANGE, "Z", "b", false, false },
        { { { "a", "c", R } }, ACCESS_FROM, "a", "", false, false },
        { { { "a", "", R } }, ACCESS_FROM, "a", "", true, false },
        { { { "a", "", R } }, ACCESS_FROM, "Z", "", false, false },
        { { { "a", "", R } }, ACCESS_RANGE, "b", "c", true, false },
        /* together */
        { { { "a", "b", R }, { "b", "c", R } }, ACCESS_RANGE, "a", "c", true, false },
        { { { "a", "b", R }, { "b1", "c", R } }, ACCESS_RANGE, "a", "c", false, false },
        { { { "a", "b", R }, { "b", "c", P } }, ACCESS_RANGE, "a", "c", false, false },
        { { { "a", "c", R }, { "b", "d", P } }, ACCESS_RANGE, "b", "c", true, true },
        { { { "a", "c", R }, { "b", "d", P } }, ACCESS_RANGE, "b", "d", false, true },
        { { { "a", "z", R }, { "b", "c", P } }, ACCESS_RANGE, "a", "z", true, false },
        { { { "a", "d", R }, { "b", "c", R }, { "d", "", R } }, ACCESS_FROM, "b", "", true, false },
        /* nothing takes away */
        { { { "a", "c", R }, { "a", "c", D } }, ACCESS_RANGE, "a", "c", true, false },
        /* by prefix, as other protocols ask */
        { { { "a", "b", R } }, ACCESS_UNDER, "a", "", true, false },
        { { { "a", "ab", R } }, ACCESS_UNDER, "a", "", false, false },
        { { { "", "", R } }, ACCESS_UNDER, "", "", true, false },
        /* a range that is none asks for its first name at least */
        { { { "a", "c", R } }, ACCESS_RANGE, "b", "a", true, false },
        { { { "a", "c", R } }, ACCESS_RANGE, "d", "a", false, false },
        { { { "c", "a", R } }, ACCESS_ONE, "b", "", false, false },
        { { { "c", "a", R } }, ACCESS_ONE, "c", "", false, false },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct span_row *row = &rows[i];
        struct access_rule rules[3];
        const struct policy_set *set;
        size_t n = 0;
        for (; n < 3 && row->rules[n].first != NULL; n++)
            rules[n] = (struct access_rule){ .kind = ACCESS_ETCD_KEY,
                                             .match = ACCESS_SPAN,
                                             .name = bytes_str(row->rules[n].first),
                                             .end = bytes_str(row->rules[n].end),
                                             .grants = row->rules[n].grants };
        assert_int_equal(policy_set_new(rules, n, true, &set), OK);
        struct access_question question = { .verb = ACCESS_READ,
                                            .kind = ACCESS_ETCD_KEY,
                                            .extent = row->extent,
                                            .name = bytes_str(row->first),
                                            .end = bytes_str(row->end) };
        if (policy_set_check(set, &question).is_allowed != row->may_read)
            fail_msg("row %zu: read", i);
        question.verb = ACCESS_WRITE;
        if (policy_set_check(set, &question).is_allowed != row->may_put)
            fail_msg("row %zu: put", i);
        policy_set_unref(set);
    }
}

static void a_refused_range_names_the_rule_that_refuses(void **state)
{
    const struct policy_set *set;
    const struct access_rule rules[] = { rule_of(ACCESS_KEY, "app/*", W),
                                         rule_of(ACCESS_KEY, "app/m", R),
                                         rule_of(ACCESS_KEY, "app/z", D) };
    struct access_question question = {
        .verb = ACCESS_WRITE, .kind = ACCESS_KEY, .extent = ACCESS_UNDER, .name = bytes_str("app/")
    };
    assert_int_equal(policy_set_new(rules, 3, true, &set), OK);
    struct access_answer answer = policy_set_check(set, &question);
    assert_false(answer.is_allowed);
    assert_true(bytes_is(answer.rule->name, "app/m"));
    question.verb = ACCESS_READ;
    answer = policy_set_check(set, &question);
    assert_true(bytes_is(answer.rule->name, "app/z"));
    question.name = bytes_str("app/n");
    answer = policy_set_check(set, &question);
    assert_true(answer.is_allowed && bytes_is(answer.rule->name, "app/"));
    policy_set_unref(set);
}

static void any_is_one_that_is_allowed(void **state)
{
    const struct policy_set *set;
    const struct access_rule rules[] = { rule_of(ACCESS_SERVICE, "*", R),
                                         rule_of(ACCESS_SERVICE, "web", W),
                                         rule_of(ACCESS_NODE, "*", D) };
    assert_int_equal(policy_set_new(rules, 3, false, &set), OK);
    assert_true(policy_set_allows_any(set, ACCESS_SERVICE, ACCESS_WRITE));
    assert_false(policy_set_allows_any(set, ACCESS_NODE, ACCESS_READ));
    assert_false(policy_set_allows_any(set, ACCESS_KEY, ACCESS_READ));
    policy_set_unref(set);
    assert_int_equal(policy_set_new(rules, 3, true, &set), OK);
    assert_true(policy_set_allows_any(set, ACCESS_KEY, ACCESS_READ));
    assert_false(policy_set_allows_any(set, ACCESS_NODE, ACCESS_READ));
    policy_set_unref(set);
}

static void write_on_all_allows_everything(void **state)
{
    struct arena arena;
    struct access_rules rules;
    const struct policy_set *set;
    arena_init(&arena, 0);
    access_rules_init(&rules, &arena);
    access_rules_add_all(&rules, bytes_str("root"));
    assert_int_equal(policy_set_new(rules.all, rules.n, false, &set), OK);
    arena_fini(&arena); /* the set has copies */
    for (enum access_kind kind = 0; kind < ACCESS_KINDS; kind++)
        for (enum access_verb verb = 0; verb < ACCESS_VERBS; verb++) {
            const struct access_question question = {
                .verb = verb,
                .kind = kind,
                .extent = access_kind_info(kind)->has_names ? ACCESS_FROM : ACCESS_ONE,
            };
            struct access_answer answer = policy_set_check(set, &question);
            assert_true(answer.is_allowed && bytes_is(answer.rule->source, "root"));
        }
    policy_set_unref(set);
}

/* -- against the definition ----------------------------------------------------------------------
 *
 * Few letters, short names: the names of up to four letters hold the first name of every segment
 * that rules of up to three can cut, so "every name" can be tried. */

enum { LETTERS = 4, LONGEST = 4, NAMES = 1 + 4 + 16 + 64 + 256, MODEL_RULES = 8 };

struct model {
    uint8_t letters[NAMES][LONGEST];
    struct bytes names[NAMES];
    struct access_rule rules[MODEL_RULES];
    size_t rule_n;
};

static void list_names(struct model *m)
{
    static const uint8_t alphabet[LETTERS] = { 0, 'a', 'b', 0xff };
    size_t n = 1;
    m->names[0] = bytes_of(m->letters[0], 0);
    for (size_t from = 0; n < NAMES; from++)
        for (size_t i = 0; i < LETTERS; i++, n++) {
            memcpy(m->letters[n], m->names[from].p, m->names[from].n);
            m->letters[n][m->names[from].n] = alphabet[i];
            m->names[n] = bytes_of(m->letters[n], m->names[from].n + 1);
        }
}

/* A name of up to three letters. */
static struct bytes any_name(struct model *m, struct dice *dice)
{
    return m->names[dice_below(dice, 1 + 4 + 16 + 64)];
}

static void throw_rules(struct model *m, struct dice *dice, enum access_kind kind)
{
    static const unsigned grants[] = { D, R, L, W, P };
    m->rule_n = dice_below(dice, MODEL_RULES + 1);
    for (size_t i = 0; i < m->rule_n; i++) {
        struct access_rule *rule = &m->rules[i];
        bool is_union = access_kind_info(kind)->choice == ACCESS_UNION;
        *rule =
            (struct access_rule){ .kind = kind,
                                  .match = (enum access_match)dice_below(dice, is_union ? 3 : 2),
                                  .name = any_name(m, dice),
                                  .grants = grants[dice_below(dice, is_union ? 5 : 4)],
                                  .source = bytes_of(&"01234567"[i], 1) };
        if (rule->match == ACCESS_SPAN)
            rule->end = any_name(m, dice);
    }
}

static bool speaks_of(const struct access_rule *rule, struct bytes name)
{
    switch (rule->match) {
    case ACCESS_EXACT:
        return bytes_eq(rule->name, name);
    case ACCESS_PREFIX:
        return bytes_starts(name, rule->name);
    case ACCESS_SPAN:
        return bytes_cmp(rule->name, name) <= 0 &&
               (rule->end.n == 0 || bytes_cmp(name, rule->end) < 0);
    }
    return false;
}

static bool is_nearer(const struct access_rule *a, const struct access_rule *b)
{
    if (a->match != b->match)
        return a->match == ACCESS_EXACT;
    if (a->name.n != b->name.n)
        return a->name.n > b->name.n;
    static const unsigned order[] = { D, W, L, R };
    for (size_t i = 0; i < ARRAY_LEN(order); i++)
        if (a->grants == order[i] || b->grants == order[i])
            return a->grants == order[i] && b->grants != order[i];
    return false;
}

/* The rule that decides by the definition; NULL: none. */
static const struct access_rule *nearest(const struct model *m, struct bytes name)
{
    const struct access_rule *best = NULL;
    for (size_t i = 0; i < m->rule_n; i++)
        if (speaks_of(&m->rules[i], name) && (best == NULL || is_nearer(&m->rules[i], best)))
            best = &m->rules[i];
    return best;
}

static bool model_allows(const struct model *m, enum access_kind kind, struct bytes name,
                         enum access_verb verb, bool is_open)
{
    if (access_kind_info(kind)->choice == ACCESS_NEAREST) {
        const struct access_rule *rule = nearest(m, name);
        return rule == NULL ? is_open : (rule->grants & BIT(verb)) != 0;
    }
    for (size_t i = 0; i < m->rule_n; i++)
        if (speaks_of(&m->rules[i], name) && (m->rules[i].grants & BIT(verb)) != 0)
            return true;
    return false;
}

static bool is_asked_of(const struct access_question *q, struct bytes name)
{
    switch (q->extent) {
    case ACCESS_ONE:
        return bytes_eq(name, q->name);
    case ACCESS_UNDER:
        return bytes_starts(name, q->name);
    case ACCESS_RANGE:
        return bytes_eq(name, q->name) ||
               (bytes_cmp(q->name, name) <= 0 && bytes_cmp(name, q->end) < 0);
    case ACCESS_FROM:
        return bytes_cmp(q->name, name) <= 0;
    }
    return false;
}

static void ask(struct model *m, struct dice *dice, const struct policy_set *set,
                enum access_kind kind, bool is_open)
{
    struct access_question q = { .verb = (enum access_verb)dice_below(dice, 3),
                                 .kind = kind,
                                 .extent = (enum access_extent)dice_below(dice, 4),
                                 .name = any_name(m, dice),
                                 .end = any_name(m, dice) };
    bool is_allowed = true;
    for (size_t i = 0; i < NAMES; i++)
        if (is_asked_of(&q, m->names[i]))
            is_allowed = is_allowed && model_allows(m, kind, m->names[i], q.verb, is_open);
    struct access_answer answer = policy_set_check(set, &q);
    assert_int_equal(answer.is_allowed, is_allowed);
    if (answer.rule != NULL)
        assert_int_equal((answer.rule->grants & BIT(q.verb)) != 0, answer.is_allowed);
    if (q.extent == ACCESS_ONE && kind == ACCESS_KEY) {
        const struct access_rule *rule = nearest(m, q.name);
        assert_int_equal(answer.rule == NULL, rule == NULL);
        assert_true(rule == NULL || bytes_eq(answer.rule->source, rule->source));
    }
}

static void answers_are_those_of_the_definition(void **state)
{
    static const enum access_kind asked[] = { ACCESS_KEY, ACCESS_ETCD_KEY };
    struct model *m = calloc(1, sizeof *m);
    list_names(m);
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        struct dice dice = dice_of(seed, 0);
        const struct policy_set *set;
        enum access_kind kind = asked[seed % 2];
        throw_rules(m, &dice, kind);
        bool is_open = dice_below(&dice, 2) == 0;
        assert_int_equal(policy_set_new(m->rules, m->rule_n, is_open, &set), OK);
        for (int i = 0; i < 30; i++)
            ask(m, &dice, set, kind, is_open);
        policy_set_unref(set);
    }
    free(m);
}

/* -- limits and life -----------------------------------------------------------------------------
 */

static void hundred_thousand_rules_are_taken_and_one_more_refused(void **state)
{
    static char names[POLICY_SET_RULES_MAX + 1][8];
    struct access_rule *rules = calloc(POLICY_SET_RULES_MAX + 1, sizeof *rules);
    const struct policy_set *set;
    for (size_t i = 0; i <= POLICY_SET_RULES_MAX; i++) {
        snprintf(names[i], sizeof names[i], "k%06zu", i);
        rules[i] = rule_of(ACCESS_KEY, names[i], i % 2 == 0 ? R : W);
    }
    assert_int_equal(policy_set_new(rules, POLICY_SET_RULES_MAX + 1, false, &set), ERR_TOO_BIG);
    assert_int_equal(policy_set_new(rules, POLICY_SET_RULES_MAX, false, &set), OK);
    for (size_t i = 0; i < POLICY_SET_RULES_MAX; i++) {
        const struct access_question question = { .verb = ACCESS_WRITE,
                                                  .kind = ACCESS_KEY,
                                                  .name = bytes_str(names[i]) };
        assert_int_equal(policy_set_check(set, &question).is_allowed, i % 2 == 1);
    }
    policy_set_unref(set);
    free(rules);
}

static void prefixes_that_nest_deep_need_no_stack(void **state)
{
    enum { DEPTH = 5000 };
    static char name[DEPTH + 1];
    struct access_rule *rules = calloc(DEPTH, sizeof *rules);
    const struct policy_set *set;
    memset(name, 'a', DEPTH);
    for (size_t i = 0; i < DEPTH; i++)
        rules[i] = (struct access_rule){ .kind = ACCESS_KEY,
                                         .match = ACCESS_PREFIX,
                                         .name = bytes_of(name, i + 1),
                                         .grants = i + 1 == DEPTH ? W : R };
    assert_int_equal(policy_set_new(rules, DEPTH, false, &set), OK);
    struct access_question question = { .verb = ACCESS_WRITE,
                                        .kind = ACCESS_KEY,
                                        .name = bytes_of(name, DEPTH) };
    assert_true(policy_set_check(set, &question).is_allowed);
    question.name.n--;
    assert_false(policy_set_check(set, &question).is_allowed);
    assert_int_equal(policy_set_check(set, &question).rule->name.n, DEPTH - 1);
    policy_set_unref(set);
    free(rules);
}

static void a_set_lives_as_long_as_somebody_holds_it(void **state)
{
    const struct policy_set *set, *held;
    const struct access_rule rule = rule_of(ACCESS_NODE, "*", R);
    assert_int_equal(policy_set_new(&rule, 1, false, &set), OK);
    held = policy_set_ref(set);
    policy_set_unref(set);
    assert_true(allows(held, ACCESS_NODE, ACCESS_READ));
    policy_set_unref(held);
    policy_set_unref(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_rule_decides),
        cmocka_unit_test(the_default_speaks_where_no_rule_does),
        cmocka_unit_test(the_default_opens_neither_acl_nor_etcd),
        cmocka_unit_test(kinds_are_apart_but_for_those_that_fall_back),
        cmocka_unit_test(a_rule_of_its_own_goes_before_the_fallback),
        cmocka_unit_test(an_implied_rule_gives_way_to_a_stated_one),
        cmocka_unit_test(a_range_is_allowed_only_if_all_of_it_is),
        cmocka_unit_test(a_refused_range_names_the_rule_that_refuses),
        cmocka_unit_test(any_is_one_that_is_allowed),
        cmocka_unit_test(write_on_all_allows_everything),
        cmocka_unit_test(answers_are_those_of_the_definition),
        cmocka_unit_test(hundred_thousand_rules_are_taken_and_one_more_refused),
        cmocka_unit_test(prefixes_that_nest_deep_need_no_stack),
        cmocka_unit_test(a_set_lives_as_long_as_somebody_holds_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
