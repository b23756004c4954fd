/* Keys: known bytes, and what has parts in common is one range. */
#include "catalog/key.h"
#include "catalog/key_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static uint8_t rooms[3][4096];

static struct buf fresh(int i)
{
    return (struct buf){ .p = rooms[i], .room = sizeof rooms[i], .max = sizeof rooms[i] };
}

static struct service_id service(const char *ns, const char *group, const char *name)
{
    return (struct service_id){ bytes_str(ns), bytes_str(group), bytes_str(name) };
}

static const struct owner agent = { .face = FACE_CONSUL,
                                    .name = { (const uint8_t *)"N1", 2 },
                                    .part = { (const uint8_t *)"Web-1", 5 } };

/* True if KEY lies in the range of PREFIX. */
static bool holds(const struct buf *prefix, const struct buf *key)
{
    struct buf end = fresh(2);
    prefix_end(buf_bytes(prefix), &end);
    return bytes_cmp(buf_bytes(prefix), buf_bytes(key)) <= 0 &&
           bytes_cmp(buf_bytes(key), buf_bytes(&end)) < 0;
}

static void assert_key(const struct buf *key, const char *expected, size_t n)
{
    assert_int_equal(key->n, n);
    assert_memory_equal(key->p, expected, n);
}

static void known_keys_are_written_byte_by_byte(void **state)
{
    struct service_id s = service("Ns", "Blue", "User");
    struct check_id check = { bytes_str("Ns"), bytes_str("N1"), bytes_str("Web"), bytes_str("C1") };
    struct buf b = fresh(0);
    publication_key(&s, &agent, &b);
    assert_key(&b, "pNs\0blue\0user\0\x02n1\0web-1", 23);
    b = fresh(0);
    overlay_key(&s, bytes_str("Host"), 0x1f90, bytes_str("East"), &b);
    assert_key(&b,
               "oNs\0blue\0user\0host\0\x1f\x90"
               "East",
               25);
    b = fresh(0);
    service_key(&s, &b);
    assert_key(&b, "sNs\0blue\0user", 13);
    b = fresh(0);
    node_key(bytes_str("Ns"), bytes_str("N1"), &b);
    assert_key(&b, "nNs\0n1", 6);
    b = fresh(0);
    check_key(&check, &b);
    assert_key(&b, "cNs\0n1\0web\0c1", 13);
    b = fresh(0);
    from_node_key(bytes_str("Ns"), &agent, &b);
    assert_key(&b, "wNs\0n1\0\x02web-1", 13);
    b = fresh(0);
    object_key(OBJECT_CONFIG, bytes_str("Ns"), bytes_str("Kind"), bytes_str("Web"), &b);
    assert_key(&b, "gNs\0Kind\0Web", 12);
    b = fresh(0);
    object_key(OBJECT_QUERY, bytes_str("Ns"), bytes_str(""), bytes_str("q"), &b);
    assert_key(&b, "qNs\0\0q", 6);
    b = fresh(0);
    tables_key(bytes_str("Ns"), &b);
    assert_key(&b, "tNs", 3);
}

static void service_of_a_publication_is_read_out_of_its_key(void **state)
{
    struct service_id s = service("Ns", "Blue", "User"), got;
    struct buf key = fresh(0), prefix = fresh(1);
    publication_key(&s, &agent, &key);
    publications_prefix(bytes_str("Ns"), &prefix);
    assert_true(holds(&prefix, &key));
    assert_int_equal(publication_key_service(buf_bytes(&key), &got), OK);
    assert_true(service_id_eq(&got, &s));
    assert_int_equal(publication_key_service(bytes_str("pNs"), &got), ERR_MALFORMED);
    assert_int_equal(publication_key_service(bytes_of("sNs\0a\0b\0", 8), &got), ERR_MALFORMED);
}

static const struct uuid session = { { 's', [15] = 0xff } };
#define SESSION "s\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff"

