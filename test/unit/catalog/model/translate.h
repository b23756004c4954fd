/* translate.h -- scripts as commands of a real log, and a real store as the model's lines. */
#ifndef TEST_CATALOG_MODEL_TRANSLATE_H
#define TEST_CATALOG_MODEL_TRANSLATE_H

#include "test/lib/entries.h"
#include "test/unit/catalog/model/script.h"

/* Adds C to the entry in the making; ARENA until then. */
void translate_command(struct entries *e, const struct command_script *c, struct arena *arena);
/* Prints all rows of VIEW as model_print does. */
void translate_store(const struct view *view, struct arena *arena, struct buf *out);

#endif
