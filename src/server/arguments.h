/* server/arguments.h -- small helpers of the verbs: options, errors with a next step. */
#ifndef SERVER_ARGUMENTS_H
#define SERVER_ARGUMENTS_H

#include <stdbool.h>

/* Exit codes of the command (docs/reference/exit-codes in `muster help`). */
enum { EXIT_OK = 0, EXIT_ERROR = 1, EXIT_USAGE = 2, EXIT_UNREACHABLE = 6 };

/* True if argv[*AT] is NAME or NAME=value; *ret_value is the value, NULL if there is none, and *AT
 * stands on the last argument used. */
bool take_option(int argc, char **argv, int *at, const char *name, const char **ret_value);
/* "error: WHAT" and "next: NEXT" (may be NULL) on standard error; EXIT_ERROR. */
int say_error(const char *what, const char *next);
/* "usage: TEXT" on standard error; EXIT_USAGE. */
int say_usage(const char *text);

#endif
