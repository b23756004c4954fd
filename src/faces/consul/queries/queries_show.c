/* A prepared query as its caller may see it. */
#include "faces/consul/queries/queries_show.h"

#include "faces/consul/call/gate.h"

static bool manages(struct consul_call *c)
{
    return consul_may(c, ACCESS_WRITE, ACCESS_ACL, bytes_str(""));
}

bool consul_query_may_see(struct consul_call *c, const struct prepared *p)
{
    if (p->name.n > 0 || prepared_is_template(p))
        return consul_may(c, ACCESS_READ, ACCESS_QUERY, p->name);
    return manages(c) || (p->token.n > 0 && bytes_eq(p->token, consul_token(c)));
}

void consul_query_show(struct consul_call *c, const struct prepared *p, struct json_writer *j)
{
    prepared_write(p, p->token.n == 0 || manages(c) ? p->token : bytes_str("<hidden>"), j);
}
