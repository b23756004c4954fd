/* Sizes: what fits at a limit and does not at one less, and in which order things are left out. */
#include "faces/dns/render.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <libknot/libknot.h>
#include <stdio.h>
#include <string.h>

#include "test/lib/dns_text.h"

static struct arena arena;
static struct buf packet, query;
static uint64_t seed;
static struct dns_style style;

static struct dns_query read_ask(struct dns_ask ask)
{
    struct dns_query q;
    buf_clear(&query, 0);
    dns_ask_write(&ask, &query);
    assert_int_equal(dns_query_read(buf_bytes(&query), &q), OK);
    return q;
}

static struct dns_query plain(uint16_t type)
{
    return read_ask((struct dns_ask){ .name = "Web.service.consul", .type = type });
}

static struct dns_query edns(uint16_t type, uint16_t bytes)
{
    return read_ask(
        (struct dns_ask){ .name = "Web.service.consul", .type = type, .edns_bytes = bytes });
}

/* N addresses 10.0.0.1, 10.0.0.2, ... */
static struct dns_reply addresses(size_t n)
{
    struct dns_reply r = { .arena = &arena };
    for (size_t i = 0; i < n; i++) {
        uint8_t ip[4] = { 10, 0, (uint8_t)((i + 1) >> 8), (uint8_t)(i + 1) };
        dns_add_address(&r, &r.answer, (struct bytes){ 0 }, 0, bytes_of(ip, 4), 0);
    }
    return r;
}

/* N SRV records with an address each. */
static struct dns_reply services(size_t n)
{
    struct dns_reply r = { .arena = &arena };
    for (size_t i = 0; i < n; i++) {
        char name[40];
        struct dname d;
        uint8_t ip[4] = { 10, 0, (uint8_t)((i + 1) >> 8), (uint8_t)(i + 1) };
        snprintf(name, sizeof name, "n%zu.node.dc1.consul", i + 1);
        assert_true(dname_parse(bytes_str(name), &d));
        struct bytes target = dns_reply_name(&r, &d);
        dns_add_srv(&r, (struct bytes){ 0 }, 0, 1, 80, target);
        dns_add_address(&r, &r.additional, target, 0, bytes_of(ip, 4), i);
    }
    return r;
}

static const char *render(const struct dns_query *q, const struct dns_reply *r,
                          const struct dns_room *room)
{
    bool whole;
    buf_clear(&packet, 0);
    dns_render(q, r, room, &style, &seed, &packet, &whole);
    assert_true(packet.n <= room->bytes);
    dns_finish(q, &packet, packet.n);
    return dns_text(buf_bytes(&packet));
}

static const char *render_over(const struct dns_query *q, const struct dns_reply *r,
                               enum dns_carrier carrier)
{
    struct dns_room room = dns_room_for(q, carrier, &style);
    return render(q, r, &room);
}

static size_t lines(const char *text, char mark)
{
    size_t n = 0;
    for (const char *at = strchr(text, '\n'); at != NULL; at = strchr(at + 1, '\n'))
        n += at[1] == mark && strncmp(at + 1, "+ OPT", 5) != 0;
    return n;
}

static size_t length(const struct dns_query *q, const struct dns_reply *r)
{
    struct dns_room all = { .bytes = UINT16_MAX, .answers_max = SIZE_MAX };
    bool whole;
    buf_clear(&packet, 0);
    dns_render(q, r, &all, &style, &seed, &packet, &whole);
    assert_true(whole);
    return packet.n;
}

/* -- the form ---------------------------------------------------------------------------------- */

static void names_come_back_as_they_were_spelled(void **state)
{
    struct dns_query q = plain(KNOT_RRTYPE_A);
    struct dns_reply r = addresses(1);
    assert_string_equal(render_over(&q, &r, DNS_UDP), "NOERROR qr aa rd\n? Web.service.consul. A\n"
                                                      "= Web.service.consul. A 10.0.0.1\n");
}

static void id_and_bits_are_the_querys(void **state)
{
    struct dns_query q = read_ask((struct dns_ask){ .name = "a", .id = 0xabcd, .no_rd = true });
    struct dns_reply r = addresses(1);
    style.recurses = true;
    assert_memory_equal(render_over(&q, &r, DNS_UDP), "NOERROR qr aa ra\n", 17);
    assert_int_equal(knot_wire_get_id(packet.p), 0xabcd);
    style.recurses = false;
}

static void owners_are_pointers_and_targets_of_srv_are_whole(void **state)
{
    struct dns_query q = edns(KNOT_RRTYPE_SRV, 4096);
    struct dns_reply r = services(2);
    const char *text = render_over(&q, &r, DNS_UDP);
    assert_int_equal(lines(text, '='), 2);
    assert_int_equal(lines(text, '+'), 2);
    assert_non_null(strstr(text, "+ n1.node.dc1.consul. A 10.0.0.1\n"));
    /* header, question; pointer, fixed part, priority to port, a name of 20 bytes; pointer, fixed
     * part, address */
    assert_int_equal(length(&q, &r), 12 + 24 + 2 * (2 + 10 + 6 + 20) + 2 * (2 + 10 + 4));
}

