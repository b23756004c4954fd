/* A hash over (space, key, end), and for ranges a treap ordered by (space, key, end) whose nodes
 * know the greatest end below them: a look-up walks only where an interval may still reach the key.
 */
#include "hub/watch_index.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"

#include <uthash.h>

struct node {
    struct watch_group group; /* first: a group is its node */
    UT_hash_handle hh;
    struct node *left, *right;
    const struct node *furthest; /* below and here, the one whose end is greatest */
    uint32_t priority;
    size_t id_n;
    uint8_t id[]; /* space, length of the key (4 bytes), key, end */
};

struct watch_index {
    struct node *by_id;
    struct node *root;
    struct siphash_key key;
    uint32_t seed;
};

static bool is_range(const struct node *n)
{
    return n->group.end.n != 0;
}

static bool is_open(const struct node *n)
{
    return n->group.end.n == 1 && n->group.end.p[0] == 0;
}

/* -- the treap -------------------------------------------------------------------------------- */

static int order(const struct node *a, const struct node *b)
{
    if (a->group.space != b->group.space)
        return a->group.space < b->group.space ? -1 : 1;
    int by_key = bytes_cmp(a->group.key, b->group.key);
    return by_key != 0 ? by_key : bytes_cmp(a->group.end, b->group.end);
}

/* Spaces in order, and in a space an open end last: "the greatest end". */
static bool ends_before(const struct node *a, const struct node *b)
{
    if (a->group.space != b->group.space)
        return a->group.space < b->group.space;
    if (is_open(a) || is_open(b))
        return !is_open(a);
    return bytes_cmp(a->group.end, b->group.end) < 0;
}

static void settle(struct node *n)
{
    n->furthest = n;
    if (n->left != NULL && ends_before(n->furthest, n->left->furthest))
        n->furthest = n->left->furthest;
    if (n->right != NULL && ends_before(n->furthest, n->right->furthest))
        n->furthest = n->right->furthest;
}

static struct node *turn_right(struct node *n)
{
    struct node *up = n->left;
    n->left = up->right;
    up->right = n;
    settle(n);
    settle(up);
    return up;
}

static struct node *turn_left(struct node *n)
{
    struct node *up = n->right;
    n->right = up->left;
    up->left = n;
    settle(n);
    settle(up);
    return up;
}

static struct node *insert(struct node *at, struct node *n)
{
    if (at == NULL)
        return n;
    if (order(n, at) < 0) {
        at->left = insert(at->left, n);
        if (at->left->priority > at->priority)
            return turn_right(at);
    } else {
        at->right = insert(at->right, n);
        if (at->right->priority > at->priority)
            return turn_left(at);
    }
    settle(at);
    return at;
}

static struct node *join(struct node *left, struct node *right)
{
    if (left == NULL)
        return right;
    if (right == NULL)
        return left;
    if (left->priority > right->priority) {
        left->right = join(left->right, right);
        settle(left);
        return left;
    }
    right->left = join(left, right->left);
    settle(right);
    return right;
}

static struct node *take_out(struct node *at, const struct node *n)
{
    if (at == n)
        return join(at->left, at->right);
    if (order(n, at) < 0)
        at->left = take_out(at->left, n);
    else
        at->right = take_out(at->right, n);
    settle(at);
    return at;
}

/* True if an interval that ends like N may still hold KEY. */
static bool reaches(const struct node *n, enum space space, struct bytes key)
{
    if (n->group.space != space)
        return n->group.space > space;
    return is_open(n) || bytes_cmp(key, n->group.end) < 0;
}

static void find_in(struct node *at, enum space space, struct bytes key,
                    void (*found)(void *ctx, struct watch_group *g), void *ctx)
{
    while (at != NULL && reaches(at->furthest, space, key)) {
        find_in(at->left, space, key, found, ctx);
        bool begins_after = at->group.space > space ||
                            (at->group.space == space && bytes_cmp(at->group.key, key) > 0);
        if (begins_after)
            return;
        if (at->group.space == space && reaches(at, space, key))
            found(ctx, &at->group);
        at = at->right;
    }
}

