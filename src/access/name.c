#include "access/name.h"

static bool is_small_or_digit(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_sign(uint8_t c)
{
    return c == '-' || c == '_';
}

static bool is_plain(uint8_t c)
{
    return is_small_or_digit(c) || (c >= 'A' && c <= 'Z') || is_sign(c);
}

bool policy_name_is_valid(struct bytes name)
{
    size_t slashes = 0;
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] == '/')
            slashes++;
        else if (!is_plain(name.p[i]))
            return false;
    }
    return name.n > 0 && name.n <= POLICY_NAME_MAX && slashes <= 1 && name.p[0] != '/';
}

bool role_name_is_valid(struct bytes name)
{
    for (size_t i = 0; i < name.n; i++)
        if (!is_plain(name.p[i]))
            return false;
    return name.n > 0 && name.n <= ROLE_NAME_MAX;
}

bool identity_name_is_valid(struct bytes name)
{
    for (size_t i = 0; i < name.n; i++)
        if (!is_small_or_digit(name.p[i]) && !is_sign(name.p[i]))
            return false;
    return name.n > 0 && name.n <= IDENTITY_NAME_MAX && !is_sign(name.p[0]) &&
           !is_sign(name.p[name.n - 1]);
}