static void compression_can_be_turned_off(void **state)
{
    struct dns_query q = edns(KNOT_RRTYPE_SRV, 4096);
    struct dns_reply r = services(2);
    style.compresses = false;
    const char *text = render_over(&q, &r, DNS_UDP);
    assert_int_equal(lines(text, '='), 2);
    assert_int_equal(length(&q, &r), 12 + 24 + 2 * (20 + 10 + 6 + 20) + 2 * (20 + 10 + 4));
    style.compresses = true;
}

static void edns_is_answered_with_the_same_size_and_subnet(void **state)
{
    struct dns_query q =
        read_ask((struct dns_ask){ .name = "a", .edns_bytes = 1400, .subnet = true });
    struct dns_reply r = addresses(1);
    assert_non_null(strstr(render_over(&q, &r, DNS_UDP), "+ OPT 1400 subnet 24/0\n"));
    assert_null(strstr(render_over(&q, &r, DNS_TCP), "malformed"));
}

static void version_of_edns_is_refused_in_its_record(void **state)
{
    struct dns_query q = edns(KNOT_RRTYPE_A, 1232);
    q.rcode = KNOT_RCODE_BADVERS;
    buf_clear(&packet, 0);
    dns_render_empty(&q, q.rcode, false, &style, &packet);
    assert_string_equal(dns_text(buf_bytes(&packet)),
                        "NOERROR qr rd\n? Web.service.consul. A\n+ OPT 1232 rcode 1\n");
}

static void query_without_a_question_is_answered_by_a_header(void **state)
{
    struct dns_query q = { .id = 5, .opcode = 4, .rcode = KNOT_RCODE_NOTIMPL };
    buf_clear(&packet, 0);
    dns_render_empty(&q, q.rcode, false, &style, &packet);
    assert_int_equal(packet.n, KNOT_WIRE_HEADER_SIZE);
    assert_string_equal(dns_text(buf_bytes(&packet)), "NOTIMPL qr\n");
    assert_int_equal(knot_wire_get_opcode(packet.p), 4);
}

/* -- limits ------------------------------------------------------------------------------------ */

static void plain_clients_get_as_many_answers_as_the_option_says(void **state)
{
    struct dns_query q = plain(KNOT_RRTYPE_A);
    struct dns_reply three = addresses(3), four = addresses(4);
    assert_int_equal(lines(render_over(&q, &three, DNS_UDP), '='), 3);
    assert_int_equal(lines(render_over(&q, &four, DNS_UDP), '='), 3);
}

static void plain_clients_never_get_more_than_eight(void **state)
{
    struct dns_query q = plain(KNOT_RRTYPE_A);
    struct dns_reply r = addresses(9);
    style.udp_answer_limit = 8;
    assert_int_equal(lines(render_over(&q, &r, DNS_UDP), '='), 8);
    style.udp_answer_limit = 9;
    assert_int_equal(lines(render_over(&q, &r, DNS_UDP), '='), 8);
    style.udp_answer_limit = 3;
}

static void clients_with_edns_have_no_limit_but_their_size(void **state)
{
    struct dns_query q = edns(KNOT_RRTYPE_A, 4096);
    struct dns_reply r = addresses(100);
    assert_int_equal(lines(render_over(&q, &r, DNS_UDP), '='), 100);
}

static void edns_of_512_bytes_is_like_none(void **state)
{
    struct dns_query at = edns(KNOT_RRTYPE_A, 512), above = edns(KNOT_RRTYPE_A, 513);
    struct dns_reply r = addresses(9);
    assert_int_equal(lines(render_over(&at, &r, DNS_UDP), '='), 3);
    assert_int_equal(lines(render_over(&above, &r, DNS_UDP), '='), 9);
}

/* 8 bytes of what the client says stay free, and those of the OPT record count. */
static void edns_answer_of_the_size_is_whole_and_one_byte_less_leaves_one_out(void **state)
{
    struct dns_query q = edns(KNOT_RRTYPE_A, 4096);
    struct dns_reply r = addresses(60);
    size_t n = length(&q, &r) + 11 + 8;
    q.edns_bytes = n;
    assert_int_equal(lines(render_over(&q, &r, DNS_UDP), '='), 60);
    q.edns_bytes = n - 1;
    assert_int_equal(lines(render_over(&q, &r, DNS_UDP), '='), 59);
}

