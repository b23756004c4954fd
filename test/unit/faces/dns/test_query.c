/* Queries out of their bytes: what is read, what is answered with an error, what is dropped. */
#include "faces/dns/query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <libknot/libknot.h>
#include <stdlib.h>

#include "test/lib/dns_text.h"

static struct buf packet;

static struct dns_query read_bytes(struct bytes in)
{
    struct dns_query q;
    assert_int_equal(dns_query_read(in, &q), OK);
    return q;
}

static struct dns_query read_ask(struct dns_ask ask)
{
    buf_fini(&packet);
    buf_init(&packet, 1024);
    dns_ask_write(&ask, &packet);
    return read_bytes(buf_bytes(&packet));
}

static void question_is_read_in_lower_case_and_as_it_was_spelled(void **state)
{
    struct dns_query q = read_ask(
        (struct dns_ask){ .name = "Web.Service.consul", .type = KNOT_RRTYPE_SRV, .id = 0x1234 });
    assert_int_equal(q.rcode, 0);
    assert_int_equal(q.id, 0x1234);
    assert_int_equal(q.type, KNOT_RRTYPE_SRV);
    assert_int_equal(q.class, KNOT_CLASS_IN);
    assert_true(q.recursion_desired);
    assert_memory_equal(q.name.p, "\3web\7service\6consul", 20);
    assert_memory_equal(q.spelled, "\3Web\7Service\6consul", 20);
    assert_int_equal(q.edns_bytes, DNS_PLAIN_MAX);
    assert_false(q.has_edns);
}

static size_t edns_bytes(uint16_t said)
{
    return read_ask((struct dns_ask){ .name = "a", .edns_bytes = said }).edns_bytes;
}

static void size_that_a_client_takes_is_bounded_both_ways(void **state)
{
    assert_int_equal(edns_bytes(1232), 1232);
    assert_int_equal(edns_bytes(511), 512);
    assert_int_equal(edns_bytes(1), 512);
    assert_int_equal(edns_bytes(DNS_EDNS_MAX), DNS_EDNS_MAX);
    assert_int_equal(edns_bytes(DNS_EDNS_MAX + 1), DNS_EDNS_MAX);
}

static void subnet_is_kept_as_the_option_has_it(void **state)
{
    struct dns_query q =
        read_ask((struct dns_ask){ .name = "a", .edns_bytes = 1232, .subnet = true });
    assert_int_equal(q.subnet_n, 7);
    assert_memory_equal(q.subnet, "\0\1\x18\0\x0a\1\2", 7);
}

static void subnet_of_no_family_is_an_error(void **state)
{
    read_ask((struct dns_ask){ .name = "a", .edns_bytes = 1232, .subnet = true });
    packet.p[packet.n - 6] = 9; /* the family */
    assert_int_equal(read_bytes(buf_bytes(&packet)).rcode, KNOT_RCODE_FORMERR);
}

static void other_version_of_edns_is_refused_by_its_own_code(void **state)
{
    read_ask((struct dns_ask){ .name = "a", .edns_bytes = 1232 });
    packet.p[packet.n - 5] = 1;
    struct dns_query q = read_bytes(buf_bytes(&packet));
    assert_int_equal(q.rcode, KNOT_RCODE_BADVERS);
    assert_true(q.has_edns);
}

/* Each cut is an allocation of its own, so that a read past its end is seen. */
static void packet_cut_at_every_byte_is_dropped_or_malformed(void **state)
{
    read_ask((struct dns_ask){ .name = "web.service.consul", .edns_bytes = 1232, .subnet = true });
    for (size_t n = 0; n < packet.n; n++) {
        struct dns_query q;
        uint8_t *cut = malloc(n + (n == 0));
        memcpy(cut, packet.p, n);
        enum err e = dns_query_read(bytes_of(cut, n), &q);
        if (n < KNOT_WIRE_HEADER_SIZE)
            assert_int_equal(e, ERR_MALFORMED);
        else
            assert_int_equal(q.rcode, KNOT_RCODE_FORMERR);
        free(cut);
    }
}

static void answer_is_never_answered(void **state)
{
    struct dns_query q;
    read_ask((struct dns_ask){ .name = "a" });
    knot_wire_set_qr(packet.p);
    assert_int_equal(dns_query_read(buf_bytes(&packet), &q), ERR_MALFORMED);
}

static void other_operations_are_not_implemented(void **state)
{
    read_ask((struct dns_ask){ .name = "a" });
    for (short opcode = 1; opcode < 16; opcode++) {
        knot_wire_set_opcode(packet.p, opcode);
        struct dns_query q = read_bytes(buf_bytes(&packet));
        assert_int_equal(q.rcode, KNOT_RCODE_NOTIMPL);
        assert_int_equal(q.opcode, opcode);
    }
}

/* One question and as many small records behind it as these say. */
static uint8_t rcode_with_records(unsigned an, unsigned ns, unsigned ar)
{
    static const uint8_t record[11] = { 0, 0xff, 0, 0, KNOT_CLASS_IN }; /* of no known type */
    read_ask((struct dns_ask){ .name = "a" });
    knot_wire_set_ancount(packet.p, (uint16_t)an);
    knot_wire_set_nscount(packet.p, (uint16_t)ns);
    knot_wire_set_arcount(packet.p, (uint16_t)ar);
    for (unsigned i = 0; i < an + ns + ar; i++)
        buf_put(&packet, record, sizeof record);
    return read_bytes(buf_bytes(&packet)).rcode;
}

