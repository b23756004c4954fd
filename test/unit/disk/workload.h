/* Scripted and random lives of a log and its snapshots, and the judge of what a crash left. */
#ifndef TEST_UNIT_DISK_WORKLOAD_H
#define TEST_UNIT_DISK_WORKLOAD_H

#include "fixture.h"
#include "test/lib/dice.h"

enum step_kind {
    STEP_APPEND,  /* A entries of B bytes in one batch */
    STEP_HARD,    /* a new hard state alone */
    STEP_BOTH,    /* A entries of B bytes and a hard state */
    STEP_REPLACE, /* A entries of B bytes in place of the last two */
    STEP_CUT,     /* up to A entries before the end */
    STEP_RESET,   /* a snapshot A entries ahead takes the log's place */
    STEP_RECYCLE, /* A pieces of the helper's work */
    STEP_SNAPSHOT,
    STEP_REOPEN
};

struct step {
    enum step_kind kind;
    size_t a, b;
};

struct model {          /* what the log must hold */
    uint64_t base;      /* entries above it must be there */
    uint64_t first_min; /* and none below this */
    uint64_t last, last_term;
    struct fact facts[FACTS_MAX]; /* by index */
    struct log_hard hard;
    uint64_t snapshots[2]; /* newest first, 0: none */
};

struct life {
    struct sim_fs *sim;
    struct log *log;
    struct model acknowledged; /* before the step under way */
    struct model next;         /* after it */
    uint64_t stamp;
    struct why why;
};

size_t random_steps(uint64_t seed, struct step *steps, size_t max);
void life_begin(struct life *life, struct sim_fs *sim);
/* Opens the log and takes the steps; stops at the first that fails and returns its error. */
enum err life_run(struct life *life, const struct step *steps, size_t n);
/* Closes what is open, as the end of a process does. */
void life_end(struct life *life);
/* Opens what is left and judges it: NULL, or what is wrong. Afterwards it has taken one more write.
 */
const char *life_judge(struct life *life);

#endif
