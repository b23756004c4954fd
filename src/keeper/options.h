/* keeper/options.h -- what a keeper is started with. */
#ifndef KEEPER_OPTIONS_H
#define KEEPER_OPTIONS_H

#include <stdint.h>

enum auto_compaction {
    AUTO_COMPACTION_DEFAULT /* 24 h and half of the limit */,
    AUTO_COMPACTION_PERIODIC,
    AUTO_COMPACTION_REVISION
};

struct keeper_options {
    enum auto_compaction mode;    /* of ETCD */
    uint64_t retention_ms;        /* PERIODIC */
    uint64_t retention_revisions; /* REVISION */
    uint64_t quota_bytes;         /* of ETCD's tables */
};

#endif
