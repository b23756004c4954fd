#include "test/lib/filter_row.h"

struct pair {
    const char *key;
    const void *value;
};

struct map {
    const struct pair *pairs;
    size_t n;
};

struct texts {
    const char *const *texts;
    size_t n;
};

struct address {
    const char *address;
    int64_t port;
};

struct check {
    const char *id, *status;
    struct texts tags;
};

struct weights {
    int64_t passing, warning;
};

struct checks {
    const struct check *checks;
    size_t n;
};

struct filter_row {
    const char *id, *node;
    int64_t port, small;
    uint64_t count, big;
    bool on;
    double ratio;
    struct texts tags;
    struct map meta, addresses, lists;
    struct weights weights;
    struct checks checks;
};

/* -- accessors: GET(name, struct, what of it, member of the value) -------------------------------
 */

#define GET(name, type, member, expression)                        \
    static bool name(const void *object, struct filter_value *ret) \
    {                                                              \
        const struct type *of = object;                            \
        ret->member = (expression);                                \
        return true;                                               \
    }
GET(get_id, filter_row, text, bytes_str(of->id))
GET(get_node, filter_row, text, bytes_str(of->node))
GET(get_port, filter_row, integer, of->port)
GET(get_small, filter_row, integer, of->small)
GET(get_count, filter_row, natural, of->count)
GET(get_big, filter_row, natural, of->big)
GET(get_on, filter_row, truth, of->on)
GET(get_ratio, filter_row, real, of->ratio)
GET(get_tags, filter_row, object, &of->tags)
GET(get_ports, filter_row, object, of)
GET(get_meta, filter_row, object, &of->meta)
GET(get_addresses, filter_row, object, &of->addresses)
GET(get_lists, filter_row, object, &of->lists)
GET(get_weights, filter_row, object, &of->weights)
GET(get_checks, filter_row, object, &of->checks)
GET(get_address, address, text, bytes_str(of->address))
GET(get_address_port, address, integer, of->port)
GET(get_check_id, check, text, bytes_str(of->id))
GET(get_check_status, check, text, bytes_str(of->status))
GET(get_check_tags, check, object, &of->tags)
GET(get_passing, weights, integer, of->passing)
GET(get_warning, weights, integer, of->warning)

static bool get_nothing(const void *object, struct filter_value *ret)
{
    return false;
}

static bool text_at(const void *list, size_t i, struct filter_value *ret)
{
    const struct texts *texts = list;
    if (i >= texts->n)
        return false;
    ret->text = bytes_str(texts->texts[i]);
    return true;
}

static bool port_at(const void *list, size_t i, struct filter_value *ret)
{
    static const int64_t ports[] = { 80, 443 };
    if (i >= ARRAY_LEN(ports))
        return false;
    ret->integer = ports[i];
    return true;
}

static bool check_at(const void *list, size_t i, struct filter_value *ret)
{
    const struct checks *checks = list;
    if (i >= checks->n)
        return false;
    ret->object = &checks->checks[i];
    return true;
}

static const void *look_up(const struct map *map, struct bytes key)
{
    for (size_t i = 0; i < map->n; i++)
        if (bytes_is(key, map->pairs[i].key))
            return map->pairs[i].value;
    return NULL;
}

static bool find_object(const void *map, struct bytes key, struct filter_value *ret)
{
    ret->object = look_up(map, key);
    return ret->object != NULL;
}

static bool find_text(const void *map, struct bytes key, struct filter_value *ret)
{
    const char *text = look_up(map, key);
    ret->text = text == NULL ? (struct bytes){ 0 } : bytes_str(text);
    return text != NULL;
}

static bool map_is_empty(const void *map)
{
    return ((const struct map *)map)->n == 0;
}

/* -- the schema -------------------------------------------------------------------------------- */

static const struct filter_field text_element = { .kind = FILTER_STRING };
static const struct filter_field number_element = { .kind = FILTER_INT };
static const struct filter_field list_element = { .kind = FILTER_LIST,
                                                  .element = &text_element,
                                                  .at = text_at };

static const struct filter_field address_fields[] = {
    { .name = "Address", .kind = FILTER_STRING, .get = get_address },
    { .name = "Port", .kind = FILTER_INT, .get = get_address_port },
};
static const struct filter_schema address_schema = { address_fields, ARRAY_LEN(address_fields) };
static const struct filter_field address_element = { .kind = FILTER_STRUCT,
                                                     .fields = &address_schema };

