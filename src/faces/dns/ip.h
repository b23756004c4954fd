/* faces/dns/ip.h -- addresses: as text, as bytes, as a label in hexadecimal. */
#ifndef FACES_DNS_IP_H
#define FACES_DNS_IP_H

#include "faces/dns/dname.h"

struct ip {
    uint8_t p[16];
    size_t n; /* 4 or 16; 0: none */
};

/* N is 0 for what is no address. */
struct ip ip_parse(struct bytes text);
static inline struct bytes ip_bytes(const struct ip *ip)
{
    return bytes_of(ip->p, ip->n);
}
/* Appends the label by which `addr` names say an address: 8 or 32 digits. */
void ip_put_label(const struct ip *ip, struct dname *d);

#endif
