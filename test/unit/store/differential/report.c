/* Differences are found deep inside comparisons and told at the top. */
#include "test/unit/store/differential/report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void report_at(struct report *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(r->where, sizeof r->where, format, args);
    va_end(args);
}

bool report_is_clean(const struct report *r)
{
    return r->text[0] == 0;
}

bool report_differs(struct report *r, const char *format, ...)
{
    if (!report_is_clean(r))
        return false;
    int n = snprintf(r->text, sizeof r->text, "%s: ", r->where);
    va_list args;
    va_start(args, format);
    vsnprintf(r->text + n, sizeof r->text - (size_t)n, format, args);
    va_end(args);
    return false;
}

bool report_same_u64(struct report *r, const char *what, uint64_t want, uint64_t got)
{
    if (want == got)
        return true;
    return report_differs(r, "%s: expected %" PRIu64 ", got %" PRIu64, what, want, got);
}

bool report_same_i64(struct report *r, const char *what, int64_t want, int64_t got)
{
    if (want == got)
        return true;
    return report_differs(r, "%s: expected %" PRId64 ", got %" PRId64, what, want, got);
}

bool report_same_err(struct report *r, const char *what, enum err want, enum err got)
{
    if (want == got)
        return true;
    return report_differs(r, "%s: expected '%s', got '%s'", what, err_text(want), err_text(got));
}

bool report_same_bytes(struct report *r, const char *what, struct bytes want, struct bytes got)
{
    if (bytes_eq(want, got))
        return true;
    size_t at = 0;
    while (at < want.n && at < got.n && want.p[at] == got.p[at])
        at++;
    return report_differs(r, "%s: expected %zu bytes, got %zu, equal up to %zu", what, want.n,
                          got.n, at);
}
