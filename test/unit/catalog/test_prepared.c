/* Prepared queries over the registry: what they give, and that they end with their session. */
#include "catalog/prepared_render.h"
#include "catalog/prepared_row.h"
#include "catalog/prepared_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/unit/catalog/registry.h"

#define ID "0a0b0c0d-0000-4000-8000-000000000001"
#define SESSION "0a0b0c0d-0000-4000-8000-000000000002"

static struct change_op object(const char *type, struct bytes name, struct bytes row)
{
    struct change_op op = { .kind = CHANGE_OBJECT, .ns = bytes_str("public") };
    op.object = (struct object_op){ .when = { .verb = OP_SET },
                                    .kind = OBJECT_QUERY,
                                    .type = bytes_str(type),
                                    .name = name,
                                    .row = row };
    return op;
}

/* QUERY is JSON, without an id. */
static void add_query(struct stand *s, const char *query)
{
    struct prepared p = { .create = 0 };
    struct why why = { "" };
    assert_int_equal(json_decode(bytes_str(query), &prepared_shape, &s->arena, &p, &why), OK);
    p.id = bytes_str(ID);
    registry_do(s, object(PREPARED_BY_ID, p.id, prepared_row(&p, &s->arena)));
    registry_do(s, object(PREPARED_BY_NAME, prepared_name_key(p.name, &s->arena),
                          prepared_name_row(&p, &s->arena)));
    if (p.session.n > 0)
        registry_do(s, object(PREPARED_BY_SESSION, prepared_session_key(p.session, p.id, &s->arena),
                              bytes_str("x")));
}

static struct prepared_result run(struct stand *s, const char *name)
{
    struct prepared_result result;
    assert_int_equal(
        prepared_run(s->view, bytes_str("public"), bytes_str(name), FACE_DNS, &s->arena, &result),
        OK);
    return result;
}

static void add_two(struct stand *s)
{
    registry_do(s, registry_node(s, "n1", "10.0.0.1"));
    registry_do(s, registry_agent(s, "n1", "web-1", "web", 80));
    registry_do(s, registry_agent(s, "n1", "web-2", "web", 81));
}

/* -- claims -------------------------------------------------------------------------------------
 */

static void what_is_critical_is_left_out(void **state)
{
    struct stand *s = *state;
    add_two(s);
    add_query(s, "{\"Name\":\"Q\",\"Service\":{\"Service\":\"web\"},\"DNS\":{\"TTL\":\"10s\"}}");
    assert_int_equal(run(s, "q").n, 2);
    registry_do(s, registry_check(s, "n1", "web-2", "c", STATUS_DOWN));
    struct prepared_result result = run(s, "q");
    assert_int_equal(result.n, 1);
    assert_int_equal(result.instances[0].from->said.port, 80);
    assert_true(result.has_ttl);
    assert_int_equal(result.ttl_s, 10);
    registry_do(s, registry_check(s, "n1", "", "c", STATUS_DOWN));
    assert_int_equal(run(s, ID).n, 0);
}

static void ignored_checks_do_not_count(void **state)
{
    struct stand *s = *state;
    add_two(s);
    add_query(s, "{\"Name\":\"q\",\"Service\":{\"Service\":\"web\",\"IgnoreCheckIDs\":[\"c\"]}}");
    registry_do(s, registry_check(s, "n1", "web-2", "c", STATUS_DOWN));
    assert_int_equal(run(s, "q").n, 2);
    registry_do(s, registry_check(s, "n1", "web-2", "d", STATUS_DOWN));
    assert_int_equal(run(s, "q").n, 1);
}

static void the_longest_prefix_is_rendered(void **state)
{
    struct stand *s = *state;
    struct prepared_result result;
    add_two(s);
    add_query(s, "{\"Name\":\"of-\",\"Template\":{\"Type\":\"name_prefix_match\"},\"Service\":{"
                 "\"Service\":\"${name.suffix}\"}}");
    assert_int_equal(run(s, "of-web").n, 2);
    assert_int_equal(
        prepared_run(s->view, bytes_str("public"), bytes_str("o"), FACE_DNS, &s->arena, &result),
        ERR_NOT_FOUND);
}

static void a_session_takes_its_query_along(void **state)
{
    struct stand *s = *state;
    struct prepared_result result;
    struct objects left;
    struct change_op create = { .kind = CHANGE_SESSION_CREATE, .ns = bytes_str("public") };
    struct change_op end = { .kind = CHANGE_SESSION_END, .ns = bytes_str("public") };
    registry_do(s, registry_node(s, "n1", "10.0.0.1"));
    assert_true(uuid_parse(bytes_str(SESSION), &create.session.id));
    end.session_end = create.session.id;
    create.session.session = (struct session){ .node = bytes_str("n1") };
    registry_do(s, create);
    add_query(s, "{\"Name\":\"q\",\"Session\":\"" SESSION "\",\"Service\":{\"Service\":\"web\"}}");
    run(s, "q");
    registry_do(s, end);
    assert_int_equal(
        prepared_run(s->view, bytes_str("public"), bytes_str("q"), FACE_DNS, &s->arena, &result),
        ERR_NOT_FOUND);
    assert_int_equal(objects_read(s->view, OBJECT_QUERY, bytes_str("public"), (struct bytes){ 0 },
                                  &s->arena, &left),
                     OK);
    assert_int_equal(left.n, 0);
}

/* A service's name that is N bytes long with the name put in. */
static enum err render_long(size_t n)
{
    struct arena arena;
    struct why why;
    struct prepared rendered, p = { .template = { .type = bytes_str("name_prefix_match") } };
    arena_init(&arena, 0);
    uint8_t *text = arena_alloc(&arena, n);
    memset(text, 'x', n);
    memcpy(text, "${name.full}", 12);
    p.service.service = bytes_of(text, n);
    enum err e = prepared_render(&p, bytes_str("twelve bytes"), &arena, &rendered, &why);
    if (e == OK)
        assert_int_equal(rendered.service.service.n, n);
    arena_fini(&arena);
    return e;
}

static void what_is_put_in_has_64_kib(void **state)
{
    assert_int_equal(render_long(64 * 1024), OK);
    assert_int_equal(render_long(64 * 1024 + 1), ERR_INVALID);
}

int main(void)
{
#define CLAIM(name) cmocka_unit_test_setup_teardown(name, registry_set_up, stand_tear_down)
    const struct CMUnitTest tests[] = {
        CLAIM(what_is_critical_is_left_out),   CLAIM(ignored_checks_do_not_count),
        CLAIM(the_longest_prefix_is_rendered), CLAIM(a_session_takes_its_query_along),
        CLAIM(what_is_put_in_has_64_kib),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
