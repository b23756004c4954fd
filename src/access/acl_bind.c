/* Selectors are filters over maps: value and serviceaccount from names to texts, list from names to
 * lists. */
#include "access/acl_bind.h"

#include "wire/filter.h"

/* -- what selectors see ------------------------------------------------------------------------ */

static const struct acl_claim *find_claim(const struct acl_claim *all, size_t n, struct bytes name)
{
    for (size_t i = 0; i < n; i++)
        if (bytes_eq(all[i].name, name))
            return &all[i];
    return NULL;
}

static bool get_itself(const void *row, struct filter_value *ret)
{
    ret->object = row;
    return true;
}

static bool find_value(const void *map, struct bytes key, struct filter_value *ret)
{
    const struct acl_claims *c = map;
    const struct acl_claim *claim = find_claim(c->values, c->value_n, key);
    if (claim != NULL)
        ret->text = claim->value;
    return claim != NULL;
}

static bool has_no_values(const void *map)
{
    return ((const struct acl_claims *)map)->value_n == 0;
}

static bool find_account(const void *map, struct bytes key, struct filter_value *ret)
{
    const struct acl_claims *c = map;
    const struct acl_claim *claim = find_claim(c->account, c->account_n, key);
    if (claim != NULL)
        ret->text = claim->value;
    return claim != NULL;
}

static bool has_no_account(const void *map)
{
    return ((const struct acl_claims *)map)->account_n == 0;
}

static bool find_list(const void *map, struct bytes key, struct filter_value *ret)
{
    const struct acl_claims *c = map;
    const struct acl_claim *claim = find_claim(c->lists, c->list_n, key);
    if (claim != NULL)
        ret->object = &claim->texts;
    return claim != NULL;
}

static bool has_no_lists(const void *map)
{
    return ((const struct acl_claims *)map)->list_n == 0;
}

static bool text_at(const void *list, size_t i, struct filter_value *ret)
{
    const struct acl_texts *texts = list;
    if (i >= texts->n)
        return false;
    ret->text = texts->all[i];
    return true;
}

static const struct filter_field text_element = { .kind = FILTER_STRING };
static const struct filter_field list_element = { .kind = FILTER_LIST,
                                                  .element = &text_element,
                                                  .at = text_at };
static const struct filter_field fields[] = {
    { .name = "value",
      .kind = FILTER_MAP,
      .element = &text_element,
      .get = get_itself,
      .find = find_value,
      .is_empty = has_no_values },
    { .name = "list",
      .kind = FILTER_MAP,
      .element = &list_element,
      .get = get_itself,
      .find = find_list,
      .is_empty = has_no_lists },
    { .name = "serviceaccount",
      .kind = FILTER_MAP,
      .element = &text_element,
      .get = get_itself,
      .find = find_account,
      .is_empty = has_no_account },
};
static const struct filter_schema schema = { fields, ARRAY_LEN(fields) };

static enum err plan_of(struct bytes selector, struct arena *arena, const struct filter_plan **ret,
                        struct why *why)
{
    const struct filter *filter;
    enum err e = filter_parse(selector, NULL, arena, &filter, why);
    return e == OK ? filter_check(filter, &schema, arena, ret, why) : e;
}

enum err acl_selector_check(struct bytes selector, struct why *why)
{
    struct arena arena;
    struct why reason = { 0 };
    const struct filter_plan *plan;
    if (selector.n == 0)
        return OK;
    if (selector.n > ACL_SELECTOR_MAX)
        return why_set(why, ERR_TOO_BIG, "invalid Binding Rule: Selector is too long");
    arena_init(&arena, 0);
    enum err e = plan_of(selector, &arena, &plan, &reason);
    arena_fini(&arena);
    return e == OK ? OK
                   : why_set(why, ERR_INVALID, "invalid Binding Rule: Selector is invalid: %s",
                             reason.text);
}

bool acl_selector_matches(struct bytes selector, const struct acl_claims *claims)
{
    struct arena arena;
    const struct filter_plan *plan;
    bool matches = selector.n == 0;
    if (matches)
        return true;
    arena_init(&arena, 0);
    if (plan_of(selector, &arena, &plan, NULL) == OK &&
        filter_match(plan, claims, &matches, NULL) != OK)
        matches = false;
    arena_fini(&arena);
    return matches;
}

/* -- names ------------------------------------------------------------------------------------- */

/* Where TEXT begins with WORD, what follows it. */
static bool take_word(struct bytes *text, const char *word)
{
    if (!bytes_starts(*text, bytes_str(word)))
        return false;
    *text = bytes_skip(*text, strlen(word));
    return true;
}

static struct bytes trimmed(struct bytes text)
{
    while (text.n > 0 && text.p[0] == ' ')
        text = bytes_skip(text, 1);
    while (text.n > 0 && text.p[text.n - 1] == ' ')
        text.n--;
    return text;
}

enum err acl_bind_expand(struct bytes name, const struct acl_claims *claims, struct buf *out)
{
    while (name.n > 0) {
        if (!take_word(&name, "${")) {
            buf_put_u8(out, name.p[0]);
            name = bytes_skip(name, 1);
            continue;
        }
        const uint8_t *end = name.n == 0 ? NULL : memchr(name.p, '}', name.n);
        if (end == NULL)
            return ERR_INVALID;
        struct bytes word = trimmed(bytes_of(name.p, (size_t)(end - name.p)));
        name = bytes_skip(name, (size_t)(end - name.p) + 1);
        const struct acl_claim *claim = NULL;
        if (take_word(&word, "value."))
            claim = find_claim(claims->values, claims->value_n, word);
        else if (take_word(&word, "serviceaccount."))
            claim = find_claim(claims->account, claims->account_n, word);
        if (claim == NULL)
            return ERR_INVALID;
        buf_put_bytes(out, claim->value);
    }
    return buf_err(out);
}
