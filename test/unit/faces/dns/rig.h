/* rig.h -- a catalog of a few rows, and questions asked of it without sockets. */
#ifndef TEST_FACES_DNS_RIG_H
#define TEST_FACES_DNS_RIG_H

#include "catalog/change.h"
#include "catalog/node.h"
#include "catalog/publication.h"
#include "catalog/status.h"
#include "faces/dns/answer.h"
#include "test/lib/dns_text.h"
#include "test/unit/store/stand.h"

struct rig {
    void *stand; /* struct stand; as stand_set_up made it */
    /* Registers instead; NULL: rows are put into the stand as they are. */
    void (*change)(void *ctx, const struct change_op *op);
    void *ctx;
    struct dns_settings settings; /* rig_configure makes CONFIG of them */
    struct dns_config config;
    struct access_reader *reader; /* NULL: everything may be seen */
    struct arena arena;
    uint64_t seed;
};

/* Fixtures for cmocka. */
int rig_set_up(void **state);
int rig_tear_down(void **state);
/* What a rig of its own holds beside CONFIG; rig_tear_down does it. */
void rig_forget(void);
/* The settings that a server has which was told nothing. */
struct dns_settings rig_settings(void);
/* After SETTINGS were changed. */
void rig_configure(struct rig *r);

/* An instance of the service, in PUBLIC and the default group or as `group--name`; its owner's part
 * is PART. */
struct publication rig_at(const char *address, uint16_t port);
void rig_publish(struct rig *r, const char *service, const char *part, struct publication p);
/* The same through another protocol. */
void rig_publish_by(struct rig *r, enum face face, const char *service, const char *part,
                    struct publication p);
/* META: "key=value" or NULL. */
void rig_node(struct rig *r, const char *name, const char *address, const char *meta);
void rig_put_node(struct rig *r, const struct node *n);
/* PART empty: a check of the node. */
void rig_check(struct rig *r, const char *node, const char *part, enum status status);

/* The answer over CARRIER as dns_text says it, lent until the next call. */
const char *rig_answer(struct rig *r, const struct dns_ask *ask, enum dns_carrier carrier);
/* Over UDP, of 4,096 bytes by EDNS, without the line of the OPT record. */
const char *rig_ask(struct rig *r, const char *name, uint16_t type);
/* The bytes of the last answer. */
struct bytes rig_packet(const struct rig *r);
/* How often PART stands in TEXT. */
size_t rig_count(const char *text, const char *part);

#endif
