#include "net/unsent.h"

static void look_for_stalled(struct timer *timer)
{
    struct unsent *u = CONTAINER_OF(timer, struct unsent, timer);
    uint64_t now = loop_now_ms(u->loop);
    struct unsent_share *s;
    while ((s = LIST_FIRST(&u->shares, struct unsent_share, link)) != NULL &&
           now - s->moved_ms >= u->stall_ms) {
        s->moved_ms = now; /* asked once: it may take its time */
        list_remove(&s->link);
        list_append(&u->shares, &s->link);
        s->give_up(s);
    }
    if (s != NULL)
        timer_start(timer, s->moved_ms + u->stall_ms - now);
}

void unsent_init(struct unsent *u, struct loop *loop, size_t max, uint64_t stall_ms)
{
    *u = (struct unsent){ .max = max, .loop = loop, .stall_ms = stall_ms };
    list_init(&u->shares);
    timer_init(&u->timer, loop, look_for_stalled);
}

void unsent_fini(struct unsent *u)
{
    timer_stop(&u->timer);
}

void unsent_set(struct unsent *u, struct unsent_share *share, size_t bytes)
{
    size_t before = share->bytes;
    if (bytes == before)
        return;
    u->bytes += bytes - before;
    share->bytes = bytes;
    if (bytes > before && before > 0)
        return; /* more to send is not a move */
    list_remove(&share->link);
    if (bytes == 0)
        return;
    share->moved_ms = loop_now_ms(u->loop);
    list_append(&u->shares, &share->link);
    if (!timer_is_set(&u->timer))
        timer_start(&u->timer, u->stall_ms);
}

size_t unsent_room(const struct unsent *u)
{
    if (u->bytes == 0)
        return SIZE_MAX;
    return u->bytes < u->max ? u->max - u->bytes : 0;
}
