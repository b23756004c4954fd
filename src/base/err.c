/* The texts of enum err. */
#include "base/err.h"

const char *err_text(enum err e)
{
    switch (e) {
    case OK:
        return "ok";
#define X(name, text) \
    case name:        \
        return text;
        ERR_LIST(X)
#undef X
    }
    return "unknown error";
}
