/* faces/dns/limit.h -- how many answers a network of clients gets: a bucket of tokens each.
 *
 * A UDP packet's sender may be a lie, and the answer an attack on whom it names. Above the limit a
 * client is told to come by TCP, in an answer no larger than its query. Pure: time is an argument.
 */
#ifndef FACES_DNS_LIMIT_H
#define FACES_DNS_LIMIT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct dns_limit;

/* RATE: answers a second to a network (IPv4 /24, IPv6 /56), and how many at once after a pause. */
struct dns_limit *dns_limit_new(uint64_t rate);
void dns_limit_free(struct dns_limit *l);
/* True if who asks from FROM (IPv4 or IPv6) is to be answered now; takes a token. */
bool dns_limit_take(struct dns_limit *l, const struct sockaddr *from, uint64_t now_ms);

#endif
