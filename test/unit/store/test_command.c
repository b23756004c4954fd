/* Bodies of the kernel's small commands: known bytes, round trip, cut and extended at every byte.
 */
#include "store/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"

static struct buf body;
static struct arena arena;

static int setup(void **state)
{
    buf_init(&body, 1 << 16);
    arena_init(&arena, 0);
    return 0;
}

static int teardown(void **state)
{
    buf_fini(&body);
    arena_fini(&arena);
    return 0;
}

static const struct lease_grant grant = { .id = -2,
                                          .ttl_ms = 5000,
                                          .suspect_ms = 1,
                                          .down_ms = 2,
                                          .remove_ms = 0x0102030405060708,
                                          .face = FACE_NACOS };
static const struct lease_revoke revoke = { .id = INT64_MIN, .face = FACE_NONE };
static const struct lease_move move = { .id = 7, .from = LEASE_SUSPECT, .to = LEASE_REMOVED };
static const struct compact compaction = { .space = SPACE_SYSTEM, .revision = UINT64_MAX };
static const struct lease_remaining remaining[] = { { 1, 10 }, { -1, UINT64_MAX }, { 3, 0 } };

/* -- each kind as one function, so that cutting is written once -------------------------------- */

static void encode_grant(void)
{
    lease_grant_encode(&grant, &body);
}

static enum err decode_grant(struct bytes b)
{
    struct lease_grant g;
    return lease_grant_decode(b, &g);
}

static void encode_revoke(void)
{
    lease_revoke_encode(&revoke, &body);
}

static enum err decode_revoke(struct bytes b)
{
    struct lease_revoke r;
    return lease_revoke_decode(b, &r);
}

static void encode_move(void)
{
    lease_move_encode(&move, &body);
}

static enum err decode_move(struct bytes b)
{
    struct lease_move m;
    return lease_move_decode(b, &m);
}

static void encode_checkpoint(void)
{
    lease_checkpoint_encode(remaining, ARRAY_LEN(remaining), &body);
}

static enum err decode_checkpoint(struct bytes b)
{
    struct lease_remaining *leases;
    size_t n;
    return lease_checkpoint_decode(b, &arena, &leases, &n);
}

static void encode_compact(void)
{
    compact_encode(&compaction, &body);
}

static enum err decode_compact(struct bytes b)
{
    struct compact c;
    return compact_decode(b, &c);
}

static const struct kind {
    void (*encode)(void);
    enum err (*decode)(struct bytes b);
} kinds[] = {
    { encode_grant, decode_grant },     { encode_revoke, decode_revoke },
    { encode_move, decode_move },       { encode_checkpoint, decode_checkpoint },
    { encode_compact, decode_compact },
};

static void every_kind_cut_at_every_byte_is_truncated(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        buf_clear(&body, SIZE_MAX);
        kinds[i].encode();
        assert_int_equal(kinds[i].decode(buf_bytes(&body)), OK);
        for (size_t n = 0; n < body.n; n++)
            assert_int_equal(kinds[i].decode(bytes_of(body.p, n)), ERR_TRUNCATED);
    }
}

static void every_kind_refuses_bytes_after_its_end(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        buf_clear(&body, SIZE_MAX);
        kinds[i].encode();
        buf_put_u8(&body, 0);
        assert_int_equal(kinds[i].decode(buf_bytes(&body)), ERR_MALFORMED);
    }
}

/* -- what is in them --------------------------------------------------------------------------- */

static void known_move_is_written_byte_by_byte(void **state)
{
    static const uint8_t expected[] = { 7, 0, 0, 0, 0, 0, 0, 0, LEASE_SUSPECT, LEASE_REMOVED };
    encode_move();
    assert_int_equal(body.n, sizeof expected);
    assert_memory_equal(body.p, expected, sizeof expected);
}

static void grant_comes_back_whole(void **state)
{
    struct lease_grant g;
    encode_grant();
    assert_int_equal(lease_grant_decode(buf_bytes(&body), &g), OK);
    assert_int_equal(g.id, grant.id);
    assert_int_equal(g.ttl_ms, grant.ttl_ms);
    assert_int_equal(g.suspect_ms, grant.suspect_ms);
    assert_int_equal(g.down_ms, grant.down_ms);
    assert_int_equal(g.remove_ms, grant.remove_ms);
    assert_int_equal(g.face, grant.face);
}

