/* What the whole folder draws on. */
#include "faces/consul/call/core.h"

uint64_t consul_random(struct consul_face *face)
{
    uint64_t z = face->random += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}
