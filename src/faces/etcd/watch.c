/* etcdserverpb.Watch.
 *
 * Everything about one stream is answered in the order of its requests. A creation is answered at
 * the end of a turn, so what comes behind it is postponed until then, unless it is another creation
 * that will be let in: those travel together. A client that does not read is not read either. */
#include "faces/etcd/watch.h"

#include "base/mem.h"
#include "faces/etcd/descriptor.h"
#include "wire/pb.h"

enum { POSTPONED_MAX = 64 * 1024 /* bytes; then the client is not read */ };

struct postponed {
    struct list link;
    size_t n;
    uint8_t message[];
};

/* -- creating ---------------------------------------------------------------------------------- */

static void refuse(struct etcd_watches *s, const char *reason)
{
    watch_send_answer(s, &(struct watch_answer){ .revision = hub_revision(s->stream.face->hub),
                                                 .id = -1,
                                                 .created = true,
                                                 .canceled = true,
                                                 .reason = reason });
}

struct wish { /* a create request, in our terms */
    struct bytes key, end;
    const Etcdserverpb__WatchCreateRequest *request;
};

static struct wish read_wish(const Etcdserverpb__WatchCreateRequest *r)
{
    static const uint8_t zero[1];
    struct wish w = { .key = etcd_bytes(r->key), .end = etcd_bytes(r->range_end), .request = r };
    if (w.key.n == 0)
        w.key = bytes_of(zero, 1);
    return w;
}

static bool is_open_end(struct bytes end)
{
    return end.n == 1 && end.p[0] == 0;
}

/* NULL: it may come in. */
static const char *wish_refusal(const struct etcd_watches *s, const struct wish *w)
{
    if (w->end.n > 0 && !is_open_end(w->end) && bytes_cmp(w->key, w->end) >= 0)
        return "mvcc: watcher range is empty";
    if (w->request->watch_id != 0 && watch_find(s, w->request->watch_id) != NULL)
        return "mvcc: duplicate watch ID provided on the WatchStream";
    return NULL;
}

/* The gate's refusal in etcd's words for a cancel reason, or NULL. */
static const char *gate_refusal(struct etcd_watches *s, const struct wish *w,
                                const struct granted **ret)
{
    const struct caller caller = caller_of(s->stream.call);
    const struct operation operation = {
        .verb = ACCESS_READ,
        .space = SPACE_ETCD,
        .key = etcd_bytes(w->request->key), /* as sent: before an empty key becomes 0x00 */
        .end = w->end,
    };
    enum err e = access_check(s->stream.face->hub, &caller, &operation, 1, &s->stream.arena, ret);
    if (e == OK)
        return NULL;
    return e == ERR_DENIED
               ? "rpc error: code = PermissionDenied desc = etcdserver: permission denied"
               : "rpc error: code = Unauthenticated desc = etcdserver: invalid auth token";
}

static void open_watch(struct etcd_watches *s, const struct wish *wish,
                       const struct granted *granted)
{
    const Etcdserverpb__WatchCreateRequest *r = wish->request;
    struct etcd_watch *w = mem_zalloc(1, sizeof *w);
    *w = (struct etcd_watch){
        .stream = s,
        .id = r->watch_id != 0 ? r->watch_id : watch_next_id(s),
        .prev_kv = r->prev_kv != 0,
        .fragment = r->fragment != 0,
        .progress_notify = r->progress_notify != 0,
        .spoke = true, /* not before a whole interval */
    };
    watch_add(s, w);
    struct watch_options options = {
        .space = SPACE_ETCD,
        .key = wish->key,
        .end = wish->end,
        .start = (uint64_t)r->start_revision,
        .ctx = w,
    };
    for (size_t i = 0; i < r->n_filters; i++) {
        if (r->filters[i] == ETCDSERVERPB__WATCH_CREATE_REQUEST__FILTER_TYPE__NOPUT)
            options.no_put = true;
        else if (r->filters[i] == ETCDSERVERPB__WATCH_CREATE_REQUEST__FILTER_TYPE__NODELETE)
            options.no_delete = true;
    }
    s->creating_n++;
    w->watcher = watch_open(s->hub_stream, granted, &options);
    if (w->progress_notify)
        watch_progress_start(s);
}

/* NULL, and what the gate granted: it may come in. In the order in which etcd looks. */
static const char *find_refusal(struct etcd_watches *s, const struct wish *w,
                                const struct granted **ret)
{
    if (w->request->start_revision < 0)
        return "etcdserver: mvcc: required revision has been compacted";
    const char *reason = gate_refusal(s, w, ret);
    return reason == NULL ? wish_refusal(s, w) : reason;
}

/* False: a refusal must not overtake the answers of creations before it. */
static bool create(struct etcd_watches *s, const Etcdserverpb__WatchCreateRequest *r)
{
    const struct wish w = read_wish(r);
    const struct granted *granted = NULL;
    const char *reason = find_refusal(s, &w, &granted);
    if (reason == NULL)
        open_watch(s, &w, granted);
    else if (s->creating_n > 0)
        return false;
    else
        refuse(s, reason);
    return true;
}

static void cancel(struct etcd_watches *s, int64_t id)
{
    struct etcd_watch *w = watch_find(s, id);
    if (w == NULL)
        return;
    if (w->watcher != NULL)
        watch_close(w->watcher);
    watch_remove(w);
    watch_send_answer(s, &(struct watch_answer){ .revision = hub_revision(s->stream.face->hub),
                                                 .id = id,
                                                 .canceled = true });
}

/* -- requests, in order ----------------------------------------------------------------------- */

