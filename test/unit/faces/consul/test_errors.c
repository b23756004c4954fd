/* What goes wrong, in statuses and texts that clients look for. */
#include "faces/consul/call/errors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/compiler.h"

static const enum err errors[] = {
#define X(name, text) name,
    ERR_LIST(X)
#undef X
};

static void errors_of_the_kernel_have_consuls_words(void **state)
{
    static const struct {
        enum err e;
        int status;
        const char *text;
    } rows[] = {
        { ERR_DENIED, 403, "Permission denied" },
        { ERR_UNAUTHENTICATED, 403, "ACL not found" },
        { ERR_NOT_LEADER, 500, "No cluster leader" },
        { ERR_AGAIN, 500, "No cluster leader" },
        { ERR_CHECK_AGAIN, 500, "No cluster leader" },
        { ERR_STOPPING, 500, "Not ready to serve consistent reads" },
        { ERR_UNKNOWN_OUTCOME, 500, "rpc error making call: leadership lost while committing log" },
        { ERR_BUSY, 429, "rate limit exceeded, try again later or against a different server" },
        { ERR_TOO_BIG, 413, "Request body too large" },
        { ERR_NO_SPACE, 500, "rpc error making call: no space left on device" },
        { ERR_QUOTA, 500, "rpc error making call: no space left on device" },
        { ERR_DAMAGED, 500, "rpc error making call: stored data is damaged" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct consul_status s = consul_status_of(consul_refusal_of(rows[i].e));
        if (s.status != rows[i].status || strcmp(s.text, rows[i].text) != 0)
            fail_msg("%s: %d %s", err_text(rows[i].e), s.status, s.text);
    }
}

/* Go's locks retry on "Unexpected response code: 500" and on nothing else. */
static void transient_trouble_is_500_and_never_502_or_503(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
        int status = consul_status_of(consul_refusal_of(errors[i])).status;
        if (status != 500 && status != 403 && status != 413 && status != 429)
            fail_msg("%s: %d", err_text(errors[i]), status);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_of_the_kernel_have_consuls_words),
        cmocka_unit_test(transient_trouble_is_500_and_never_502_or_503),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
