/* server/verbs.h -- the words of the `muster` command. */
#ifndef SERVER_VERBS_H
#define SERVER_VERBS_H

/* argv as main has it; runs what it names and returns the exit code. */
int verbs_run(int argc, char **argv);

#endif
