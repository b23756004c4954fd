/* disk/log_entry.h -- what the log keeps: numbered entries and the hard state. */
#ifndef DISK_LOG_ENTRY_H
#define DISK_LOG_ENTRY_H

#include "base/bytes.h"

enum log_entry_kind { LOG_ENTRY_COMMANDS = 0, LOG_ENTRY_MEMBERSHIP = 2 };

struct log_entry {
    uint64_t index, term;
    enum log_entry_kind kind;
    struct bytes payload;
};

struct log_hard { /* what must survive a crash beside the entries */
    uint64_t term, vote, commit;
};

#endif