static void keys_of_sessions_and_locks_are_written_byte_by_byte(void **state)
{
    struct buf b = fresh(0);
    session_key(bytes_str("Ns"), &session, &b);
    assert_key(&b, "xNs\0" SESSION, 20);
    b = fresh(0);
    bound_key(bytes_str("Ns"), bytes_str("N1"), bytes_str("C1"), &session, &b);
    assert_key(&b, "bNs\0n1\0c1\0" SESSION, 26);
    b = fresh(0);
    held_key(&session, bytes_str("Key"), &b);
    assert_key(&b, "h" SESSION "Key", 20);
    b = fresh(0);
    lock_delay_key(bytes_str("Key"), &b);
    assert_key(&b, "dKey", 4);
    b = fresh(0);
    lock_delay_end_key(0x0102030405060708, bytes_str("Key"), &b);
    assert_key(&b, "e\1\2\3\4\5\6\7\10Key", 12);
}

static void sessions_are_read_back_from_keys(void **state)
{
    struct buf b = fresh(0);
    struct uuid back;
    struct bytes ns;
    session_key(bytes_str("ns"), &session, &b);
    assert_int_equal(session_key_read(buf_bytes(&b), &ns, &back), OK);
    assert_true(bytes_is(ns, "ns") && uuid_eq(&back, &session));
    assert_int_equal(bound_key_session(buf_bytes(&b), &back), ERR_MALFORMED);
    for (size_t n = 0; n < b.n; n++)
        assert_int_equal(session_key_read(bytes_of(b.p, n), &ns, &back), ERR_MALFORMED);
    b = fresh(0);
    bound_key(bytes_str("ns"), bytes_str("n"), bytes_str(""), &session, &b);
    assert_int_equal(bound_key_session(buf_bytes(&b), &back), OK);
    assert_true(uuid_eq(&back, &session));
    assert_int_equal(session_key_read(buf_bytes(&b), &ns, &back), ERR_MALFORMED);
    assert_int_equal(bound_key_session(bytes_of(b.p, UUID_BYTES), &back), ERR_MALFORMED);
}

static void event_is_keyed_by_its_number(void **state)
{
    struct buf b = fresh(0);
    uint64_t number;
    user_event_key(bytes_str("Ns"), 0x0102, &b);
    assert_key(&b, "vNs\0\0\0\0\0\0\0\1\2", 12);
    assert_int_equal(user_event_key_number(buf_bytes(&b), &number), OK);
    assert_int_equal(number, 0x0102);
    for (size_t n = 0; n < b.n; n++)
        assert_int_equal(user_event_key_number(bytes_of(b.p, n), &number), ERR_MALFORMED);
    b.p[0] = 'x';
    assert_int_equal(user_event_key_number(buf_bytes(&b), &number), ERR_MALFORMED);
}

static void ends_of_lock_delays_are_read_back_from_keys(void **state)
{
    struct buf b = fresh(0);
    struct bytes key;
    uint64_t until_ms;
    lock_delay_end_key(77, bytes_str("k"), &b);
    assert_int_equal(lock_delay_end_key_read(buf_bytes(&b), &until_ms, &key), OK);
    assert_int_equal(until_ms, 77);
    assert_true(bytes_is(key, "k"));
    assert_int_equal(lock_delay_end_key_read(bytes_of(b.p, 8), &until_ms, &key), ERR_MALFORMED);
    b.p[0] = 'd';
    assert_int_equal(lock_delay_end_key_read(buf_bytes(&b), &until_ms, &key), ERR_MALFORMED);
}

static void assert_prefix_end(const char *prefix, const char *expected, size_t n)
{
    struct buf b = fresh(0);
    prefix_end(bytes_str(prefix), &b);
    assert_key(&b, expected, n);
}

static void range_of_any_prefix_has_an_end(void **state)
{
    assert_prefix_end("a/", "a0", 2);
    assert_prefix_end("a\xff\xff", "b", 1);
    assert_prefix_end("\xff", "", 1); /* a zero: nothing ends it */
    assert_prefix_end("", "", 1);
}

static void key_does_not_know_the_case_of_names(void **state)
{
    struct service_id a = service("ns", "Blue", "User"), b = service("ns", "bLUE", "USER");
    struct buf x = fresh(0), y = fresh(1);
    publication_key(&a, &agent, &x);
    publication_key(&b, &agent, &y);
    assert_true(bytes_eq(buf_bytes(&x), buf_bytes(&y)));
}

