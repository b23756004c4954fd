/* One datagram to $NOTIFY_SOCKET: the protocol is that small, and no library has to come along. */
#include "server/notify.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/compiler.h"

void notify_systemd(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    if (path == NULL || path[0] == 0 || strlen(path) >= sizeof to.sun_path)
        return;
    memcpy(to.sun_path, path, strlen(path));
    if (path[0] == '@')
        to.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    socklen_t n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    /* Who started us notices a missing word by itself. */
    IGNORE(sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&to, n));
    close(fd);
}
