#include "server/config_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "server/config_help.h"
#include "server/config_table.h"
#include "server/config_value.h"
#include "test/lib/tempdir.h"

/* -- reading: flags and variables are lists that end with NULL ----------------------------------
 */

enum { WORDS_MAX = 16 };

static const char *const nothing[] = { NULL };

struct reading {
    struct config c;
    struct why why;
    const char *help;
    enum err err;
};

/* main()'s arguments are not const; nobody writes to them. */
static char *const *as_argv(const char *const *words)
{
    char *const *argv;
    memcpy(&argv, &words, sizeof argv);
    return argv;
}

static void read_all(struct reading *r, const char *const *flags, const char *const *variables)
{
    int n = 0;
    while (flags[n] != NULL)
        n++;
    *r = (struct reading){ 0 };
    r->err = config_read(n, as_argv(flags), as_argv(variables), &r->c, &r->help, &r->why);
}

#define FLAGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static struct reading *flags(const char *const *words)
{
    static struct reading r;
    read_all(&r, words, nothing);
    if (r.err != OK)
        fail_msg("%s", r.why.text);
    return &r;
}

static struct reading *variables(const char *const *words)
{
    static struct reading r;
    read_all(&r, nothing, words);
    if (r.err != OK)
        fail_msg("%s", r.why.text);
    return &r;
}

/* Refused, and the sentence says WORD. */
static void assert_refused(const char *const *words, const char *const *environment,
                           const char *word)
{
    struct reading r;
    read_all(&r, words, environment);
    assert_int_equal(r.err, ERR_INVALID);
    if (strstr(r.why.text, word) == NULL)
        fail_msg("'%s' does not say '%s'", r.why.text, word);
    config_free(&r.c);
}

static bool is_listed(const struct config *c, const char *line)
{
    char text[4096];
    assert_true(c->ignored.n < sizeof text - 2);
    snprintf(text, sizeof text, "\n%.*s", (int)c->ignored.n, (const char *)c->ignored.p);
    char wanted[200];
    snprintf(wanted, sizeof wanted, "\n%s\n", line);
    return strstr(text, wanted) != NULL;
}

/* -- a file -------------------------------------------------------------------------------------
 */

static char *dir;
static char path[4096], path_variable[4200];

static int make_dir(void **state)
{
    dir = tempdir_new();
    snprintf(path, sizeof path, "%s/muster.yaml", dir);
    return 0;
}

static int remove_dir(void **state)
{
    tempdir_free(dir);
    return 0;
}

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* -- the table ----------------------------------------------------------------------------------
 */

static void every_default_is_a_value_of_its_row(void **state)
{
    struct config c = { 0 };
    arena_init(&c.arena, 0);
    for (size_t i = 0; i < config_row_n; i++) {
        struct why why = { 0 };
        const char *initial = arena_str(&c.arena, config_default(&config_rows[i]));
        if (config_set(&c, &config_rows[i], initial, config_rows[i].flag, &why) != OK)
            fail_msg("%s", why.text);
    }
    arena_fini(&c.arena);
}

static void every_option_has_one_name_and_a_help_text(void **state)
{
    for (size_t i = 0; i < config_row_n; i++) {
        assert_true(strlen(config_rows[i].help) > 5);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(config_rows[i].flag, config_rows[k].flag);
    }
}

/* As text, for comparing. */
static void field_text(const struct config *c, const struct config_row *row, char *into, size_t n)
{
    const char *field = (const char *)c + row->offset;
    switch (row->kind) {
    case CONFIG_TEXT:
    case CONFIG_CHOICE:
        snprintf(into, n, "%s", *(const char *const *)(const void *)field);
        break;
    case CONFIG_BOOL:
        snprintf(into, n, "%d", *(const bool *)(const void *)field);
        break;
    case CONFIG_NUMBER:
    case CONFIG_BYTES:
    case CONFIG_DURATION:
        snprintf(into, n, "%llu", (unsigned long long)*(const uint64_t *)(const void *)field);
        break;
    }
}

