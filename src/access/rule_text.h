/* access/rule_text.h -- rules as Consul's policies write them, in HCL or JSON.
 *
 *     key_prefix "app/" { policy = "write" }     service "web" { policy = "read" intentions =
 * "deny" } operator = "read"
 */
#ifndef ACCESS_RULE_TEXT_H
#define ACCESS_RULE_TEXT_H

#include "access/rule.h"
#include "base/why.h"

/* Adds the rules of TEXT to OUT, all from SOURCE, or none: ERR_MALFORMED if it does not parse or
 * says a thing twice, ERR_INVALID if a level does not exist, ERR_TOO_BIG; WHY then begins with
 * Consul's words. Words that name no kind are ignored, as Consul does. A service's rule without
 * `intentions` implies that they may be read where the service may. */
MUST_CHECK enum err rule_text_read(struct bytes text, struct bytes source, struct access_rules *out,
                                   struct why *why);

#endif
