/* The index of the log.
 *
 * Places rise by index without a gap: a truncation pops from the end, dropping a segment pops from
 * the front. A batch that a truncation has cut in two keeps its place with fewer entries. */
#include "disk/log_map.h"

#include <assert.h>

#include "base/mem.h"

void log_map_fini(struct log_map *m)
{
    for (size_t i = 0; i < m->segment_n; i++) {
        assert(m->segments[i]->file == NULL);
        mem_free(m->segments[i]);
    }
    mem_free(m->segments);
    mem_free(m->places);
    *m = (struct log_map){ 0 };
}

uint64_t log_map_first(const struct log_map *m)
{
    return m->place_at == m->place_n ? m->last + 1 : m->places[m->place_at].first;
}

struct log_segment *log_map_active(const struct log_map *m)
{
    assert(m->segment_n > 0);
    return m->segments[m->segment_n - 1];
}

void log_map_add_segment(struct log_map *m, struct log_segment *take_segment)
{
    if (m->segment_n == m->segment_room) {
        m->segment_room = m->segment_room == 0 ? 8 : 2 * m->segment_room;
        m->segments = mem_realloc(m->segments, m->segment_room * sizeof *m->segments);
    }
    m->segments[m->segment_n++] = take_segment;
}

struct log_segment *log_map_take_oldest(struct log_map *m)
{
    assert(m->segment_n > 0);
    struct log_segment *oldest = m->segments[0];
    m->segment_n--;
    memmove(m->segments, m->segments + 1, m->segment_n * sizeof *m->segments);
    while (m->place_at < m->place_n && m->places[m->place_at].segment == oldest)
        m->place_at++;
    if (m->place_at == m->place_n)
        m->place_at = m->place_n = 0;
    return oldest;
}

void log_map_truncate(struct log_map *m, uint64_t from)
{
    while (m->place_n > m->place_at && m->places[m->place_n - 1].first >= from)
        m->place_n--;
    if (m->place_n > m->place_at) {
        struct log_place *p = &m->places[m->place_n - 1];
        if (p->first + p->n > from)
            p->n = from - p->first;
    }
    if (m->last >= from)
        m->last = from - 1;
}

/* Room for one more place: slides down what log_map_take_oldest has left at the front, or grows. */
static void make_room(struct log_map *m)
{
    if (m->place_n < m->place_room)
        return;
    size_t n = m->place_n - m->place_at;
    if (m->place_at > n) {
        assert(m->places != NULL);
        memcpy(m->places, m->places + m->place_at, n * sizeof *m->places);
        m->place_at = 0;
        m->place_n = n;
        return;
    }
    m->place_room = m->place_room == 0 ? 256 : 2 * m->place_room;
    m->places = mem_realloc(m->places, m->place_room * sizeof *m->places);
}

void log_map_add_entry(struct log_map *m, struct log_segment *segment, uint64_t offset,
                       uint64_t size, uint64_t index, uint64_t term)
{
    assert(index == m->last + 1);
    struct log_place *p = m->place_n > m->place_at ? &m->places[m->place_n - 1] : NULL;
    assert(p == NULL || m->places != NULL);
    if (p != NULL && p->segment == segment && p->offset == offset) {
        p->n++;
    } else {
        make_room(m);
        m->places[m->place_n++] = (struct log_place){ segment, offset, size, index, 1 };
    }
    m->last = index;
    m->last_term = term;
}

const struct log_place *log_map_find(const struct log_map *m, uint64_t index)
{
    size_t low = m->place_at, high = m->place_n;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (m->places[middle].first <= index)
            low = middle;
        else
            high = middle;
    }
    assert(low < high && index - m->places[low].first < m->places[low].n);
    return &m->places[low];
}

const struct log_place *log_map_end(const struct log_map *m)
{
    return m->places + m->place_n;
}
