/* health/probe.h -- one run of a check: it asks its target once and says how that went.
 *
 * No probe outlives its timeout, keeps more of a target's answer than the check's output may have,
 * or can be hurt by what a target sends. One loop. */
#ifndef HEALTH_PROBE_H
#define HEALTH_PROBE_H

#include "catalog/status.h"
#include "health/check.h"
#include "loop/loop.h"

struct prober; /* what the probes of a loop share */
struct script_client;

struct prober_options {
    struct loop *loop;
    const char *ca_file;           /* whom TLS targets must be signed by; NULL: the system's */
    struct script_client *scripts; /* kept; NULL: scripts are refused */
};

/* Errors of dialer_new. */
MUST_CHECK enum err prober_new(const struct prober_options *options, struct prober **ret,
                               struct why *why);
/* Breaks off what is left of probes that are over. */
void prober_stop(struct prober *p);
/* Connections that are not gone yet, some turns after prober_stop none. */
size_t prober_count(const struct prober *p);
void prober_free(struct prober *p);

struct probe;

/* OUTPUT is text as a row takes it, lent for the call. */
typedef void (*probe_done_fn)(void *ctx, enum status status, struct bytes output);

/* DEFINITION (settled; of a kind that is run at intervals) must stay until DONE or cancel. DONE is
 * called once, from the loop. The probe is the prober's. */
struct probe *probe_start(struct prober *p, const struct check_definition *definition,
                          probe_done_fn done, void *ctx);
/* DONE will not be called; not after it. */
void probe_cancel(struct probe *p);

#endif
