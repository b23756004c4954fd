#include "net/grpc_frame.h"

enum err grpc_frame_read(struct bytes in, size_t length_max, struct grpc_frame *ret)
{
    *ret = (struct grpc_frame){ .whole_n = GRPC_PREFIX };
    if (in.n < GRPC_PREFIX)
        return ERR_TRUNCATED;
    ret->flag = in.p[0];
    ret->length = (uint32_t)in.p[1] << 24 | (uint32_t)in.p[2] << 16 | (uint32_t)in.p[3] << 8 |
                  (uint32_t)in.p[4];
    if (ret->length > length_max)
        return ERR_TOO_BIG;
    if (ret->flag > 1)
        return ERR_MALFORMED;
    ret->whole_n = (size_t)ret->length + GRPC_PREFIX;
    if (in.n < ret->whole_n)
        return ERR_TRUNCATED;
    ret->payload = bytes_of(in.p + GRPC_PREFIX, ret->length);
    return OK;
}

void grpc_frame_write_prefix(uint8_t at[GRPC_PREFIX], uint8_t flag, size_t n)
{
    at[0] = flag;
    at[1] = (uint8_t)(n >> 24);
    at[2] = (uint8_t)(n >> 16);
    at[3] = (uint8_t)(n >> 8);
    at[4] = (uint8_t)n;
}
