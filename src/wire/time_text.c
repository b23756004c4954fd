/* The calendar is counted in days from 0000-03-01: years then end with the day that leaps. */
#include "wire/time_text.h"

#include <inttypes.h>

#define ZERO_TIME "0001-01-01T00:00:00Z"

enum { DAYS_TO_1970 = 719468, DAYS_OF_ERA = 146097, SECONDS_OF_DAY = 86400 };

static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = year / 400, of_era = year % 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * DAYS_OF_ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - DAYS_TO_1970;
}

static void date_of(int64_t days, int64_t *year, int64_t *month, int64_t *day)
{
    days += DAYS_TO_1970;
    int64_t era = days / DAYS_OF_ERA, rest = days % DAYS_OF_ERA;
    int64_t of_era = (rest - rest / 1460 + rest / 36524 - rest / 146096) / 365;
    int64_t of_year = rest - (365 * of_era + of_era / 4 - of_era / 100);
    int64_t shifted = (5 * of_year + 2) / 153;
    *day = of_year - (153 * shifted + 2) / 5 + 1;
    *month = shifted < 10 ? shifted + 3 : shifted - 9;
    *year = era * 400 + of_era + (*month <= 2);
}

void time_print(uint64_t ms, struct buf *out)
{
    int64_t year, month, day, seconds = (int64_t)(ms / 1000) % SECONDS_OF_DAY;
    if (ms == 0) {
        buf_put_str(out, ZERO_TIME);
        return;
    }
    date_of((int64_t)(ms / 1000 / SECONDS_OF_DAY), &year, &month, &day);
    buf_printf(out,
               "%04" PRId64 "-%02" PRId64 "-%02" PRId64 "T%02" PRId64 ":%02" PRId64 ":%02" PRId64,
               year, month, day, seconds / 3600, seconds / 60 % 60, seconds % 60);
    if (ms % 1000 != 0)
        buf_printf(out, ".%03u", (unsigned)(ms % 1000));
    buf_put_u8(out, 'Z');
}

/* -- reading ----------------------------------------------------------------------------------- */

/* N digits and what must follow them (0: nothing); -1 if they are not there. */
static int64_t take_number(struct bytes *text, size_t n, char then)
{
    int64_t v = 0;
    if (text->n < n + (then != 0))
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (text->p[i] < '0' || text->p[i] > '9')
            return -1;
        v = v * 10 + (text->p[i] - '0');
    }
    if (then != 0 && text->p[n] != (uint8_t)then)
        return -1;
    *text = bytes_skip(*text, n + (then != 0));
    return v;
}

static int64_t days_in(int64_t year, int64_t month)
{
    static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leaps = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leaps);
}

static bool take_date(struct bytes *text, int64_t *ret_days)
{
    int64_t year = take_number(text, 4, '-');
    int64_t month = year < 0 ? -1 : take_number(text, 2, '-');
    int64_t day = month < 0 ? -1 : take_number(text, 2, 'T');
    if (month < 1 || month > 12 || day < 1 || day > days_in(year, month))
        return false;
    *ret_days = days_of(year, month, day);
    return true;
}

static bool take_clock(struct bytes *text, int64_t *ret_ms)
{
    int64_t hour = take_number(text, 2, ':');
    int64_t minute = hour < 0 ? -1 : take_number(text, 2, ':');
    int64_t second = minute < 0 ? -1 : take_number(text, 2, 0), scale = 100;
    if (second < 0 || hour > 23 || minute > 59 || second > 59)
        return false;
    int64_t ms = ((hour * 60 + minute) * 60 + second) * 1000;
    if (text->n > 0 && text->p[0] == '.') {
        *text = bytes_skip(*text, 1);
        if (text->n == 0 || text->p[0] < '0' || text->p[0] > '9')
            return false;
        for (; text->n > 0 && text->p[0] >= '0' && text->p[0] <= '9'; scale /= 10) {
            ms += (text->p[0] - '0') * scale;
            *text = bytes_skip(*text, 1);
        }
    }
    *ret_ms = ms;
    return true;
}

static bool take_offset(struct bytes *text, int64_t *ret_ms)
{
    uint8_t sign = text->n == 0 ? 0 : text->p[0];
    *text = bytes_skip(*text, 1);
    *ret_ms = 0;
    if (sign == 'Z')
        return text->n == 0;
    int64_t hour = take_number(text, 2, ':');
    int64_t minute = hour < 0 ? -1 : take_number(text, 2, 0);
    if ((sign != '+' && sign != '-') || minute < 0 || hour > 23 || minute > 59 || text->n != 0)
        return false;
    *ret_ms = (hour * 60 + minute) * 60000 * (sign == '-' ? -1 : 1);
    return true;
}

enum err time_parse(struct bytes text, uint64_t *ret_ms)
{
    int64_t days, clock, offset;
    if (bytes_is(text, ZERO_TIME)) {
        *ret_ms = 0;
        return OK;
    }
    if (!take_date(&text, &days) || !take_clock(&text, &clock) || !take_offset(&text, &offset))
        return ERR_MALFORMED;
    int64_t ms = days * SECONDS_OF_DAY * 1000 + clock - offset;
    if (ms < 0)
        return ERR_MALFORMED;
    *ret_ms = (uint64_t)ms;
    return OK;
}