/* -- groups ----------------------------------------------------------------------------------- */

struct watch_index *watch_index_new(const struct siphash_key *key)
{
    struct watch_index *x = mem_zalloc(1, sizeof *x);
    x->key = *key;
    x->seed = (uint32_t)key->k[0] | 1;
    return x;
}

void watch_index_free(struct watch_index *x)
{
    if (x == NULL)
        return;
    assert(x->by_id == NULL);
    mem_free(x);
}

static uint32_t next_priority(struct watch_index *x)
{
    x->seed ^= x->seed << 13;
    x->seed ^= x->seed >> 17;
    x->seed ^= x->seed << 5;
    return x->seed;
}

static size_t id_size(struct bytes key, struct bytes end)
{
    return 5 + key.n + end.n;
}

static void write_id(uint8_t *id, enum space space, struct bytes key, struct bytes end)
{
    uint32_t n = (uint32_t)key.n;
    id[0] = (uint8_t)space;
    memcpy(id + 1, &n, 4);
    if (key.n > 0)
        memcpy(id + 5, key.p, key.n);
    if (end.n > 0)
        memcpy(id + 5 + key.n, end.p, end.n);
}

static unsigned hash_of(const struct watch_index *x, const uint8_t *id, size_t n)
{
    return (unsigned)siphash(&x->key, bytes_of(id, n));
}

static struct node *find_node(struct watch_index *x, const uint8_t *id, size_t n, unsigned hash)
{
    struct node *found;
    HASH_FIND_BYHASHVALUE(hh, x->by_id, id, n, hash, found);
    return found;
}

struct watch_group *watch_index_group(struct watch_index *x, enum space space, struct bytes key,
                                      struct bytes end)
{
    size_t id_n = id_size(key, end);
    struct node *n = mem_zalloc(1, sizeof *n + id_n);
    write_id(n->id, space, key, end);
    unsigned hash = hash_of(x, n->id, id_n);
    struct node *old = find_node(x, n->id, id_n, hash);
    if (old != NULL) {
        mem_free(n);
        return &old->group;
    }
    n->id_n = id_n;
    n->group.space = space;
    n->group.key = bytes_of(n->id + 5, key.n);
    n->group.end = bytes_of(n->id + 5 + key.n, end.n);
    list_init(&n->group.watchers);
    list_init(&n->group.touched);
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, x->by_id, n->id, n->id_n, hash, n);
    if (is_range(n)) {
        n->priority = next_priority(x);
        settle(n);
        x->root = insert(x->root, n);
    }
    return &n->group;
}

void watch_index_drop(struct watch_index *x, struct watch_group *g)
{
    struct node *n = (struct node *)g;
    if (is_range(n))
        x->root = take_out(x->root, n);
    HASH_DEL(x->by_id, n);
    list_remove(&g->touched);
    mem_free(g->events);
    mem_free(n);
}

void watch_index_find(struct watch_index *x, enum space space, struct bytes key,
                      void (*found)(void *ctx, struct watch_group *g), void *ctx)
{
    uint8_t small[512];
    size_t n = id_size(key, (struct bytes){ 0 });
    uint8_t *id = n <= sizeof small ? small : mem_alloc(n);
    write_id(id, space, key, (struct bytes){ 0 });
    struct node *single = find_node(x, id, n, hash_of(x, id, n));
    if (id != small)
        mem_free(id);
    if (single != NULL)
        found(ctx, &single->group);
    find_in(x->root, space, key, found, ctx);
}

void watch_index_each(struct watch_index *x, enum space space,
                      void (*found)(void *ctx, struct watch_group *g), void *ctx)
{
    struct node *n, *next;
    HASH_ITER(hh, x->by_id, n, next)
    {
        if (n->group.space == space)
            found(ctx, &n->group);
    }
}