static void pace(struct etcd_watches *s)
{
    stream_pace(&s->stream, s->postponed_bytes > POSTPONED_MAX);
}

/* False: it must wait until the creations before it are answered. */
static bool handle(struct etcd_watches *s, const Etcdserverpb__WatchRequest *r)
{
    bool alone = s->creating_n == 0;
    switch (r->request_union_case) {
    case ETCDSERVERPB__WATCH_REQUEST__REQUEST_UNION_CREATE_REQUEST:
        return create(s, r->create_request);
    case ETCDSERVERPB__WATCH_REQUEST__REQUEST_UNION_CANCEL_REQUEST:
        if (!alone)
            return false;
        cancel(s, r->cancel_request->watch_id);
        return true;
    case ETCDSERVERPB__WATCH_REQUEST__REQUEST_UNION_PROGRESS_REQUEST:
        if (!alone)
            return false;
        watch_progress_ask(s);
        return true;
    case ETCDSERVERPB__WATCH_REQUEST__REQUEST_UNION__NOT_SET:
    case _ETCDSERVERPB__WATCH_REQUEST__REQUEST_UNION__CASE_IS_INT_SIZE:
        break;
    }
    return true; /* a request of nothing is ignored */
}

static void postpone(struct etcd_watches *s, struct bytes message)
{
    struct postponed *p = mem_alloc(sizeof *p + message.n);
    *p = (struct postponed){ .n = message.n };
    if (message.n > 0)
        memcpy(p->message, message.p, message.n);
    list_append(&s->postponed, &p->link);
    s->postponed_bytes += p->n;
}

static void drop_postponed(struct etcd_watches *s, struct postponed *p)
{
    list_remove(&p->link);
    s->postponed_bytes -= p->n;
    mem_free(p);
}

/* False: the message is still to be handled. */
static bool take(struct etcd_watches *s, struct bytes message)
{
    const Etcdserverpb__WatchRequest *r =
        stream_decode(&s->stream, &etcdserverpb__watch_request__descriptor, message);
    return r == NULL || handle(s, r);
}

static void go_on(struct etcd_watches *s)
{
    struct postponed *p;
    while (!s->stream.ended && (p = LIST_FIRST(&s->postponed, struct postponed, link)) != NULL &&
           take(s, bytes_of(p->message, p->n)))
        drop_postponed(s, p);
    pace(s);
}

static void message(struct grpc_call *call, struct bytes bytes)
{
    struct etcd_watches *s = grpc_call_state(call);
    if (s->stream.face == NULL) {
        list_init(&s->watches);
        list_init(&s->postponed);
        if (!stream_begin(&s->stream, call))
            return;
        s->hub_stream = watch_stream_new(s->stream.face->hub, &etcd_watch_ops, s);
    }
    if (s->stream.ended)
        return;
    if (!list_is_empty(&s->postponed) || !take(s, bytes))
        postpone(s, bytes);
    pace(s);
}

/* -- what the hub tells ----------------------------------------------------------------------- */

static void created(struct watcher *watcher, uint64_t revision)
{
    struct etcd_watch *w = watcher_ctx(watcher);
    struct etcd_watches *s = w->stream;
    s->creating_n--;
    watch_send_answer(s,
                      &(struct watch_answer){ .revision = revision, .id = w->id, .created = true });
    if (s->creating_n == 0)
        go_on(s);
}

/* The id stays taken until the client cancels it, as the Go client does: it gets an answer then. */
static void compacted(struct watcher *watcher, uint64_t compact_revision)
{
    struct etcd_watch *w = watcher_ctx(watcher);
    w->watcher = NULL;
    w->stream->compacted_n++;
    watch_send_answer(w->stream, &(struct watch_answer){ .id = w->id,
                                                         .canceled = true,
                                                         .compact_revision = compact_revision });
}

static size_t pending(void *stream)
{
    const struct etcd_watches *s = stream;
    return s->stream.ended ? 0 : grpc_call_pending(s->stream.call);
}

const struct watch_ops etcd_watch_ops = {
    .created = created,
    .events = watch_send_events,
    .compacted = compacted,
    .pending = pending,
    .free_shared = watch_free_rendered,
};

/* -- ends ------------------------------------------------------------------------------------- */

static void drained(struct grpc_call *call)
{
    struct etcd_watches *s = grpc_call_state(call);
    if (s->hub_stream == NULL)
        return;
    pace(s);
    watch_stream_drained(s->hub_stream);
}

static void closed(struct grpc_call *call, enum err why)
{
    struct etcd_watches *s = grpc_call_state(call);
    if (s->stream.face == NULL)
        return;
    s->stream.ended = true;
    watch_progress_stop(s);
    if (s->hub_stream != NULL)
        watch_stream_free(s->hub_stream);
    LIST_FOR_EACH(link, &s->watches)
    {
        watch_remove(CONTAINER_OF(link, struct etcd_watch, link));
    }
    mem_free(s->buckets);
    LIST_FOR_EACH(link, &s->postponed)
    {
        drop_postponed(s, CONTAINER_OF(link, struct postponed, link));
    }
    stream_fini(&s->stream);
}

static const struct grpc_method methods[] = {
    { .name = "Watch",
      .kind = GRPC_BIDI_STREAM,
      .state_bytes = sizeof(struct etcd_watches),
      .message = message,
      .half_closed = NULL, /* events go on until the client resets the stream */
      .drained = drained,
      .closed = closed },
};

const struct grpc_service etcd_watch_service = {
    .name = "etcdserverpb.Watch",
    .methods = methods,
    .method_n = ARRAY_LEN(methods),
    .file = &etcd_rpc_file,
};
