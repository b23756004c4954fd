/* The routes of /v1/connect/intentions, and what ?filter may name. */
#include "faces/consul/call/areas.h"
#include "faces/consul/config/config.h"
#include "faces/consul/mesh/intentions_routes.h"

/* -- selectors ----------------------------------------------------------------------------------
 */

#define GET(name, member, expression)                           \
    static bool name(const void *row, struct filter_value *ret) \
    {                                                           \
        const struct intention *of = row;                       \
        ret->member = (expression);                             \
        return true;                                            \
    }

GET(get_id, text, of->source->legacy_id)
GET(get_description, text, of->source->description)
GET(get_source, text, of->source->name)
GET(get_destination, text, of->destination)
GET(get_action, text, of->source->action)
GET(get_type, text, of->source->type)
GET(get_precedence, integer, of->source->precedence)
GET(get_meta, object, &of->source->legacy_meta)

static bool get_ns(const void *row, struct filter_value *ret)
{
    ret->text = bytes_str("default");
    return true;
}

static const struct filter_field meta_value = { .kind = FILTER_STRING };
/* clang-format off */
static const struct filter_field fields[] = {
    { .name = "ID",              .kind = FILTER_STRING, .get = get_id },
    { .name = "Description",     .kind = FILTER_STRING, .get = get_description },
    { .name = "SourceNS",        .kind = FILTER_STRING, .get = get_ns },
    { .name = "SourceName",      .kind = FILTER_STRING, .get = get_source },
    { .name = "DestinationNS",   .kind = FILTER_STRING, .get = get_ns },
    { .name = "DestinationName", .kind = FILTER_STRING, .get = get_destination },
    { .name = "SourceType",      .kind = FILTER_STRING, .get = get_type },
    { .name = "Action",          .kind = FILTER_STRING, .get = get_action },
    { .name = "Precedence",      .kind = FILTER_INT,    .get = get_precedence },
    { .name = "Meta",            .kind = FILTER_MAP,    .get = get_meta,
      .element = &meta_value, .find = consul_pairs_find, .is_empty = consul_pairs_are_empty },
};
/* clang-format on */
const struct filter_schema consul_intention_schema = { fields, ARRAY_LEN(fields) };

/* -- routes -------------------------------------------------------------------------------------
 */

enum { READS = CONSUL_INDEXED | CONSUL_BLOCKS };

static const struct consul_route routes[] = {
    { .method = "GET",
      .path = "/v1/connect/intentions",
      .handle = consul_intention_list,
      .flags = READS,
      .access = "intention:read filters",
      .parameters = "filter",
      .does = "all, in the order in which they decide",
      .test = "test_intentions a_list_is_in_the_order_that_decides" },
    { .method = "POST",
      .path = "/v1/connect/intentions",
      .handle = consul_intention_create,
      .access = "intention:write",
      .does = "makes one with an id of its own",
      .test = "test_intentions old_ones_have_ids" },
    { .method = "GET",
      .path = "/v1/connect/intentions/exact",
      .handle = consul_intention_get_exact,
      .flags = READS,
      .access = "intention:read",
      .parameters = "source, destination",
      .does = "the one of that pair of names",
      .test = "test_intentions exact_ones_are_put_and_removed" },
    { .method = "PUT",
      .path = "/v1/connect/intentions/exact",
      .handle = consul_intention_put_exact,
      .access = "intention:write",
      .parameters = "source, destination",
      .does = "true; it is a source of the destination's service-intentions",
      .test = "test_intentions exact_ones_are_put_and_removed" },
    { .method = "DELETE",
      .path = "/v1/connect/intentions/exact",
      .handle = consul_intention_delete_exact,
      .access = "intention:write",
      .parameters = "source, destination",
      .does = "true, also for what is not there",
      .test = "test_intentions exact_ones_are_put_and_removed" },
    { .method = "GET",
      .path = "/v1/connect/intentions/match",
      .handle = consul_intention_match,
      .flags = READS,
      .access = "intention:read",
      .parameters = "by, name",
      .does = "those that speak of each name, in the order in which they decide",
      .test = "test_intentions matching_ones_are_found_by_either_side" },
    { .method = "GET",
      .path = "/v1/connect/intentions/check",
      .handle = consul_intention_check,
      .flags = READS,
      .access = "service:read",
      .parameters = "source, destination",
      .does = "whether the source may connect; with permissions it may not; where nothing is said, "
              "as ACLs are by default",
      .test = "test_intentions a_check_asks_the_first_that_matches" },
    { .method = "GET",
      .path = "/v1/connect/intentions/",
      .handle = consul_intention_get,
      .flags = READS,
      .access = "intention:read",
      .does = "one by its id",
      .test = "test_intentions old_ones_have_ids" },
    { .method = "PUT",
      .path = "/v1/connect/intentions/",
      .handle = consul_intention_update,
      .access = "intention:write",
      .does = "changes one by its id; its destination stays",
      .test = "test_intentions old_ones_have_ids" },
    { .method = "DELETE",
      .path = "/v1/connect/intentions/",
      .handle = consul_intention_delete,
      .access = "intention:write",
      .does = "removes one by its id",
      .test = "test_intentions old_ones_have_ids" },
};

const struct consul_area consul_intentions_area = { "intentions", routes, ARRAY_LEN(routes) };
