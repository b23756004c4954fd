/* random.h -- commands by chance, such that they often meet what stands. */
#ifndef TEST_CATALOG_MODEL_RANDOM_H
#define TEST_CATALOG_MODEL_RANDOM_H

#include "test/lib/dice.h"
#include "test/unit/catalog/model/model.h"

struct command_script random_command(struct dice *d, const struct model *m);

#endif