/* Some value of the row that is not its default. */
static const char *other_value(const struct config_row *row)
{
    switch (row->kind) {
    case CONFIG_TEXT:
        return "something";
    case CONFIG_CHOICE:
        return strchr(row->initial, '|') + 1;
    case CONFIG_BOOL:
        return strcmp(row->initial, "true") == 0 ? "false" : "true";
    case CONFIG_NUMBER:
        return "7";
    case CONFIG_BYTES:
        return "3145728";
    case CONFIG_DURATION:
        return "17m";
    }
    return "";
}

static void upper(const char *prefix, const char *flag, const char *value, char *into, size_t n)
{
    size_t skip = strlen(prefix);
    snprintf(into, n, "%s%s=%s", prefix, flag, value);
    for (char *at = into + skip; *at != '='; at++)
        *at = *at == '-' ? '_' : (char)(*at >= 'a' && *at <= 'z' ? *at - 32 : *at);
}

static void assert_sets(const struct config_row *row, char *word, char *variable, const char *how)
{
    char before[200], after[200];
    struct reading plain, r;
    read_all(&plain, nothing, nothing);
    read_all(&r, word == NULL ? nothing : FLAGS(word),
             variable == NULL ? nothing : FLAGS(variable));
    if (r.err != OK)
        fail_msg("%s: %s", how, r.why.text);
    field_text(&plain.c, row, before, sizeof before);
    field_text(&r.c, row, after, sizeof after);
    if (strcmp(before, after) == 0)
        fail_msg("%s of %s changes nothing", how, row->flag);
    config_free(&plain.c);
    config_free(&r.c);
}

static void every_option_is_a_flag_and_a_variable_under_each_name(void **state)
{
    for (size_t i = 0; i < config_row_n; i++) {
        const struct config_row *row = &config_rows[i];
        char value[64], word[300];
        if (strcmp(row->flag, "config") == 0)
            continue; /* names a file: see below */
        snprintf(value, sizeof value, "%.*s", (int)strcspn(other_value(row), "|"),
                 other_value(row));
        snprintf(word, sizeof word, "--%s=%s", row->flag, value);
        assert_sets(row, word, NULL, "the flag");
        upper("MUSTER_", row->flag, value, word, sizeof word);
        assert_sets(row, NULL, word, "the MUSTER_ variable");
        if (row->etcd[0] == 0)
            continue;
        snprintf(word, sizeof word, "--%s=%s", row->etcd, value);
        assert_sets(row, word, NULL, "etcd's flag");
        upper("ETCD_", row->etcd, value, word, sizeof word);
        assert_sets(row, NULL, word, "the ETCD_ variable");
    }
}

static void every_option_stands_in_each_form_of_help(void **state)
{
    static const char *const forms[] = { "text", "markdown", "man" };
    for (size_t k = 0; k < ARRAY_LEN(forms); k++) {
        struct buf out;
        buf_init(&out, 1 << 20);
        config_help(forms[k], &out);
        buf_put_u8(&out, 0);
        for (size_t i = 0; i < config_row_n; i++) {
            char name[200], *to = name;
            for (const char *at = config_rows[i].flag; *at != 0; at++) {
                if (*at == '-' && k == 2)
                    *to++ = '\\';
                *to++ = *at;
            }
            *to = 0;
            assert_non_null(strstr((const char *)out.p, name));
        }
        buf_fini(&out);
    }
}

/* -- values -------------------------------------------------------------------------------------
 */

static void sizes_take_units(void **state)
{
    struct reading *r = flags(FLAGS("--max-request-bytes=2M"));
    assert_int_equal(r->c.max_request_bytes, 2 << 20);
    config_free(&r->c);
    r = flags(FLAGS("--max-request-bytes", "64KiB"));
    assert_int_equal(r->c.max_request_bytes, 65536);
    config_free(&r->c);
}

static void durations_become_milliseconds(void **state)
{
    struct reading *r = flags(FLAGS("--grpc-keepalive-min-time=1m30s"));
    assert_int_equal(r->c.ping_min_ms, 90000);
    config_free(&r->c);
}

