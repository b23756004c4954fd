/* health/script_host.h -- the process that runs scripts, so that the server itself never forks.
 *
 * A server with many threads and a large address space must not fork for each check; this small
 * process is made before there are threads, and does nothing else. */
#ifndef HEALTH_SCRIPT_HOST_H
#define HEALTH_SCRIPT_HOST_H

#include <sys/types.h>

#include "base/why.h"

/* Forks it. Before any thread is started. *RET_FD is our end of the socket to it (script_client
 * takes it); it ends, and kills what it runs, when that is closed. ERR_SYSTEM. */
MUST_CHECK enum err script_host_start(int *ret_fd, pid_t *ret_pid, struct why *why);

#endif
