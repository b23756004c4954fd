/* server/notify.h -- a word to systemd, if it started us (sd_notify(3)). */
#ifndef SERVER_NOTIFY_H
#define SERVER_NOTIFY_H

/* One state such as "READY=1"; nothing happens without $NOTIFY_SOCKET. */
void notify_systemd(const char *state);

#endif
