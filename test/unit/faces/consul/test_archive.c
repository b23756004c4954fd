/* The archive of a snapshot: written and read back, damaged, and made by others. */
#include "faces/consul/snapshot/archive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "access/sha256.h"
#include "base/mem.h"
#include "net/grpc_gzip.h"
#include "wire/tar.h"

static struct buf packed, unpacked, tar;
static struct archive_content content;
static struct why why;

static int set_up(void **state)
{
    buf_init(&packed, 2 * ARCHIVE_MAX);
    buf_init(&unpacked, 1);
    buf_init(&tar, ARCHIVE_MAX);
    why.text[0] = 0;
    return 0;
}

static int tear_down(void **state)
{
    buf_fini(&packed);
    buf_fini(&unpacked);
    buf_fini(&tar);
    return 0;
}

static void make(const char *const *records, size_t n)
{
    struct archive *a = archive_new(0x0102030405060708);
    for (size_t i = 0; i < n; i++)
        archive_put(a, ARCHIVE_PAIR, bytes_str(records[i]));
    assert_int_equal(archive_end(a, bytes_str("{\"Index\":7}"), 1, &packed), OK);
    archive_free(a);
}

static enum err read_packed(void)
{
    buf_fini(&unpacked);
    return archive_read(buf_bytes(&packed), &unpacked, &content, &why);
}

static void archive_is_read_as_it_was_written(void **state)
{
    static const char *const records[] = { "one", "", "three" };
    struct bytes record;
    make(records, 3);
    assert_int_equal(read_packed(), OK);
    assert_true(bytes_is(content.meta_json, "{\"Index\":7}"));
    assert_true(content.index == 0x0102030405060708);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(archive_next(&content.records, &record), OK);
        assert_true(bytes_is(record, records[i]));
    }
    assert_int_equal(archive_next(&content.records, &record), ERR_NOT_FOUND);
}

/* As MessagePack, so that Consul's tools can count what is in it. */
static void state_begins_as_consuls_own(void **state)
{
    static const char *const records[] = { "one" };
    static const uint8_t expected[] = "\x82\xa9LastIndex\xcf\x01\x02\x03\x04\x05\x06\x07\x08"
                                      "\xa6Muster\x01"
                                      "\x02\xc6\0\0\0\x03one";
    struct tar_reader r;
    struct tar_file f;
    make(records, 1);
    assert_int_equal(read_packed(), OK);
    r.left = buf_bytes(&unpacked);
    assert_int_equal(tar_next(&r, &f), OK);
    assert_true(bytes_is(f.name, "meta.json"));
    assert_int_equal(tar_next(&r, &f), OK);
    assert_true(bytes_is(f.name, "state.bin"));
    assert_true(bytes_eq(f.body, bytes_of(expected, sizeof expected - 1)));
    assert_int_equal(tar_next(&r, &f), OK);
    assert_true(bytes_is(f.name, "SHA256SUMS"));
    assert_int_equal(tar_next(&r, &f), ERR_NOT_FOUND);
}

/* A bit flipped anywhere: it is refused, or it was one that says nothing (a time, the length of a
 * code that is not used). */
static void damage_is_seen_or_does_no_harm(void **state)
{
    static const char *const records[] = { "one", "two" };
    struct buf whole;
    size_t seen = 0;
    make(records, 2);
    assert_int_equal(read_packed(), OK);
    buf_init(&whole, ARCHIVE_MAX);
    buf_put_bytes(&whole, buf_bytes(&unpacked));
    for (size_t i = 0; i < packed.n; i++) {
        packed.p[i] ^= 0x10;
        enum err e = read_packed();
        assert_true(e != OK ? why.text[0] != 0 : bytes_eq(buf_bytes(&unpacked), buf_bytes(&whole)));
        seen += e != OK;
        packed.p[i] ^= 0x10;
        why.text[0] = 0;
    }
    assert_true(seen > packed.n * 8 / 10);
    buf_fini(&whole);
}

static void archive_cut_anywhere_is_refused(void **state)
{
    static const char *const records[] = { "one" };
    make(records, 1);
    size_t whole = packed.n;
    for (packed.n = 0; packed.n < whole; packed.n++)
        assert_int_not_equal(read_packed(), OK);
    assert_int_equal(read_packed(), OK);
}

/* -- made by others --------------------------------------------------------------------------- */

static void add(const char *name, struct bytes body)
{
    tar_write_head(&tar, name, body.n, 1);
    buf_put_bytes(&tar, body);
    tar_end_file(&tar, body.n);
}

static void add_sums(struct bytes meta, struct bytes state)
{
    char sum[SHA256_TEXT];
    struct buf text;
    buf_init(&text, 1000);
    sha256_of(meta, sum);
    buf_printf(&text, "%s  meta.json\n", sum);
    sha256_of(state, sum);
    buf_printf(&text, "%s  state.bin\n", sum);
    add("SHA256SUMS", buf_bytes(&text));
    buf_fini(&text);
}

