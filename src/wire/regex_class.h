/* wire/regex_class.h -- sets of characters in a regular expression: `[a-z]`, `\d`, `\p{Greek}`. */
#ifndef WIRE_REGEX_CLASS_H
#define WIRE_REGEX_CLASS_H

#include "wire/regex_reader.h"

/* Takes the class that begins here with its bracket and writes it. */
MUST_CHECK enum err regex_class_translate(struct regex_reader *in);
/* True if `\p` or `\P` stands here. */
bool regex_property_stands(const struct regex_reader *in);
/* Takes it with its name and writes it, in or outside of a class. */
MUST_CHECK enum err regex_property_translate(struct regex_reader *in);
/* Takes `\d`, `\s`, `\w` or their opposites, and gives what to write between brackets; NULL, and
 * nothing is taken, if none stands here. */
const char *regex_take_perl_class(struct regex_reader *in);

#endif
