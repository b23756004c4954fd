#include "access/kubernetes.h"

#include "wire/hcl.h"
#include "wire/json_writer.h"

static const char account_prefix[] = "system:serviceaccount:";
static const char name_annotation[] = "consul.hashicorp.com/service-name";

/* -- JSON ----------------------------------------------------------------------------------------
 */

static enum err read_object(struct bytes json, struct arena *arena, const struct hcl_node **ret,
                            struct why *why)
{
    while (json.n > 0 && memchr(" \t\r\n", json.p[0], 4) != NULL)
        json = bytes_skip(json, 1);
    if (json.n == 0 || json.p[0] != '{')
        return why_set(why, ERR_MALFORMED, "the answer is no JSON object");
    return hcl_parse(arena_dup(arena, json), arena, ret, why);
}

static const struct hcl_node *member(const struct hcl_node *object, const char *name)
{
    if (object != NULL && object->kind == HCL_OBJECT)
        for (const struct hcl_node *n = object->first; n != NULL; n = n->next)
            if (bytes_is(n->name, name))
                return n;
    return NULL;
}

static struct bytes text(const struct hcl_node *object, const char *name)
{
    const struct hcl_node *n = member(object, name);
    return n == NULL || n->kind != HCL_STRING ? (struct bytes){ 0 } : n->text;
}

static bool is_true(const struct hcl_node *object, const char *name)
{
    const struct hcl_node *n = member(object, name);
    return n != NULL && n->kind == HCL_BOOL && n->truth;
}

/* -- configuration -------------------------------------------------------------------------------
 */

/* Three parts; whether it is good says the cluster. */
static bool looks_like_jwt(struct bytes token)
{
    size_t points = 0;
    for (size_t i = 0; i < token.n; i++) {
        points += token.p[i] == '.';
        if (token.p[i] <= ' ' || token.p[i] > '~')
            return false;
    }
    return points == 2;
}

static enum err check(const struct kubernetes_config *c, struct why *why)
{
    bool is_url =
        bytes_starts(c->host, bytes_str("https://")) || bytes_starts(c->host, bytes_str("http://"));
    if (c->host.n == 0)
        return why_set(why, ERR_INVALID, "Config.Host is required");
    if (!is_url)
        return why_set(why, ERR_INVALID, "Config.Host is no http or https URL");
    if (c->ca.n == 0)
        return why_set(why, ERR_INVALID, "Config.CACert is required");
    if (c->token.n == 0)
        return why_set(why, ERR_INVALID, "Config.ServiceAccountJWT is required");
    if (!looks_like_jwt(c->token))
        return why_set(why, ERR_INVALID, "Config.ServiceAccountJWT is not a valid JWT");
    return OK;
}

enum err kubernetes_read(struct bytes config, struct arena *arena, struct kubernetes_config *ret,
                         struct why *why)
{
    static const char *const names[] = { "Host", "CACert", "ServiceAccountJWT" };
    const struct hcl_node *root;
    struct why where = { 0 };
    enum err e = read_object(config, arena, &root, &where);
    if (e != OK)
        return why_set(why, e, "Invalid Auth Method: Config: %s", where.text);
    for (const struct hcl_node *n = root->first; n != NULL; n = n->next) {
        bool is_known = false;
        for (size_t i = 0; i < ARRAY_LEN(names); i++)
            is_known |= bytes_is(n->name, names[i]);
        if (!is_known)
            return why_set(why, ERR_INVALID,
                           "Invalid Auth Method: Config has an invalid key \"%.*s\"",
                           (int)(n->name.n < 80 ? n->name.n : 80), (const char *)n->name.p);
    }
    *ret = (struct kubernetes_config){ .host = text(root, "Host"),
                                       .ca = text(root, "CACert"),
                                       .token = text(root, "ServiceAccountJWT") };
    while (ret->host.n > 0 && ret->host.p[ret->host.n - 1] == '/')
        ret->host.n--;
    return check(ret, why);
}

/* -- whose token ---------------------------------------------------------------------------------
 */

void kubernetes_ask_review(struct bytes bearer, struct buf *out)
{
    struct json_writer j;
    json_init(&j, out);
    json_open_object(&j);
    json_add_str(&j, "apiVersion", "authentication.k8s.io/v1");
    json_add_str(&j, "kind", "TokenReview");
    json_add_object(&j, "spec");
    json_add_string(&j, "token", bearer);
    json_close_object(&j);
    json_close_object(&j);
}

