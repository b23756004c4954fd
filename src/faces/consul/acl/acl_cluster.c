/* REVIEWING (whose token it is) -> NAMING (what the account is called) -> THEN. */
#include "faces/consul/acl/acl_cluster.h"

#include "faces/consul/acl/acl.h"
#include "faces/consul/call/outside.h"
#include "net/tls_client.h"

struct cluster { /* in its call's arena */
    struct consul_call *call;
    struct kubernetes_config config;
    struct kubernetes_account account;
    struct tls_client *trust;
    struct outside *under_way;
    acl_cluster_fn then;
};

static void on_give_up(struct consul_call *c)
{
    struct cluster *k = acl_task(c)->waits_for;
    outside_cancel(k->under_way);
    tls_client_free(k->trust);
}

static void end(struct cluster *k, enum err e, const char *failure)
{
    struct consul_call *c = k->call;
    tls_client_free(k->trust);
    k->then(c, &k->account, e, failure);
}

/* Nothing of it is lent any more when DONE is called. */
static void ask(struct cluster *k, const struct outside_ask *what, outside_fn done)
{
    struct why why = { 0 };
    enum err e = outside_start(k->call->face, what, done, k, &k->under_way, &why);
    if (e == OK)
        consul_wait(k->call, on_give_up);
    else
        end(k, e, why.text);
}

static void on_account(void *ctx, const struct outside_answer *answer)
{
    struct cluster *k = ctx;
    struct why why = { 0 };
    consul_waits_no_more(k->call);
    if (answer->failure != NULL) {
        end(k, ERR_CLOSED, answer->failure);
        return;
    }
    enum err e = kubernetes_read_account(answer->status, answer->body, consul_arena(k->call),
                                         &k->account, &why);
    end(k, e, why.text);
}

static void on_review(void *ctx, const struct outside_answer *answer)
{
    struct cluster *k = ctx;
    struct why why = { 0 };
    struct arena *arena = consul_arena(k->call);
    consul_waits_no_more(k->call);
    if (answer->failure != NULL) {
        end(k, ERR_CLOSED, answer->failure);
        return;
    }
    enum err e = kubernetes_read_review(answer->status, answer->body, arena, &k->account, &why);
    if (e != OK) {
        end(k, e, why.text);
        return;
    }
    const struct outside_ask next = { .url = kubernetes_account_url(&k->config, &k->account, arena),
                                      .bearer = k->config.token,
                                      .answer_max = KUBERNETES_ANSWER_MAX,
                                      .trust = k->trust };
    ask(k, &next, on_account);
}

void acl_cluster_ask(struct consul_call *c, struct bytes config, struct bytes bearer,
                     acl_cluster_fn then)
{
    struct arena *arena = consul_arena(c);
    struct cluster *k = arena_zalloc(arena, 1, sizeof *k);
    struct why why = { 0 };
    struct buf body;
    *k = (struct cluster){ .call = c, .then = then };
    acl_task(c)->waits_for = k;
    enum err e = kubernetes_read(config, arena, &k->config, &why);
    if (e == OK)
        e = tls_client_new_with(k->config.ca, &k->trust, &why);
    if (e != OK) {
        end(k, ERR_INVALID, why.text);
        return;
    }
    buf_init(&body, 6 * bearer.n + 4096);
    kubernetes_ask_review(bearer, &body);
    const struct outside_ask review = { .url = kubernetes_review_url(&k->config, arena),
                                        .bearer = k->config.token,
                                        .body = buf_bytes(&body),
                                        .answer_max = KUBERNETES_ANSWER_MAX,
                                        .trust = k->trust };
    ask(k, &review, on_review);
    buf_fini(&body);
}
