/* Edit distance with swaps of neighbours, against every name that is offered. */
#include "server/nearest.h"

enum { NAME_MAX_BYTES = 63, FAR = NAME_MAX_BYTES + 1 };

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Letters changed, left out, put in, or swapped with a neighbour; names are short. */
static size_t distance(struct bytes a, struct bytes b)
{
    size_t rows[3][NAME_MAX_BYTES + 1]; /* of the last three letters of A, in turn */
    if (a.n > NAME_MAX_BYTES || b.n > NAME_MAX_BYTES)
        return FAR;
    for (size_t k = 0; k <= b.n; k++)
        rows[0][k] = k;
    for (size_t i = 1; i <= a.n; i++) {
        size_t *row = rows[i % 3], *last = rows[(i - 1) % 3], *before = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t k = 1; k <= b.n; k++) {
            row[k] = smaller(last[k], row[k - 1]) + 1;
            row[k] = smaller(row[k], last[k - 1] + (a.p[i - 1] != b.p[k - 1]));
            if (i > 1 && k > 1 && a.p[i - 1] == b.p[k - 2] && a.p[i - 2] == b.p[k - 1])
                row[k] = smaller(row[k], before[k - 2] + 1);
        }
    }
    return rows[a.n % 3][b.n];
}

/* How far a slip of the finger leads: short names have many neighbours. */
static size_t slip_max(struct bytes name)
{
    return name.n < 5 ? 1 : name.n < 8 ? 2 : 3;
}

struct nearest nearest_begin(struct bytes typed)
{
    return (struct nearest){ .typed = typed, .least = slip_max(typed) + 1 };
}

void nearest_offer(struct nearest *n, const char *name)
{
    size_t d = distance(n->typed, bytes_str(name));
    if (d >= n->least)
        return;
    n->least = d;
    n->best = name;
}