static void a_negative_quota_is_none_as_with_etcd(void **state)
{
    struct reading *r = flags(FLAGS("--quota-backend-bytes=-1"));
    assert_true(r->c.quota_bytes > (uint64_t)1 << 39);
    config_free(&r->c);
}

static void levels_of_etcd_are_taken(void **state)
{
    static const char *const levels[] = { "debug", "info", "warn", "error", "panic", "fatal" };
    for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
        char word[40];
        snprintf(word, sizeof word, "--log-level=%s", levels[i]);
        struct reading *r = flags(FLAGS(word));
        assert_string_equal(r->c.log_level, levels[i]);
        config_free(&r->c);
    }
}

static void what_is_no_value_is_refused_with_what_would_be(void **state)
{
    assert_refused(FLAGS("--max-txn-ops=many"), nothing, "not a number");
    assert_refused(FLAGS("--max-txn-ops=-1"), nothing, "not a number");
    assert_refused(FLAGS("--max-request-bytes=1T"), nothing, "1572864 or 16M");
    assert_refused(FLAGS("--max-request-bytes=99999999999G"), nothing, "number of bytes");
    assert_refused(FLAGS("--grpc-keepalive-min-time=5"), nothing, "500ms");
    assert_refused(FLAGS("--grpc-keepalive-min-time=-5s"), nothing, "500ms");
    assert_refused(FLAGS("--dev=maybe"), nothing, "true or false");
    assert_refused(FLAGS("--log-level=loud"), nothing, "info|debug|warn|error");
    assert_refused(FLAGS("--log-level="), nothing, "info|debug|warn|error");
    assert_refused(FLAGS("--quota-backend-bytes=-x"), nothing, "number of bytes");
}

