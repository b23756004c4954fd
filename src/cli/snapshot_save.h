/* cli/snapshot_save.h -- `muster snapshot save FILE`: from a running server. */
#ifndef CLI_SNAPSHOT_SAVE_H
#define CLI_SNAPSHOT_SAVE_H

/* The arguments after the verb; returns the exit code. */
int cli_snapshot_save(int argc, char **argv);

#endif
