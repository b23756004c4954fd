#include "faces/consul/rows/lan.h"

#include "faces/consul/rows/extras.h"

void consul_lan_addresses(struct bytes extras, struct arena *arena, struct bytes *ret_v4,
                          struct bytes *ret_v6)
{
    struct consul_extras x;
    *ret_v4 = *ret_v6 = bytes_str("");
    if (extras.n == 0 || consul_extras_read(extras, arena, &x) != OK)
        return; /* damage is said by who shows the whole row */
    for (size_t i = 0; i < x.tagged_n; i++) {
        if (bytes_is(x.tagged[i].name, "lan_ipv4"))
            *ret_v4 = x.tagged[i].address;
        else if (bytes_is(x.tagged[i].name, "lan_ipv6"))
            *ret_v6 = x.tagged[i].address;
    }
}
