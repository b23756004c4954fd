/* net/grpc_text.h -- what gRPC writes into headers. */
#ifndef NET_GRPC_TEXT_H
#define NET_GRPC_TEXT_H

#include "base/arena.h"
#include "base/err.h"

/* "100m", "5S": at most 8 digits and a unit of H M S m u n; in nanoseconds, UINT64_MAX if it does
 * not fit. ERR_MALFORMED. */
MUST_CHECK enum err grpc_timeout_parse(struct bytes text, uint64_t *ret_ns);
/* MESSAGE as grpc-message carries it: percent-encoded where it has to be, else itself. */
struct bytes grpc_message_encode(struct arena *a, const char *message);
/* True for "application/grpc" alone or with "+..." or ";..." behind it. */
bool grpc_content_type_is_grpc(struct bytes content_type);
/* TEXT between double quotes, as Go's %q writes it. */
char *grpc_quote(struct arena *a, struct bytes text);
/* NAME is among the comma-separated LIST. */
bool grpc_list_has(struct bytes list, const char *name);

#endif