/* An owner of 20 bytes: 36 of header and question, 34 an answer without compression. */
static void plain_answer_is_measured_without_compression(void **state)
{
    struct dns_query q = plain(KNOT_RRTYPE_A);
    struct dns_reply r = addresses(5);
    struct dns_room room = { .bytes = 36 + 5 * 34, .answers_max = 8, .uncompressed = true };
    assert_int_equal(lines(render(&q, &r, &room), '='), 5);
    assert_int_equal(packet.n, 36 + 5 * 16);
    room.bytes--;
    assert_int_equal(lines(render(&q, &r, &room), '='), 4);
    room = dns_room_for(&q, DNS_UDP, &style);
    assert_int_equal(room.bytes, 504);
}

static void authority_goes_before_answers(void **state)
{
    struct dns_query q = edns(KNOT_RRTYPE_A, 4096);
    struct dns_reply r = addresses(3);
    static const struct dns_soa soa = { 1, 2, 3, 4, 5 };
    struct dname d;
    assert_true(dname_parse(bytes_str("consul"), &d));
    dns_add_soa(&r, &r.authority, dns_reply_name(&r, &d), &soa);
    dns_add_address(&r, &r.additional, dns_reply_name(&r, &d), 0, bytes_of("\1\2\3\4", 4),
                    DNS_OF_AUTHORITY);
    struct dns_room room = { .bytes = length(&q, &r), .answers_max = SIZE_MAX };
    const char *text = render(&q, &r, &room);
    assert_int_equal(lines(text, '~') + lines(text, '+'), 2);
    room.bytes--;
    text = render(&q, &r, &room);
    assert_int_equal(lines(text, '='), 3);
    assert_int_equal(lines(text, '~') + lines(text, '+'), 0);
}

static void answers_go_from_the_end_and_what_belongs_to_them_with_them(void **state)
{
    struct dns_query q = edns(KNOT_RRTYPE_SRV, 4096);
    struct dns_reply r = services(9);
    struct dns_room room = { .bytes = length(&q, &r) - 1, .answers_max = SIZE_MAX };
    const char *text = render(&q, &r, &room);
    assert_int_equal(lines(text, '='), 8);
    assert_int_equal(lines(text, '+'), 8);
    assert_null(strstr(text, "n9."));
}

static void last_answer_stays_without_what_belongs_to_it(void **state)
{
    struct dns_query q = edns(KNOT_RRTYPE_SRV, 4096);
    struct dns_reply r = services(2);
    struct dns_room room = { .bytes = 12 + 24 + 38, .answers_max = SIZE_MAX };
    const char *text = render(&q, &r, &room);
    assert_int_equal(lines(text, '='), 1);
    assert_int_equal(lines(text, '+'), 0);
}

static void answer_that_does_not_fit_at_all_says_that_it_is_cut(void **state)
{
    struct dns_query q = edns(KNOT_RRTYPE_SRV, 4096);
    struct dns_reply r = services(1);
    struct dns_room room = { .bytes = 12 + 24 + 37, .answers_max = SIZE_MAX };
    assert_string_equal(render(&q, &r, &room),
                        "NOERROR qr aa tc rd\n? Web.service.consul. SRV\n+ OPT 4096\n");
}

static void cut_is_said_only_where_that_is_wanted(void **state)
{
    struct dns_query q = plain(KNOT_RRTYPE_A);
    struct dns_reply r = addresses(4), fits = addresses(3);
    assert_memory_equal(render_over(&q, &r, DNS_UDP), "NOERROR qr aa rd\n", 17);
    style.truncates = true;
    assert_memory_equal(render_over(&q, &r, DNS_UDP), "NOERROR qr aa tc rd\n", 20);
    assert_memory_equal(render_over(&q, &fits, DNS_UDP), "NOERROR qr aa rd\n", 17);
    style.truncates = false;
}

static void tcp_carries_4096_answers_and_1024_services(void **state)
{
    struct dns_query q = read_ask((struct dns_ask){ .name = "a.b" });
    struct dns_reply r = addresses(4093); /* what 65,523 bytes hold of them */
    assert_int_equal(lines(render_over(&q, &r, DNS_TCP), '='), 4093);
    r = addresses(4097);
    struct dns_room room = dns_room_for(&q, DNS_TCP, &style);
    assert_int_equal(room.answers_max, 4096);
    assert_int_equal(room.bytes, 65523);
    assert_true(lines(render_over(&q, &r, DNS_TCP), '=') >= 4093);
    q = read_ask((struct dns_ask){ .name = "a.b", .type = KNOT_RRTYPE_SRV });
    r = services(1024);
    r.additional.n = 0; /* or they would not fit */
    assert_int_equal(lines(render_over(&q, &r, DNS_TCP), '='), 1024);
    r = services(1025);
    r.additional.n = 0;
    assert_int_equal(lines(render_over(&q, &r, DNS_TCP), '='), 1024);
}