static void publications_of_a_service_are_a_range_without_those_of_its_neighbours(void **state)
{
    struct service_id s = service("ns", "g", "user"), longer = service("ns", "g", "users"),
                      other = service("ns", "gg", "user"), shorter = service("ns", "g", "use");
    uint8_t wild[] = { 0xff, 0, 0xff, 0xff };
    struct owner owner = { .face = FACE_ETCD, .part = bytes_of(wild, sizeof wild) };
    struct buf prefix = fresh(0), key = fresh(1);
    publication_prefix(&s, &prefix);
    publication_key(&s, &owner, &key);
    assert_true(holds(&prefix, &key));
    const struct service_id *const neighbours[] = { &longer, &other, &shorter };
    for (int i = 0; i < 3; i++) {
        key = fresh(1);
        publication_key(neighbours[i], &owner, &key);
        assert_false(holds(&prefix, &key));
    }
}

static void services_of_a_namespace_are_a_range(void **state)
{
    struct service_id in = service("ns", "g", "a"), out = service("ns2", "g", "a");
    struct buf prefix = fresh(0), key = fresh(1);
    service_prefix(bytes_str("ns"), &prefix);
    service_key(&in, &key);
    assert_true(holds(&prefix, &key));
    key = fresh(1);
    service_key(&out, &key);
    assert_false(holds(&prefix, &key));
}

static void what_is_published_from_a_node_is_a_range(void **state)
{
    struct bytes ns = bytes_str("ns");
    struct owner other = agent, elsewhere = agent, back;
    other.name = bytes_str("n11");
    elsewhere.face = FACE_NATIVE;
    struct buf prefix = fresh(0), key = fresh(1);
    from_node_prefix(ns, bytes_str("n1"), &prefix);
    from_node_key(ns, &agent, &key);
    assert_true(holds(&prefix, &key));
    assert_int_equal(from_node_key_owner(bytes_skip(buf_bytes(&key), prefix.n), &back), OK);
    assert_int_equal(back.face, FACE_CONSUL);
    assert_true(bytes_is(back.part, "web-1"));
    assert_int_equal(from_node_key_owner(bytes_str(""), &back), ERR_MALFORMED);
    assert_int_equal(from_node_key_owner(bytes_of("\0a", 2), &back), ERR_MALFORMED);
    key = fresh(1);
    from_node_key(ns, &elsewhere, &key);
    assert_true(holds(&prefix, &key));
    key = fresh(1);
    from_node_key(ns, &other, &key);
    assert_false(holds(&prefix, &key));
    key = fresh(1);
    from_node_key(bytes_str("ns2"), &agent, &key);
    assert_false(holds(&prefix, &key));
}

static void checks_of_a_node_and_of_one_instance_are_ranges(void **state)
{
    struct check_id own = { bytes_str("ns"), bytes_str("n1"), { 0 }, bytes_str("serfHealth") };
    struct check_id of_web = { bytes_str("ns"), bytes_str("n1"), bytes_str("web"), bytes_str("c") };
    struct buf node = fresh(0), key = fresh(1);
    check_prefix(bytes_str("ns"), bytes_str("n1"), (struct bytes){ 0 }, &node);
    check_key(&own, &key);
    assert_true(holds(&node, &key));
    key = fresh(1);
    check_key(&of_web, &key);
    assert_true(holds(&node, &key));
    struct buf only_own = fresh(0);
    check_prefix(bytes_str("ns"), bytes_str("n1"), bytes_str(""), &only_own);
    assert_false(holds(&only_own, &key));
    key = fresh(1);
    check_key(&own, &key);
    assert_true(holds(&only_own, &key));
}

static void owner_is_read_back_from_the_key(void **state)
{
    struct service_id s = service("ns", "g", "a");
    struct owner back, etcd = { .face = FACE_ETCD, .part = bytes_of("/a\0\xff/b", 6) };
    struct buf key = fresh(0);
    publication_key(&s, &etcd, &key);
    assert_int_equal(publication_key_owner(buf_bytes(&key), &back), OK);
    assert_true(owner_eq(&etcd, &back));
    key = fresh(0);
    publication_key(&s, &agent, &key);
    assert_int_equal(publication_key_owner(buf_bytes(&key), &back), OK);
    assert_true(owner_eq(&agent, &back));
}

