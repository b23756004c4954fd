/* name.h -- the names behind a script's numbers. */
#ifndef TEST_CATALOG_MODEL_NAME_H
#define TEST_CATALOG_MODEL_NAME_H

#include <stdbool.h>
#include <stdio.h>

enum name {
    NAME_NS,
    NAME_NODE,
    NAME_SERVICE,
    NAME_PART,
    NAME_FOREIGN,
    NAME_CHECK,
    NAME_PLACE,
    NAME_OBJECT
};

struct name_text {
    char text[16];
};

/* Such as "web2"; "WEB2" if it is shouted. */
static inline struct name_text name_of(enum name name, unsigned i, bool shout)
{
    static const char *const words[][2] = { { "ns", "NS" },       { "node", "NODE" },
                                            { "web", "WEB" },     { "id", "ID" },
                                            { "owner", "OWNER" }, { "check", "CHECK" },
                                            { "host", "HOST" },   { "object", "OBJECT" } };
    struct name_text n;
    snprintf(n.text, sizeof n.text, "%s%u", words[name][shout], i);
    return n;
}

#endif
