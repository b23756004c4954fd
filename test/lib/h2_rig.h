/* test/lib/h2_rig.h -- one HTTP/2 connection at a time, server's end, in this thread: for fuzzing.
 *
 * The service "f.F" has U (unary: echoes), B (bidi: echoes), S (server stream: the message three
 * times), C (client stream: counts), P (bidi: pauses at every message and goes on a turn later) and
 * E (unary: fails). Plain requests are echoed. The rig checks that each call is closed exactly once
 * and that nothing is left of a connection. */
#ifndef TEST_LIB_H2_RIG_H
#define TEST_LIB_H2_RIG_H

#include "base/bytes.h"

/* Opens a connection, with the client's preface and empty SETTINGS sent. */
void h2_rig_open(void);
/* Sends and lets the server act; what it answers is dropped. */
void h2_rig_send(struct bytes bytes);
/* Closes it and checks what is left. */
void h2_rig_close(void);
/* Of messages handed up since the connection was opened: how many, and a sum of their bytes. */
unsigned h2_rig_messages(void);
uint64_t h2_rig_sum(void);
uint64_t h2_rig_add(uint64_t sum, struct bytes message); /* how the sum is made; begins with 0 */

#endif
