#include "faces/dns/ip.h"

#include <arpa/inet.h>

enum { TEXT_MAX = 64 };

struct ip ip_parse(struct bytes text)
{
    char copy[TEXT_MAX];
    struct ip ip = { .n = 0 };
    if (text.n == 0 || text.n >= sizeof copy || memchr(text.p, 0, text.n) != NULL)
        return ip;
    memcpy(copy, text.p, text.n);
    copy[text.n] = 0;
    if (inet_pton(AF_INET, copy, ip.p) == 1)
        ip.n = 4;
    else if (inet_pton(AF_INET6, copy, ip.p) == 1)
        ip.n = 16;
    return ip;
}

void ip_put_label(const struct ip *ip, struct dname *d)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t label[2 * sizeof ip->p];
    for (size_t i = 0; i < ip->n; i++) {
        label[2 * i] = (uint8_t)digits[ip->p[i] >> 4];
        label[2 * i + 1] = (uint8_t)digits[ip->p[i] & 15];
    }
    dname_put_label(d, bytes_of(label, 2 * ip->n));
}
