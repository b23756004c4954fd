/* replica/lease_port.h -- how io threads reach the lease clock, without knowing who keeps it.
 *
 * The keeper fills the port before replica_start; the hub sends through it. Renewals are collected
 * by an io thread for one turn and travel as one mail. */
#ifndef REPLICA_LEASE_PORT_H
#define REPLICA_LEASE_PORT_H

#include "loop/mailbox.h"
#include "store/command.h"

enum lease_answer { LEASE_ANSWER_OK, LEASE_ANSWER_GONE, LEASE_ANSWER_NOT_LEADER };

struct lease_question {
    int64_t id;
    enum face face;
    bool renew; /* else only asks */
    enum lease_answer answer;
    uint64_t ttl_ms; /* as granted */
    uint64_t remaining_ms;
    void *asker; /* of the hub's */
};

struct replica;

struct lease_questions { /* one turn's worth, in order */
    struct mail mail;
    struct replica *replica; /* internal */
    struct mailbox *reply_to;
    void (*done)(struct lease_questions *take); /* all are answered; on the asker's thread */
    void *asker;
    size_t n, answered_n;
    struct lease_question *questions; /* mem_alloc'd; the asker frees */
};

/* Sends; DONE comes back. Any thread. ERR through every question's answer when nobody keeps leases.
 */
void lease_port_send(struct replica *r, struct lease_questions *take_until_done);
/* The keeper's side: called on core's thread for each mail; answers by lease_port_answer. */
void lease_port_serve(struct replica *r, void (*serve)(void *ctx, struct lease_questions *take),
                      void *ctx);
void lease_port_answer(struct lease_questions *take);
/* Every io thread reports one full round over its sockets (after a long turn of core's); the keeper
 * asks with a new round number and reads the smallest. */
void lease_port_rounds_begin(struct replica *r);
bool lease_port_rounds_done(struct replica *r);

#endif