static struct bytes joined(struct bytes host, const char *path, struct arena *arena)
{
    return bytes_str(arena_printf(arena, "%.*s%s", (int)host.n, (const char *)host.p, path));
}

struct bytes kubernetes_review_url(const struct kubernetes_config *c, struct arena *arena)
{
    return joined(c->host, "/apis/authentication.k8s.io/v1/tokenreviews", arena);
}

/* A name of the cluster, which goes into a URL: letters, digits, '-', '.'. */
static bool is_name(struct bytes name)
{
    for (size_t i = 0; i < name.n; i++) {
        uint8_t c = name.p[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '.')
            return false;
    }
    return name.n > 0 && name.n <= 253 && name.p[0] != '.';
}

/* "system:serviceaccount:NAMESPACE:NAME" */
static bool split(struct bytes user, struct kubernetes_account *ret)
{
    if (!bytes_starts(user, bytes_str(account_prefix)))
        return false;
    struct bytes rest = bytes_skip(user, sizeof account_prefix - 1);
    const uint8_t *colon = rest.n == 0 ? NULL : memchr(rest.p, ':', rest.n);
    if (colon == NULL)
        return false;
    ret->namespace = bytes_of(rest.p, (size_t)(colon - rest.p));
    ret->name = bytes_skip(rest, ret->namespace.n + 1);
    return is_name(ret->namespace) && is_name(ret->name);
}

enum err kubernetes_read_review(int status, struct bytes answer, struct arena *arena,
                                struct kubernetes_account *ret, struct why *why)
{
    const struct hcl_node *root;
    if (status != 200 && status != 201)
        return why_set(why, ERR_UNAUTHENTICATED, "the cluster answers %d to a TokenReview", status);
    enum err e = read_object(answer, arena, &root, why);
    if (e != OK)
        return e;
    const struct hcl_node *says = member(root, "status"), *user = member(says, "user");
    struct bytes error = text(says, "error");
    if (error.n > 0)
        return why_set(why, ERR_UNAUTHENTICATED, "lookup failed: %.*s",
                       (int)(error.n < 200 ? error.n : 200), (const char *)error.p);
    if (!is_true(says, "authenticated"))
        return why_set(why, ERR_UNAUTHENTICATED, "lookup failed: service account jwt not valid");
    *ret = (struct kubernetes_account){ .uid = text(user, "uid") };
    if (!split(text(user, "username"), ret))
        return why_set(why, ERR_UNAUTHENTICATED,
                       "lookup failed: unexpected username format: it is no service account");
    return OK;
}

/* -- its name ------------------------------------------------------------------------------------
 */

struct bytes kubernetes_account_url(const struct kubernetes_config *c,
                                    const struct kubernetes_account *a, struct arena *arena)
{
    return joined(c->host,
                  arena_printf(arena, "/api/v1/namespaces/%.*s/serviceaccounts/%.*s",
                               (int)a->namespace.n, (const char *)a->namespace.p, (int)a->name.n,
                               (const char *)a->name.p),
                  arena);
}

enum err kubernetes_read_account(int status, struct bytes answer, struct arena *arena,
                                 struct kubernetes_account *account, struct why *why)
{
    const struct hcl_node *root = NULL;
    if (status != 200)
        return why_set(why, ERR_UNAUTHENTICATED, "annotation lookup failed: the cluster answers %d",
                       status);
    enum err e = read_object(answer, arena, &root, why);
    if (root == NULL)
        return e;
    struct bytes name = text(member(member(root, "metadata"), "annotations"), name_annotation);
    if (name.n > 0)
        account->name = name;
    return OK;
}

void kubernetes_claims(const struct kubernetes_account *a, struct acl_claims *ret)
{
    *ret = (struct acl_claims){ .account_n = 3 };
    ret->account[0] = (struct acl_claim){ .name = bytes_str("namespace"), .value = a->namespace };
    ret->account[1] = (struct acl_claim){ .name = bytes_str("name"), .value = a->name };
    ret->account[2] = (struct acl_claim){ .name = bytes_str("uid"), .value = a->uid };
}