/* A member's name goes into messages that must be UTF-8: no client could read them. */
static void a_text_that_is_none_is_refused(void **state)
{
    static const char *const bad[] = { "--name=a\xff", "--name=\xc0\x80", "--name=a\nb",
                                       "--name=\x1b[2J", "--name=\x7f" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_refused(FLAGS(bad[i]), nothing,
                       "--name: the text is not UTF-8 without control characters");
    struct reading *r = flags(FLAGS("--name=\xc3\xa4 b"));
    assert_string_equal(r->c.name, "\xc3\xa4 b");
    config_free(&r->c);
}

static void what_is_out_of_bounds_is_refused_with_the_bounds(void **state)
{
    assert_refused(FLAGS("--io-threads=65"), nothing, "between 0 and 64");
    assert_refused(FLAGS("--max-txn-ops=0"), nothing, "between 1 and 65536");
    assert_refused(FLAGS("--watch-progress-notify-interval=1ms"), nothing, "100 and 86400000 mill");
}

/* -- the command line ---------------------------------------------------------------------------
 */

static void a_value_stands_behind_equals_or_in_the_next_word(void **state)
{
    struct reading *r = flags(FLAGS("--name=a", "--data-dir", "b", "-etcd-listen", "off"));
    assert_string_equal(r->c.name, "a");
    assert_string_equal(r->c.data_dir, "b");
    assert_string_equal(r->c.etcd_listen, "off");
    config_free(&r->c);
}

static void a_switch_may_stand_alone_and_takes_no_next_word(void **state)
{
    struct reading *r = flags(FLAGS("--dev", "--rebuild-view=true", "--client-cert-auth=false"));
    assert_true(r->c.dev && r->c.rebuild_view && !r->c.client_cert_auth);
    config_free(&r->c);
    assert_refused(FLAGS("--dev", "true"), nothing, "'true' is not an option");
}

static void the_last_of_equal_flags_counts(void **state)
{
    struct reading *r = flags(FLAGS("--name=a", "--name=b"));
    assert_string_equal(r->c.name, "b");
    config_free(&r->c);
}

static void an_unknown_flag_is_refused_with_the_nearest(void **state)
{
    assert_refused(FLAGS("--data-dri=x"), nothing, "did you mean 'data-dir'?");
    assert_refused(FLAGS("--data-dri"), nothing, "did you mean 'data-dir'?");
    assert_refused(FLAGS("--listen-client-url=x"), nothing, "'listen-client-urls'?");
    assert_refused(FLAGS("--inital-cluster-token=x"), nothing, "'initial-cluster-token'?");
    assert_refused(FLAGS("--xyz=1"), nothing, "no option 'xyz'");
}

static void a_far_name_brings_no_suggestion(void **state)
{
    struct reading r;
    read_all(&r, FLAGS("--qqqqqq=1"), nothing);
    assert_int_equal(r.err, ERR_INVALID);
    assert_null(strstr(r.why.text, "did you mean"));
    config_free(&r.c);
}

static void a_missing_value_and_a_bare_word_are_refused(void **state)
{
    assert_refused(FLAGS("--name"), nothing, "wants a value");
    assert_refused(FLAGS("start"), nothing, "'start' is not an option");
    assert_refused(FLAGS("-"), nothing, "is not an option");
    assert_refused(FLAGS("--"), nothing, "is not an option");
}

static void help_wins_over_everything_in_all_its_spellings(void **state)
{
    const char *const *const spellings[] = { FLAGS("--help"), FLAGS("-h"), FLAGS("-help"),
                                             FLAGS("--dev", "--help") };
    for (size_t i = 0; i < ARRAY_LEN(spellings); i++) {
        struct reading *r = flags(spellings[i]);
        assert_string_equal(r->help, "text");
        config_free(&r->c);
    }
    struct reading *r = flags(FLAGS("--help=man"));
    assert_string_equal(r->help, "man");
    config_free(&r->c);
}

/* -- precedence ---------------------------------------------------------------------------------
 */

static void the_line_beats_ours_beats_etcds_beats_the_file(void **state)
{
    struct reading r;
    write_file("name: file\ndata-dir: file\nmax-txn-ops: 11\nlog-level: debug\n");
    snprintf(path_variable, sizeof path_variable, "MUSTER_CONFIG=%s", path);
    const char *const environment[] = { path_variable,
                                        "MUSTER_NAME=ours",
                                        "MUSTER_DATA_DIR=ours",
                                        "ETCD_NAME=etcds",
                                        "ETCD_DATA_DIR=etcds",
                                        "ETCD_MAX_TXN_OPS=12",
                                        NULL };
    read_all(&r, FLAGS("--name=line"), environment);
    assert_int_equal(r.err, OK);
    assert_string_equal(r.c.name, "line");
    assert_string_equal(r.c.data_dir, "ours");
    assert_int_equal(r.c.max_txn_ops, 12);
    assert_string_equal(r.c.log_level, "debug");
    assert_string_equal(r.c.native_listen, "127.0.0.1:6878");
    config_free(&r.c);
}

static void the_order_of_variables_does_not_matter(void **state)
{
    struct reading *r = variables(FLAGS("MUSTER_NAME=ours", "ETCD_NAME=etcds"));
    assert_string_equal(r->c.name, "ours");
    config_free(&r->c);
    r = variables(FLAGS("ETCD_NAME=etcds", "MUSTER_NAME=ours"));
    assert_string_equal(r->c.name, "ours");
    config_free(&r->c);
}

static void an_empty_variable_says_nothing(void **state)
{
    struct reading *r = variables(FLAGS("MUSTER_DATA_DIR=", "ETCD_NAME=", "MUSTER_DEV="));
    assert_string_equal(r->c.data_dir, "muster-data");
    assert_string_equal(r->c.name, "default");
    assert_false(r->c.data_dir_given);
    config_free(&r->c);
}

static void a_bad_variable_is_named(void **state)
{
    assert_refused(nothing, FLAGS("MUSTER_MAX_TXN_OPS=x"), "MUSTER_MAX_TXN_OPS: 'x'");
    assert_refused(nothing, FLAGS("ETCD_MAX_TXN_OPS=x"), "ETCD_MAX_TXN_OPS: 'x'");
    assert_refused(nothing, FLAGS("MUSTER_DATA_DRI=x"), "did you mean 'data-dir'?");
}

static void variables_of_services_called_muster_or_etcd_are_left_alone(void **state)
{
    struct reading *r =
        variables(FLAGS("MUSTER_PORT=tcp://10.0.0.1:2379", "MUSTER_SERVICE_HOST=10.0.0.1",
                        "MUSTER_PORT_2379_TCP_ADDR=10.0.0.1", "ETCD_PORT=tcp://10.0.0.1:2379",
                        "ETCD_SERVICE_HOST=10.0.0.1", "ETCDCTL_API=3", "MUSTER_SERVER=http://x"));
    assert_int_equal(r->c.ignored.n, 0);
    config_free(&r->c);
}

static void what_was_given_is_known(void **state)
{
    struct reading *r = flags(FLAGS("--listen-client-urls=http://127.0.0.1:1"));
    assert_true(r->c.etcd_listen_given);
    assert_false(r->c.data_dir_given);
    config_free(&r->c);
    r = variables(FLAGS("ETCD_DATA_DIR=x"));
    assert_true(r->c.data_dir_given);
    config_free(&r->c);
}

/* -- etcd's other options -----------------------------------------------------------------------
 */

static void etcds_options_without_meaning_are_listed(void **state)
{
    struct reading *r = flags(
        FLAGS("--listen-peer-urls=http://127.0.0.1:2380", "--initial-advertise-peer-urls",
              "http://a:1", "--initial-cluster=a=http://a:1", "--initial-cluster-state=new",
              "--snapshot-count=10000", "--enable-pprof", "--pre-vote=false", "--auto-tls=false"));
    assert_true(is_listed(&r->c, "listen-peer-urls"));
    assert_true(is_listed(&r->c, "initial-advertise-peer-urls"));
    assert_true(is_listed(&r->c, "initial-cluster"));
    assert_true(is_listed(&r->c, "snapshot-count"));
    assert_true(is_listed(&r->c, "enable-pprof"));
    assert_false(is_listed(&r->c, "auto-tls"));
    config_free(&r->c);
}

static void switches_of_etcd_may_stand_alone(void **state)
{
    struct reading *r =
        flags(FLAGS("--enable-log-rotation", "--memory-mlock", "--enable-distributed-tracing",
                    "--snapshot-catchup-entries", "5000", "--peer-skip-client-san-verification"));
    assert_true(is_listed(&r->c, "enable-log-rotation"));
    assert_true(is_listed(&r->c, "memory-mlock"));
    assert_true(is_listed(&r->c, "enable-distributed-tracing"));
    assert_true(is_listed(&r->c, "snapshot-catchup-entries"));
    assert_true(is_listed(&r->c, "peer-skip-client-san-verification"));
    config_free(&r->c);
}

static void experimental_options_never_keep_a_server_from_starting(void **state)
{
    struct reading *r = flags(FLAGS("--experimental-initial-corrupt-check=true",
                                    "--experimental-watch-progress-notify-interval", "5s",
                                    "--experimental-future", "--experimental-other"));
    assert_true(is_listed(&r->c, "experimental-initial-corrupt-check"));
    assert_true(is_listed(&r->c, "experimental-future"));
    config_free(&r->c);
}

static void what_is_dangerous_to_leave_out_is_refused(void **state)
{
    assert_refused(FLAGS("--force-new-cluster"), nothing, "snapshot restore");
    assert_refused(FLAGS("--initial-cluster=a=http://a:1,b=http://b:1"), nothing, "later version");
    assert_refused(FLAGS("--discovery=https://x"), nothing, "later version");
    assert_refused(FLAGS("--discovery-token=x"), nothing, "later version");
    assert_refused(FLAGS("--unsafe-no-fsync"), nothing, "on disk");
    assert_refused(FLAGS("--auto-tls"), nothing, "--cert-file");
    assert_refused(FLAGS("--client-crl-file=x"), nothing, "revocation");
    assert_refused(FLAGS("--cipher-suites=TLS_X"), nothing, "cannot be chosen");
    assert_refused(FLAGS("--tls-min-version=TLS1.3"), nothing, "it is TLS1.2");
    struct reading *r = flags(FLAGS("--tls-min-version=TLS1.2"));
    config_free(&r->c);
}

static void it_is_refused_from_the_environment_too(void **state)
{
    assert_refused(nothing, FLAGS("ETCD_FORCE_NEW_CLUSTER=true"), "ETCD_FORCE_NEW_CLUSTER");
    assert_refused(nothing, FLAGS("ETCD_INITIAL_CLUSTER=a=http://a,b=http://b"), "later version");
    struct reading *r = variables(
        FLAGS("ETCD_DISCOVERY=", "ETCD_FORCE_NEW_CLUSTER=false", "ETCD_SNAPSHOT_COUNT=5"));
    assert_true(is_listed(&r->c, "snapshot-count"));
    config_free(&r->c);
}

/* What kubeadm writes into etcd's manifest. */
static void a_kubeadm_manifest_is_understood(void **state)
{
    struct reading *r =
        flags(FLAGS("--advertise-client-urls=https://10.0.0.1:2379", "--cert-file=/pki/server.crt",
                    "--client-cert-auth=true", "--data-dir=/var/lib/etcd",
                    "--experimental-initial-corrupt-check=true",
                    "--experimental-watch-progress-notify-interval=5s"));
    assert_string_equal(r->c.advertise, "https://10.0.0.1:2379");
    assert_true(r->c.client_cert_auth);
    assert_int_equal(r->c.progress_ms, 5000);
    config_free(&r->c);
}

/* -- the file -----------------------------------------------------------------------------------
 */

static struct reading *file(const char *text)
{
    static char word[4200];
    write_file(text);
    snprintf(word, sizeof word, "--config=%s", path);
    return flags(FLAGS(word));
}

static void assert_file_refused(const char *text, const char *word)
{
    char flag[4200];
    write_file(text);
    snprintf(flag, sizeof flag, "--config=%s", path);
    assert_refused(FLAGS(flag), nothing, word);
}

static void a_file_holds_options_by_name(void **state)
{
    struct reading *r = file("name: n1\ndev: true\netcd-listen: [127.0.0.1:1, 127.0.0.1:2]\n"
                             "max-request-bytes: 2M\n");
    assert_string_equal(r->c.name, "n1");
    assert_true(r->c.dev);
    assert_string_equal(r->c.etcd_listen, "127.0.0.1:1,127.0.0.1:2");
    assert_int_equal(r->c.max_request_bytes, 2 << 20);
    config_free(&r->c);
}

/* Until 3.6 an option that has a meaning here was experimental: kubeadm's manifests say it so. */
static void experimental_option_of_a_known_name_counts(void **state)
{
    struct reading *r = flags(FLAGS("--experimental-watch-progress-notify-interval=5s"));
    assert_int_equal(r->c.progress_ms, 5000);
    assert_false(is_listed(&r->c, "experimental-watch-progress-notify-interval"));
    config_free(&r->c);
    r = variables(FLAGS("ETCD_EXPERIMENTAL_WATCH_PROGRESS_NOTIFY_INTERVAL=7s"));
    assert_int_equal(r->c.progress_ms, 7000);
    config_free(&r->c);
    r = file("experimental-watch-progress-notify-interval: 9s\n");
    assert_int_equal(r->c.progress_ms, 9000);
    config_free(&r->c);
    r = variables(FLAGS("ETCD_DEV=true", "ETCD_EXPERIMENTAL_DEV=true"));
    assert_false(r->c.dev);
    config_free(&r->c);
}

static void a_file_is_refused_with_place_and_reason(void **state)
{
    assert_file_refused("nmae: x\n", "muster.yaml: nmae: there is no option 'nmae'; did you mean");
    assert_file_refused("max-txn-ops: x\n", "muster.yaml: max-txn-ops: 'x' is not a number");
    assert_file_refused("name: a\nname: b\n", "stands twice");
    assert_file_refused("name: a\n  b: c\n", "muster.yaml: line 2");
    assert_refused(FLAGS("--config=/nonexistent/x.yaml"), nothing,
                   "'/nonexistent/x.yaml': No such");
    assert_refused(FLAGS("--config=/"), nothing, "cannot read '/'");
}

static void etcds_config_file_is_understood_with_its_sections(void **state)
{
    char word[4200];
    struct reading r;
    write_file("name: 's1'\ndata-dir: d\nwal-dir:\nsnapshot-count: 10000\n"
               "listen-client-urls: http://localhost:2379\ncors:\n"
               "client-transport-security:\n  cert-file: c.pem\n  key-file: k.pem\n"
               "  client-cert-auth: true\n  auto-tls: false\n"
               "peer-transport-security:\n  cert-file: p.pem\n  auto-tls: false\n"
               "log-level: debug\nlogger: zap\nforce-new-cluster: false\n");
    snprintf(word, sizeof word, "--config-file=%s", path);
    read_all(&r, FLAGS(word), nothing);
    if (r.err != OK)
        fail_msg("%s", r.why.text);
    assert_string_equal(r.c.name, "s1");
    assert_string_equal(r.c.cert_file, "c.pem");
    assert_true(r.c.client_cert_auth);
    assert_true(is_listed(&r.c, "peer-cert-file"));
    config_free(&r.c);
}

static void with_etcds_config_file_nothing_else_counts(void **state)
{
    struct reading r;
    char word[4200];
    write_file("name: file\n");
    snprintf(word, sizeof word, "--config-file=%s", path);
    read_all(&r, FLAGS(word, "--name=line", "--max-txn-ops=5"), FLAGS("MUSTER_NAME=ours"));
    assert_int_equal(r.err, OK);
    assert_string_equal(r.c.name, "file");
    assert_int_equal(r.c.max_txn_ops, 128);
    config_free(&r.c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_default_is_a_value_of_its_row),
        cmocka_unit_test(every_option_has_one_name_and_a_help_text),
        cmocka_unit_test(every_option_is_a_flag_and_a_variable_under_each_name),
        cmocka_unit_test(every_option_stands_in_each_form_of_help),
        cmocka_unit_test(sizes_take_units),
        cmocka_unit_test(durations_become_milliseconds),
        cmocka_unit_test(a_negative_quota_is_none_as_with_etcd),
        cmocka_unit_test(levels_of_etcd_are_taken),
        cmocka_unit_test(what_is_no_value_is_refused_with_what_would_be),
        cmocka_unit_test(a_text_that_is_none_is_refused),
        cmocka_unit_test(what_is_out_of_bounds_is_refused_with_the_bounds),
        cmocka_unit_test(a_value_stands_behind_equals_or_in_the_next_word),
        cmocka_unit_test(a_switch_may_stand_alone_and_takes_no_next_word),
        cmocka_unit_test(the_last_of_equal_flags_counts),
        cmocka_unit_test(an_unknown_flag_is_refused_with_the_nearest),
        cmocka_unit_test(a_far_name_brings_no_suggestion),
        cmocka_unit_test(a_missing_value_and_a_bare_word_are_refused),
        cmocka_unit_test(help_wins_over_everything_in_all_its_spellings),
        cmocka_unit_test(the_line_beats_ours_beats_etcds_beats_the_file),
        cmocka_unit_test(the_order_of_variables_does_not_matter),
        cmocka_unit_test(an_empty_variable_says_nothing),
        cmocka_unit_test(a_bad_variable_is_named),
        cmocka_unit_test(variables_of_services_called_muster_or_etcd_are_left_alone),
        cmocka_unit_test(what_was_given_is_known),
        cmocka_unit_test(etcds_options_without_meaning_are_listed),
        cmocka_unit_test(switches_of_etcd_may_stand_alone),
        cmocka_unit_test(experimental_options_never_keep_a_server_from_starting),
        cmocka_unit_test(what_is_dangerous_to_leave_out_is_refused),
        cmocka_unit_test(it_is_refused_from_the_environment_too),
        cmocka_unit_test(a_kubeadm_manifest_is_understood),
        cmocka_unit_test(a_file_holds_options_by_name),
        cmocka_unit_test(experimental_option_of_a_known_name_counts),
        cmocka_unit_test(a_file_is_refused_with_place_and_reason),
        cmocka_unit_test(etcds_config_file_is_understood_with_its_sections),
        cmocka_unit_test(with_etcds_config_file_nothing_else_counts),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
