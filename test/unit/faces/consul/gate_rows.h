/* What each route is held to by test_gate: a request, who may make it, and what it then shows. */
#ifndef TEST_UNIT_FACES_CONSUL_GATE_ROWS_H
#define TEST_UNIT_FACES_CONSUL_GATE_ROWS_H

#include <stdbool.h>
#include <stddef.h>

enum gate_who {
    GATE_NOBODY,     /* brings no token */
    GATE_STRANGER,   /* one that was never made */
    GATE_ANOTHER,    /* may write everything of other names, and of what has no names all that the
                        row does not speak of */
    GATE_RIGHT,      /* just what the row says */
    GATE_MANAGEMENT, /* everything */
    GATE_READER,     /* what the row says, but read where it has write */
    GATE_LESS,       /* one of the row's rules is missing */
    GATE_DENIED,     /* where everything is allowed: just that is denied */
    GATE_WHO
};

enum gate_kind {
    GATE_ASKED,    /* 403 to who may not, naming RIGHT's kind of thing */
    GATE_FILTERED, /* served to all; who may not is not shown SHOWS */
    GATE_OPEN,     /* served to all alike, but not with a token that nobody has */
    GATE_BLIND,    /* the token is not looked at */
};

struct gate_cell { /* 0: as the kind has it */
    int status;
    const char *part; /* of the answer */
};

/* "$n" in texts is a number of the cell; "$1" an id ("ID" or "AccessorID") out of the answer to
 * what was asked last in BEFORE. */
struct gate_row {
    const char *route; /* method and path as its table has them */
    const char *rest;  /* behind the path */
    const char *body;
    const char *before[3]; /* "PUT /v1/kv/a?b text", asked as management before each cell */
    /* The least rules: "key app/x write, node n1 read, query_prefix gate- read, operator read";
     * "intentions web read" stands in a rule of service web that denies it else. */
    const char *right;
    enum gate_kind kind;
    int status;        /* to who may; 0: 200 */
    const char *shows; /* to who may; for ASKED and OPEN may be NULL */
    bool goes_on;      /* the answer; it is read until SHOWS has come */
    int hidden_status; /* to who may not; 0: STATUS where it is FILTERED, else 403 */
    struct gate_cell cells[GATE_WHO];
};

extern const struct gate_row gate_rows[];
extern const size_t gate_row_n;

#endif