static void answers_behind_the_reach_of_pointers_are_right(void **state)
{
    struct dns_query q = read_ask((struct dns_ask){ .name = "a.b", .type = KNOT_RRTYPE_SRV });
    struct dns_reply r = services(900);
    const char *text = render_over(&q, &r, DNS_TCP); /* 16 KiB and more */
    assert_int_equal(lines(text, '='), 900);
    assert_int_equal(lines(text, '+'), 900);
    assert_non_null(strstr(text, "+ n900.node.dc1.consul. A 10.0.3.132\n"));
}

static void number_of_addresses_can_be_limited(void **state)
{
    struct dns_query q = edns(KNOT_RRTYPE_A, 4096);
    struct dns_reply r = addresses(5);
    r.answers_max = 5;
    assert_int_equal(lines(render_over(&q, &r, DNS_UDP), '='), 5);
    r.answers_max = 4;
    assert_int_equal(lines(render_over(&q, &r, DNS_UDP), '='), 4);
}

/* -- order ------------------------------------------------------------------------------------- */

static void every_answer_comes_first_at_times(void **state)
{
    struct dns_query q = plain(KNOT_RRTYPE_A);
    struct dns_reply r = addresses(5);
    unsigned firsts[6] = { 0 };
    r.shuffles = true;
    for (unsigned i = 0; i < 500; i++) {
        const char *text = render_over(&q, &r, DNS_UDP);
        assert_int_equal(lines(text, '='), 3);
        unsigned last = 0;
        assert_int_equal(sscanf(strchr(text, '='), "= Web.service.consul. A 10.0.0.%u", &last), 1);
        assert_true(last >= 1 && last <= 5);
        firsts[last]++;
    }
    for (unsigned i = 1; i <= 5; i++)
        assert_true(firsts[i] > 50); /* 100 each, were it even */
}

static void what_belongs_to_answers_follows_their_order(void **state)
{
    struct dns_query q = edns(KNOT_RRTYPE_SRV, 4096);
    struct dns_reply r = services(8);
    r.shuffles = true;
    for (unsigned k = 0; k < 20; k++) {
        const char *text = render_over(&q, &r, DNS_UDP), *more = strchr(text, '+');
        for (const char *at = strchr(text, '='); at != NULL; at = strchr(at + 1, '=')) {
            unsigned node, found;
            assert_int_equal(sscanf(at, "= Web.service.consul. SRV 1 1 80 n%u.", &node), 1);
            assert_int_equal(sscanf(more, "+ n%u.", &found), 1);
            assert_int_equal(node, found);
            more = strchr(more + 1, '+');
        }
    }
}

static int set_up(void **state)
{
    style = (struct dns_style){ .udp_answer_limit = 3, .compresses = true };
    arena_init(&arena, 0);
    buf_init(&packet, 1 << 17);
    buf_init(&query, 1024);
    return 0;
}

static int tear_down(void **state)
{
    arena_fini(&arena);
    buf_fini(&packet);
    buf_fini(&query);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_come_back_as_they_were_spelled),
        cmocka_unit_test(id_and_bits_are_the_querys),
        cmocka_unit_test(owners_are_pointers_and_targets_of_srv_are_whole),
        cmocka_unit_test(compression_can_be_turned_off),
        cmocka_unit_test(edns_is_answered_with_the_same_size_and_subnet),
        cmocka_unit_test(version_of_edns_is_refused_in_its_record),
        cmocka_unit_test(query_without_a_question_is_answered_by_a_header),
        cmocka_unit_test(plain_clients_get_as_many_answers_as_the_option_says),
        cmocka_unit_test(plain_clients_never_get_more_than_eight),
        cmocka_unit_test(clients_with_edns_have_no_limit_but_their_size),
        cmocka_unit_test(edns_of_512_bytes_is_like_none),
        cmocka_unit_test(edns_answer_of_the_size_is_whole_and_one_byte_less_leaves_one_out),
        cmocka_unit_test(plain_answer_is_measured_without_compression),
        cmocka_unit_test(authority_goes_before_answers),
        cmocka_unit_test(answers_go_from_the_end_and_what_belongs_to_them_with_them),
        cmocka_unit_test(last_answer_stays_without_what_belongs_to_it),
        cmocka_unit_test(answer_that_does_not_fit_at_all_says_that_it_is_cut),
        cmocka_unit_test(cut_is_said_only_where_that_is_wanted),
        cmocka_unit_test(tcp_carries_4096_answers_and_1024_services),
        cmocka_unit_test(answers_behind_the_reach_of_pointers_are_right),
        cmocka_unit_test(number_of_addresses_can_be_limited),
        cmocka_unit_test(every_answer_comes_first_at_times),
        cmocka_unit_test(what_belongs_to_answers_follows_their_order),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