static void query_has_few_records_and_no_more(void **state)
{
    assert_int_equal(rcode_with_records(1, 1, 2), KNOT_RCODE_NOERROR);
    assert_int_equal(rcode_with_records(2, 0, 0), KNOT_RCODE_FORMERR);
    assert_int_equal(rcode_with_records(0, 2, 0), KNOT_RCODE_FORMERR);
    assert_int_equal(rcode_with_records(0, 0, 3), KNOT_RCODE_FORMERR);
}

static void query_has_one_question(void **state)
{
    static const uint16_t other[] = { 0, 2, UINT16_MAX };
    for (size_t i = 0; i < ARRAY_LEN(other); i++) {
        read_ask((struct dns_ask){ .name = "a" });
        for (uint16_t k = 1; k < other[i] && k < 3; k++)
            buf_put(&packet, packet.p + KNOT_WIRE_HEADER_SIZE, 7); /* the question again */
        knot_wire_set_qdcount(packet.p, other[i]);
        assert_int_equal(read_bytes(buf_bytes(&packet)).rcode, KNOT_RCODE_FORMERR);
    }
}

/* What stands after the header, with one additional record if AR. */
static uint8_t rcode_of(const void *body, size_t n, uint16_t ar)
{
    uint8_t *whole = calloc(1, KNOT_WIRE_HEADER_SIZE + n);
    knot_wire_set_qdcount(whole, 1);
    knot_wire_set_arcount(whole, ar);
    memcpy(whole + KNOT_WIRE_HEADER_SIZE, body, n);
    uint8_t rcode = read_bytes(bytes_of(whole, KNOT_WIRE_HEADER_SIZE + n)).rcode;
    free(whole);
    return rcode;
}

static void pointers_that_lead_in_a_circle_end(void **state)
{
    static const uint8_t to_itself[] = { 0xc0, 12, 0, 1, 0, 1 };
    static const uint8_t to_and_fro[] = { 1, 'a', 0xc0, 12, 0, 1, 0, 1 };
    static const uint8_t forward[] = { 0xc0, 14, 1, 'a', 0, 0, 1, 0, 1 };
    /* a question, then a record whose owner is a pointer to itself */
    static const uint8_t owner[] = {
        1, 'a', 0, 0, 1, 0, 1, 0xc0, 19, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0
    };
    /* a CNAME whose data points at itself */
    static const uint8_t data[] = {
        1, 'a', 0, 0, 1, 0, 1, 0, 0, 5, 0, 1, 0, 0, 0, 0, 0, 2, 0xc0, 30
    };
    assert_int_equal(rcode_of(to_itself, sizeof to_itself, 0), KNOT_RCODE_FORMERR);
    assert_int_equal(rcode_of(to_and_fro, sizeof to_and_fro, 0), KNOT_RCODE_FORMERR);
    assert_int_equal(rcode_of(forward, sizeof forward, 0), KNOT_RCODE_FORMERR);
    assert_int_equal(rcode_of(owner, sizeof owner, 1), KNOT_RCODE_FORMERR);
    assert_int_equal(rcode_of(data, sizeof data, 1), KNOT_RCODE_FORMERR);
}

static void names_out_of_their_bounds_are_malformed(void **state)
{
    uint8_t body[300] = { 0 };
    for (size_t i = 0; i < 4; i++)
        body[64 * i] = 63;
    body[256] = 0; /* four labels of 63 and the root: 257 bytes */
    assert_int_equal(rcode_of(body, 261, 0), KNOT_RCODE_FORMERR);
    body[192] = 61; /* 255 */
    body[254] = 0;
    assert_int_equal(rcode_of(body, 259, 0), KNOT_RCODE_NOERROR);
    static const uint8_t long_label[] = { 64, 'a', 0, 0, 1, 0, 1 };
    assert_int_equal(rcode_of(long_label, sizeof long_label, 0), KNOT_RCODE_FORMERR);
}

static void what_follows_the_last_record_is_malformed(void **state)
{
    static const uint8_t body[] = { 1, 'a', 0, 0, 1, 0, 1, 99 };
    assert_int_equal(rcode_of(body, sizeof body, 0), KNOT_RCODE_FORMERR);
}

static int tear_down(void **state)
{
    buf_fini(&packet);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(question_is_read_in_lower_case_and_as_it_was_spelled),
        cmocka_unit_test(size_that_a_client_takes_is_bounded_both_ways),
        cmocka_unit_test(subnet_is_kept_as_the_option_has_it),
        cmocka_unit_test(subnet_of_no_family_is_an_error),
        cmocka_unit_test(other_version_of_edns_is_refused_by_its_own_code),
        cmocka_unit_test(packet_cut_at_every_byte_is_dropped_or_malformed),
        cmocka_unit_test(answer_is_never_answered),
        cmocka_unit_test(other_operations_are_not_implemented),
        cmocka_unit_test(query_has_few_records_and_no_more),
        cmocka_unit_test(query_has_one_question),
        cmocka_unit_test(pointers_that_lead_in_a_circle_end),
        cmocka_unit_test(names_out_of_their_bounds_are_malformed),
        cmocka_unit_test(what_follows_the_last_record_is_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
