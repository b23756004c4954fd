#include "wire/json_pretty.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

static void assert_pretty(const char *json, const char *wanted)
{
    struct buf out;
    buf_init(&out, 4096);
    json_pretty(bytes_str(json), &out);
    if (!bytes_is(buf_bytes(&out), wanted))
        fail_msg("%s: %.*s", json, (int)out.n, (const char *)out.p);
    buf_fini(&out);
}

static void parts_stand_on_lines_of_their_own(void **state)
{
    assert_pretty("{\"a\":[1,{\"b\":null}],\"c\":\"d\"}",
                  "{\n    \"a\": [\n        1,\n        {\n            \"b\": null\n        }\n    "
                  "],\n    \"c\": \"d\"\n}");
}

static void what_is_empty_stays_on_its_line(void **state)
{
    assert_pretty("{\"a\":[],\"b\":{}}", "{\n    \"a\": [],\n    \"b\": {}\n}");
    assert_pretty("[]", "[]");
}

static void strings_stay_as_they_are(void **state)
{
    assert_pretty("[\"{,:[\\\"}\\\\\",\"x\"]", "[\n    \"{,:[\\\"}\\\\\",\n    \"x\"\n]");
    assert_pretty("true", "true");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_stand_on_lines_of_their_own),
        cmocka_unit_test(what_is_empty_stays_on_its_line),
        cmocka_unit_test(strings_stay_as_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
