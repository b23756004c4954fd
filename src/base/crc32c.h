/* base/crc32c.h -- CRC-32C (Castagnoli), with the processor's instruction where there is one. */
#ifndef BASE_CRC32C_H
#define BASE_CRC32C_H

#include "base/bytes.h"

/* Continues from SEED (0 to begin); the usual inversion is inside, so calls chain. */
uint32_t crc32c(uint32_t seed, struct bytes bytes);
/* The same without the instruction: what other processors run, here to be compared with. */
uint32_t crc32c_portable(uint32_t seed, struct bytes bytes);

#endif