static void key_cut_before_its_part_has_no_owner(void **state)
{
    struct service_id s = service("ns", "g", "a");
    struct owner back;
    struct buf key = fresh(0);
    publication_key(&s, &agent, &key);
    size_t part_at = key.n - agent.part.n;
    for (size_t n = 0; n < part_at; n++)
        assert_int_equal(publication_key_owner(bytes_of(key.p, n), &back), ERR_MALFORMED);
    assert_int_equal(publication_key_owner(bytes_of(key.p, part_at), &back), OK);
}

static void place_of_an_overlay_is_read_back_from_the_key(void **state)
{
    struct service_id s = service("ns", "g", "a");
    struct bytes address, cluster;
    uint16_t port;
    struct buf prefix = fresh(0), key = fresh(1);
    overlay_prefix(&s, &prefix);
    overlay_key(&s, bytes_str("Host"), 0x1f00, (struct bytes){ 0 }, &key);
    struct bytes rest = bytes_skip(buf_bytes(&key), prefix.n);
    assert_int_equal(overlay_key_place(rest, &address, &port, &cluster), OK);
    assert_true(bytes_is(address, "host") && bytes_is(cluster, "DEFAULT"));
    assert_int_equal(port, 0x1f00);
    for (size_t n = 0; n < strlen("host") + 1 + 2 + 1; n++)
        assert_int_equal(overlay_key_place(bytes_of(rest.p, n), &address, &port, &cluster),
                         ERR_MALFORMED);
}

static void owner_ends_at_its_limits(void **state)
{
    static uint8_t long_part[OWNER_PART_MAX + 1];
    char long_name[NODE_NAME_MAX + 1];
    memset(long_name, 'n', sizeof long_name);
    struct owner o = { .face = FACE_ETCD,
                       .name = bytes_of(long_name, NODE_NAME_MAX),
                       .part = bytes_of(long_part, OWNER_PART_MAX) };
    assert_int_equal(owner_check(&o), OK);
    o.part.n++;
    assert_int_equal(owner_check(&o), ERR_TOO_BIG);
    o.part.n--;
    o.name.n++;
    assert_int_equal(owner_check(&o), ERR_TOO_BIG);
}

static void owner_without_a_face_or_a_word_is_none(void **state)
{
    struct owner o = { .face = FACE_NACOS, .name = bytes_str("c1") };
    assert_int_equal(owner_check(&o), OK);
    o.face = FACE_NONE;
    assert_int_equal(owner_check(&o), ERR_INVALID);
    o = (struct owner){ .face = FACE_NACOS };
    assert_int_equal(owner_check(&o), ERR_INVALID);
    o.name = bytes_of("a\0b", 3);
    assert_int_equal(owner_check(&o), ERR_INVALID);
}

#define TEST(f) cmocka_unit_test(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(service_of_a_publication_is_read_out_of_its_key),
        TEST(known_keys_are_written_byte_by_byte),
        TEST(range_of_any_prefix_has_an_end),
        TEST(keys_of_sessions_and_locks_are_written_byte_by_byte),
        TEST(sessions_are_read_back_from_keys),
        TEST(event_is_keyed_by_its_number),
        TEST(ends_of_lock_delays_are_read_back_from_keys),
        TEST(service_of_a_publication_is_read_out_of_its_key),
        TEST(key_does_not_know_the_case_of_names),
        TEST(publications_of_a_service_are_a_range_without_those_of_its_neighbours),
        TEST(services_of_a_namespace_are_a_range),
        TEST(what_is_published_from_a_node_is_a_range),
        TEST(checks_of_a_node_and_of_one_instance_are_ranges),
        TEST(owner_is_read_back_from_the_key),
        TEST(key_cut_before_its_part_has_no_owner),
        TEST(place_of_an_overlay_is_read_back_from_the_key),
        TEST(owner_ends_at_its_limits),
        TEST(owner_without_a_face_or_a_word_is_none),
    };
    return cmocka_run_group_tests_name("key", tests, NULL, NULL);
}
