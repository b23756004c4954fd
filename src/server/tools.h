/* server/tools.h -- verbs that read a data directory or a snapshot file: no server need be running.
 */
#ifndef SERVER_TOOLS_H
#define SERVER_TOOLS_H

/* Each takes the arguments after its verb and returns the exit code. */
int tool_snapshot_status(int argc, char **argv);
int tool_snapshot_restore(int argc, char **argv);
int tool_log_dump(int argc, char **argv);

#endif
