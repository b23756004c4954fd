/* base/err.h -- every way in which a function can fail. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

/* clang-format off */
#define ERR_LIST(X)                                                     \
    /* bytes and formats */                                             \
    X(ERR_TRUNCATED,      "input ends too early")                       \
    X(ERR_MALFORMED,      "input breaks the format")                    \
    X(ERR_TOO_BIG,        "over a configured limit")                    \
    X(ERR_VERSION,        "a format version this build does not know")  \
    X(ERR_DAMAGED,        "stored data is damaged")                     \
    X(ERR_INVALID,        "an argument makes no sense")                 \
    /* disk and system */                                               \
    X(ERR_IO,             "input/output error")                         \
    X(ERR_NO_SPACE,       "no space left")                              \
    X(ERR_LOCKED,         "in use by another process")                  \
    X(ERR_SYSTEM,         "the operating system refused")               \
    X(ERR_ADDRESS_IN_USE, "address already in use")                     \
    /* store */                                                         \
    X(ERR_NOT_FOUND,      "not found")                                  \
    X(ERR_EXISTS,         "exists already")                             \
    X(ERR_COMPACTED,      "revision has been compacted")                \
    X(ERR_FUTURE,         "revision is in the future")                  \
    X(ERR_KEY_NOT_FOUND,  "key not found")                              \
    X(ERR_LEASE_NOT_FOUND,"lease not found")                            \
    X(ERR_LEASE_EXISTS,   "lease exists already")                       \
    X(ERR_LEASE_MOVED,    "lease is no longer in that stage")           \
    X(ERR_RULES,          "apply rules newer than this build")          \
    X(ERR_REFUSED,        "an operation of the command is refused")     \
    X(ERR_PROJECTED,      "the key shows an instance of another protocol") \
    X(ERR_CHECK_AGAIN,    "policy or key set moved; check again")       \
    /* asking and waiting */                                            \
    X(ERR_AGAIN,          "not now, ask again")                         \
    X(ERR_BUSY,           "too much is waiting already")                \
    X(ERR_NOT_LEADER,     "another member leads")                       \
    X(ERR_UNKNOWN_OUTCOME,"it may or may not have happened")            \
    X(ERR_STOPPING,       "the server is stopping")                     \
    X(ERR_DEADLINE,       "deadline passed")                            \
    X(ERR_CANCELED,       "canceled by its asker")                      \
    X(ERR_CLOSED,         "connection closed")                          \
    X(ERR_UNIMPLEMENTED,  "not implemented")                            \
    /* access */                                                        \
    X(ERR_DENIED,         "permission denied")                          \
    X(ERR_UNAUTHENTICATED,"not authenticated")                          \
    X(ERR_QUOTA,          "database space exceeded")
/* clang-format on */

enum err {
    OK = 0,
#define X(name, text) name,
    ERR_LIST(X)
#undef X
};

/* The fixed sentence of E; "ok" for OK. */
const char *err_text(enum err e);

#endif
