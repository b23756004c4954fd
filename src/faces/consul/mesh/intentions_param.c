/* Which pair of services a request means. */
#include "faces/consul/mesh/intentions_routes.h"

#include "faces/consul/call/answer.h"

/* False: refused and answered. */
static bool name_param(struct consul_call *c, const char *param, struct bytes *ret)
{
    struct bytes text;
    if (!consul_param(c, param, &text) || text.n == 0) {
        consul_refuse_text(c, 400, "required query parameter '%s' not set", param);
        return false;
    }
    if (!consul_intention_name(text, ret)) {
        consul_refuse_text(c, 400, "%s %s is invalid: Namespaces are a Consul Enterprise feature",
                           param, consul_quoted(c, text));
        return false;
    }
    return true;
}

bool consul_intention_pair(struct consul_call *c, struct bytes *ret_source,
                           struct bytes *ret_destination)
{
    return name_param(c, "source", ret_source) && name_param(c, "destination", ret_destination);
}
