/* server/serve.h -- `muster serve`: puts the pieces together, runs them, and takes them down. */
#ifndef SERVER_SERVE_H
#define SERVER_SERVE_H

struct config;

/* Runs until SIGTERM or SIGINT; returns the process's exit code. Reasons go to standard error. */
int serve_main(struct config *config);

#endif