static void revoke_comes_back_whole(void **state)
{
    struct lease_revoke r;
    encode_revoke();
    assert_int_equal(lease_revoke_decode(buf_bytes(&body), &r), OK);
    assert_int_equal(r.id, INT64_MIN);
    assert_int_equal(r.face, FACE_NONE);
    assert_int_equal(r.key_set_mark, 0);
}

static void revoke_may_name_the_keys_that_go(void **state)
{
    const struct lease_revoke marked = { .id = 7, .face = FACE_ETCD, .key_set_mark = UINT64_MAX };
    struct lease_revoke r;
    buf_clear(&body, SIZE_MAX);
    lease_revoke_encode(&marked, &body);
    assert_int_equal(body.n, 17);
    assert_int_equal(lease_revoke_decode(buf_bytes(&body), &r), OK);
    assert_int_equal(r.key_set_mark, UINT64_MAX);
    for (size_t cut = 10; cut < 17; cut++)
        assert_int_equal(lease_revoke_decode(bytes_of(body.p, cut), &r), ERR_MALFORMED);
    memset(body.p + 9, 0, 8); /* one way to say it only */
    assert_int_equal(lease_revoke_decode(buf_bytes(&body), &r), ERR_MALFORMED);
    buf_put_u8(&body, 0);
    body.p[9] = 1;
    assert_int_not_equal(lease_revoke_decode(buf_bytes(&body), &r), OK);
}

static void move_comes_back_whole(void **state)
{
    struct lease_move m;
    encode_move();
    assert_int_equal(lease_move_decode(buf_bytes(&body), &m), OK);
    assert_int_equal(m.id, 7);
    assert_int_equal(m.from, LEASE_SUSPECT);
    assert_int_equal(m.to, LEASE_REMOVED);
}

static void checkpoint_comes_back_whole_in_order(void **state)
{
    struct lease_remaining *leases;
    size_t n;
    encode_checkpoint();
    assert_int_equal(lease_checkpoint_decode(buf_bytes(&body), &arena, &leases, &n), OK);
    assert_int_equal(n, ARRAY_LEN(remaining));
    assert_memory_equal(leases, remaining, sizeof remaining);
}

static void checkpoint_of_no_leases_is_read(void **state)
{
    struct lease_remaining *leases;
    size_t n = 7;
    lease_checkpoint_encode(NULL, 0, &body);
    assert_int_equal(lease_checkpoint_decode(buf_bytes(&body), &arena, &leases, &n), OK);
    assert_int_equal(n, 0);
}

static void checkpoint_count_beyond_the_body_allocates_nothing(void **state)
{
    static const uint8_t many[4 + 16] = { 0xff, 0xff, 0xff, 0xff };
    assert_int_equal(decode_checkpoint(bytes_of(many, sizeof many)), ERR_TRUNCATED);
    assert_int_equal(arena.used_bytes, 0);
}

static void compact_comes_back_whole(void **state)
{
    struct compact c;
    encode_compact();
    assert_int_equal(compact_decode(buf_bytes(&body), &c), OK);
    assert_int_equal(c.space, SPACE_SYSTEM);
    assert_true(c.revision == UINT64_MAX);
}

static void numbers_beyond_an_enumeration_are_malformed(void **state)
{
    encode_revoke();
    body.p[body.n - 1] = FACES;
    assert_int_equal(decode_revoke(buf_bytes(&body)), ERR_MALFORMED);
    buf_clear(&body, SIZE_MAX);
    encode_grant();
    body.p[body.n - 1] = 0xff;
    assert_int_equal(decode_grant(buf_bytes(&body)), ERR_MALFORMED);
    buf_clear(&body, SIZE_MAX);
    encode_move();
    body.p[body.n - 2] = LEASE_REMOVED + 1;
    assert_int_equal(decode_move(buf_bytes(&body)), ERR_MALFORMED);
    buf_clear(&body, SIZE_MAX);
    encode_compact();
    body.p[0] = SPACES;
    assert_int_equal(decode_compact(buf_bytes(&body)), ERR_MALFORMED);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(every_kind_cut_at_every_byte_is_truncated),
        T(every_kind_refuses_bytes_after_its_end),
        T(known_move_is_written_byte_by_byte),
        T(grant_comes_back_whole),
        T(revoke_comes_back_whole),
        T(revoke_may_name_the_keys_that_go),
        T(move_comes_back_whole),
        T(checkpoint_comes_back_whole_in_order),
        T(checkpoint_of_no_leases_is_read),
        T(checkpoint_count_beyond_the_body_allocates_nothing),
        T(compact_comes_back_whole),
        T(numbers_beyond_an_enumeration_are_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
