/* catalog/key_read.h -- the parts of the keys that key.h makes. What is given back is lent by the
 * key. */
#ifndef CATALOG_KEY_READ_H
#define CATALOG_KEY_READ_H

#include "catalog/key.h"

/* The owner of a publication's key, lent; its name is folded. ERR_MALFORMED. */
MUST_CHECK enum err publication_key_owner(struct bytes key, struct owner *ret);
/* The service in a publication's key, lent and folded. ERR_MALFORMED. */
MUST_CHECK enum err publication_key_service(struct bytes key, struct service_id *ret);
/* The owner in what follows at_place_prefix, lent; its name is folded. ERR_MALFORMED. */
MUST_CHECK enum err at_place_key_owner(struct bytes rest, struct owner *ret);
/* The owner in what follows from_node_prefix, without its name, lent. ERR_MALFORMED. */
MUST_CHECK enum err from_node_key_owner(struct bytes rest, struct owner *ret);
/* The parts of a check's key, lent and folded. ERR_MALFORMED. */
MUST_CHECK enum err check_key_read(struct bytes key, struct check_id *ret);
/* What an overlay is laid over, lent from what follows overlay_prefix in its key; the address is
 * folded. ERR_MALFORMED. */
MUST_CHECK enum err overlay_key_place(struct bytes rest, struct bytes *ret_address,
                                      uint16_t *ret_port, struct bytes *ret_cluster);
/* The namespace, lent, and the session in a key of x; the session in one of b. ERR_MALFORMED. */
MUST_CHECK enum err session_key_read(struct bytes key, struct bytes *ret_ns, struct uuid *ret);
MUST_CHECK enum err bound_key_session(struct bytes key, struct uuid *ret);
/* The age in a key of e, and Consul's key, lent. ERR_MALFORMED. */
MUST_CHECK enum err lock_delay_end_key_read(struct bytes key, uint64_t *ret_until_ms,
                                            struct bytes *ret);
/* The number in a key of v. ERR_MALFORMED. */
MUST_CHECK enum err user_event_key_number(struct bytes key, uint64_t *ret);

#endif
