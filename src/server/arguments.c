/* Options and errors of the verbs. */
#include "server/arguments.h"

#include <stdio.h>
#include <string.h>

bool take_option(int argc, char **argv, int *at, const char *name, const char **ret_value)
{
    size_t n = strlen(name);
    const char *text = argv[*at];
    if (strncmp(text, name, n) != 0 || (text[n] != 0 && text[n] != '='))
        return false;
    if (text[n] == '=')
        *ret_value = text + n + 1;
    else
        *ret_value = *at + 1 < argc ? argv[++*at] : NULL;
    return true;
}

int say_error(const char *what, const char *next)
{
    fprintf(stderr, "error: %s\n", what);
    if (next != NULL)
        fprintf(stderr, "  next: %s\n", next);
    return EXIT_ERROR;
}

int say_usage(const char *text)
{
    fprintf(stderr, "usage: %s\n", text);
    return EXIT_USAGE;
}
