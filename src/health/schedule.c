#include "health/schedule.h"

#include "base/siphash.h"

uint64_t schedule_first(struct bytes id, uint64_t seed, uint64_t interval_ms, uint64_t now_ms)
{
    const struct siphash_key key = { { seed, interval_ms } };
    return now_ms + siphash(&key, id) % interval_ms;
}

uint64_t schedule_next(uint64_t due_ms, uint64_t interval_ms, uint64_t now_ms)
{
    uint64_t late_ms = now_ms > due_ms ? now_ms - due_ms : 0;
    return due_ms + (late_ms / interval_ms + 1) * interval_ms;
}
