/* health/probe_kind.h -- what a kind of probe implements; for probe*.c alone. */
#ifndef HEALTH_PROBE_KIND_H
#define HEALTH_PROBE_KIND_H

#include "health/probe.h"
#include "net/dial.h"

struct http_call;
struct http2_call;
struct udp_call;
struct script_run;

struct prober {
    struct loop *loop;
    struct dialer *dialer;
    struct script_client *scripts; /* or NULL */
};

struct probe_kind {
    /* Begins, or ends later with probe_end_later. */
    void (*start)(struct probe *p);
    /* Whatever is under way is given up: no callback comes back. */
    void (*stop)(struct probe *p);
    /* The timeout has passed; NULL: it is critical. */
    void (*late)(struct probe *p);
};

struct probe {
    struct prober *prober;
    const struct check_definition *d;
    const struct probe_kind *kind;
    probe_done_fn done;
    void *ctx;
    struct timer timeout;
    struct loop_hook later; /* linked: ended before it began */
    enum status status;
    struct buf output;
    bool is_under_way; /* of KIND's own */
    union {
        struct http_call *http;
        struct http2_call *http2;
        struct udp_call *udp;
        struct script_run *script;
        struct tcp_probe *tcp;
    } call;
};

extern const struct probe_kind probe_http, probe_tcp, probe_udp, probe_grpc, probe_h2ping,
    probe_script;

/* Appends to the output, as text. */
void probe_say(struct probe *p, const char *format, ...) PRINTF_FMT(2, 3);
/* The same of what a target sent: TOTAL bytes, of which TEXT was kept. */
void probe_say_bytes(struct probe *p, struct bytes text, uint64_t total);
/* Its own work is over: tells, and frees P. From the loop only. */
void probe_end(struct probe *p, enum status status);
/* The same from inside start: told at the end of the turn. */
void probe_end_later(struct probe *p, enum status status);

/* Splits a host:port target; false: P ends later, critical, with a sentence. */
bool probe_split(struct probe *p, struct bytes target, struct bytes *ret_host, uint16_t *ret_port);
/* The TLS call to HOST; NAME has room for RESOLVER_NAME_MAX + 1. */
struct tls_call probe_tls(const struct probe *p, struct bytes host, char *name);

#endif