static enum err read_tar(void)
{
    tar_end(&tar);
    assert_int_equal(grpc_gzip(buf_bytes(&tar), &packed), OK);
    return read_packed();
}

static void consuls_own_state_is_refused_with_a_sentence(void **state)
{
    struct bytes meta = bytes_str("{}"), theirs = bytes_str("\x81\xa9LastIndex\x0c\x02\x85");
    add("meta.json", meta);
    add("state.bin", theirs);
    add_sums(meta, theirs);
    assert_int_equal(read_tar(), ERR_VERSION);
    assert_string_equal(why.text,
                        "state.bin is not Muster's: only what a Muster has saved can be restored");
}

static void newer_format_is_refused_with_a_sentence(void **state)
{
    struct bytes meta = bytes_str("{}");
    struct bytes newer = bytes_of("\x82\xa9LastIndex\xcf\0\0\0\0\0\0\0\x01\xa6Muster\x02", 28);
    add("meta.json", meta);
    add("state.bin", newer);
    add_sums(meta, newer);
    assert_int_equal(read_tar(), ERR_VERSION);
    assert_non_null(strstr(why.text, "a newer Muster saved it"));
}

static void wrong_sum_names_the_file(void **state)
{
    add("meta.json", bytes_str("{}"));
    add("state.bin", bytes_str("x"));
    add_sums(bytes_str("{}"), bytes_str("y"));
    assert_int_equal(read_tar(), ERR_DAMAGED);
    assert_string_equal(why.text, "failed checking integrity of snapshot: hash check failed for "
                                  "\"state.bin\"");
}

static void files_are_those_three_each_once(void **state)
{
    add("other", bytes_str("x"));
    assert_int_equal(read_tar(), ERR_MALFORMED);
    assert_string_equal(why.text, "unexpected file \"other\" in snapshot");
    buf_clear(&tar, 0);
    buf_clear(&packed, 0);
    add("meta.json", bytes_str("{}"));
    add("meta.json", bytes_str("{}"));
    assert_int_equal(read_tar(), ERR_MALFORMED);
    buf_clear(&tar, 0);
    buf_clear(&packed, 0);
    add("meta.json", bytes_str("{}"));
    assert_int_equal(read_tar(), ERR_MALFORMED);
    assert_string_equal(why.text, "failed reading snapshot: it has no state.bin");
}

static void what_is_no_gzip_is_refused(void **state)
{
    buf_put_str(&packed, "hello");
    assert_int_not_equal(read_packed(), OK);
    assert_string_equal(why.text,
                        "failed to decompress snapshot: gzip: invalid header or checksum");
    buf_clear(&packed, 0);
    assert_int_not_equal(read_packed(), OK);
    assert_string_equal(why.text, "failed to decompress snapshot: unexpected EOF");
}

/* -- limits ----------------------------------------------------------------------------------- */

static void state_ends_at_31_mib(void **state)
{
    const size_t head = 28;
    size_t rest = ARCHIVE_STATE_MAX - head - ARCHIVE_RECORD_HEAD;
    uint8_t *zeros = mem_zalloc(rest + 1, 1);
    for (size_t more = 0; more < 2; more++) {
        struct archive *a = archive_new(1);
        archive_put(a, ARCHIVE_PAIR, bytes_of(zeros, rest + more));
        assert_int_equal(archive_state_bytes(a), ARCHIVE_STATE_MAX + more);
        buf_clear(&packed, 0);
        assert_int_equal(archive_end(a, bytes_str("{}"), 1, &packed), more == 0 ? OK : ERR_TOO_BIG);
        archive_free(a);
        if (more == 0)
            assert_int_equal(read_packed(), OK);
    }
    mem_free(zeros);
}

/* What unpacks to more than any snapshot takes no more memory than the largest. */
static void bomb_is_refused(void **state)
{
    uint8_t *zeros = mem_zalloc(1, 4 << 20);
    for (int i = 0; i < 9; i++)
        assert_int_equal(grpc_gzip(bytes_of(zeros, 4 << 20), &packed), OK);
    assert_int_equal(read_packed(), ERR_TOO_BIG);
    assert_string_equal(why.text,
                        "failed to decompress snapshot: it is larger than what can be restored");
    mem_free(zeros);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(archive_is_read_as_it_was_written),
        TEST(state_begins_as_consuls_own),
        TEST(damage_is_seen_or_does_no_harm),
        TEST(archive_cut_anywhere_is_refused),
        TEST(consuls_own_state_is_refused_with_a_sentence),
        TEST(newer_format_is_refused_with_a_sentence),
        TEST(wrong_sum_names_the_file),
        TEST(files_are_those_three_each_once),
        TEST(what_is_no_gzip_is_refused),
        TEST(state_ends_at_31_mib),
        TEST(bomb_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