static const struct filter_field check_fields[] = {
    { .name = "CheckID", .kind = FILTER_STRING, .get = get_check_id },
    { .name = "Status", .kind = FILTER_STRING, .get = get_check_status },
    { .name = "Tags",
      .kind = FILTER_LIST,
      .element = &text_element,
      .get = get_check_tags,
      .at = text_at },
};
static const struct filter_schema check_schema = { check_fields, ARRAY_LEN(check_fields) };
static const struct filter_field check_element = { .kind = FILTER_STRUCT, .fields = &check_schema };

static const struct filter_field weights_fields[] = {
    { .name = "Passing", .kind = FILTER_INT, .get = get_passing },
    { .name = "Warning", .kind = FILTER_INT, .get = get_warning },
};
static const struct filter_schema weights_schema = { weights_fields, ARRAY_LEN(weights_fields) };

static const struct filter_field row_fields[] = {
    { .name = "ID", .kind = FILTER_STRING, .get = get_id },
    { .name = "Node", .kind = FILTER_STRING, .get = get_node },
    { .name = "Port", .kind = FILTER_INT, .get = get_port },
    { .name = "Small", .kind = FILTER_INT, .bits = 8, .get = get_small },
    { .name = "Count", .kind = FILTER_UINT, .bits = 16, .get = get_count },
    { .name = "Big", .kind = FILTER_UINT, .get = get_big },
    { .name = "On", .kind = FILTER_BOOL, .get = get_on },
    { .name = "Ratio", .kind = FILTER_FLOAT, .get = get_ratio },
    { .name = "Tags",
      .kind = FILTER_LIST,
      .element = &text_element,
      .get = get_tags,
      .at = text_at },
    { .name = "Ports",
      .kind = FILTER_LIST,
      .element = &number_element,
      .get = get_ports,
      .at = port_at },
    { .name = "Meta",
      .kind = FILTER_MAP,
      .element = &text_element,
      .get = get_meta,
      .find = find_text,
      .is_empty = map_is_empty },
    { .name = "TaggedAddresses",
      .kind = FILTER_MAP,
      .element = &address_element,
      .get = get_addresses,
      .find = find_object,
      .is_empty = map_is_empty },
    { .name = "Lists",
      .kind = FILTER_MAP,
      .element = &list_element,
      .get = get_lists,
      .find = find_object,
      .is_empty = map_is_empty },
    { .name = "Weights", .kind = FILTER_STRUCT, .fields = &weights_schema, .get = get_weights },
    { .name = "Gone", .kind = FILTER_STRUCT, .fields = &weights_schema, .get = get_nothing },
    { .name = "Checks",
      .kind = FILTER_LIST,
      .element = &check_element,
      .get = get_checks,
      .at = check_at },
};
const struct filter_schema filter_row_schema = { row_fields, ARRAY_LEN(row_fields) };

/* -- the row ----------------------------------------------------------------------------------- */

static const char *const tags[] = { "canary", "v2" };
static const char *const zones[] = { "a", "b" };
static const char *const check_tags[] = { "x" };
static const struct texts zone_list = { zones, 2 }, no_list = { NULL, 0 };
static const struct address lan = { "10.0.0.1", 80 };
static const struct pair meta[] = { { "version", "2" }, { "a key", "x" }, { "", "none" } };
static const struct pair addresses[] = { { "lan", &lan } };
static const struct pair lists[] = { { "zones", &zone_list }, { "none", &no_list } };
static const struct check checks[] = { { "c1", "passing", { check_tags, 1 } },
                                       { "c2", "critical", { NULL, 0 } } };

const struct filter_row filter_row = {
    .id = "web-1",
    .node = "n1.example",
    .port = 8080,
    .small = -5,
    .count = 7,
    .big = (uint64_t)1 << 63,
    .on = true,
    .ratio = 0.5,
    .tags = { tags, 2 },
    .meta = { meta, 3 },
    .addresses = { addresses, 1 },
    .lists = { lists, 2 },
    .weights = { 10, 1 },
    .checks = { checks, 2 },
};

enum err filter_row_ask(struct bytes expression, bool *ret, struct why *why)
{
    struct arena arena;
    const struct filter *filter = NULL;
    const struct filter_plan *plan = NULL;
    arena_init(&arena, 64 << 20);
    enum err e = filter_parse(expression, NULL, &arena, &filter, why);
    if (e == OK)
        e = filter_check(filter, &filter_row_schema, &arena, &plan, why);
    if (e == OK)
        e = filter_match(plan, &filter_row, ret, why);
    arena_fini(&arena);
    return e;
}
