/* wire/filter_scan.h -- the text of a filter under a cursor that remembers what an error tells.
 *
 * Clients see the errors of a backtracking parser: everything that was wanted at the furthest place
 * where something did not fit, or, if there are any, the faults that were met on the way, with the
 * rule that met them. So each step is taken in a rule's name, and going back forgets nothing. */
#ifndef WIRE_FILTER_SCAN_H
#define WIRE_FILTER_SCAN_H

#include "base/bytes.h"
#include "base/why.h"

/* What an error calls the rules. */
enum filter_rule {
    FILTER_RULE_NONE,
    FILTER_RULE_INPUT,
    FILTER_RULE_OR,
    FILTER_RULE_AND,
    FILTER_RULE_NOT,
    FILTER_RULE_GROUPING,
    FILTER_RULE_MATCH,
    FILTER_RULE_EQUAL,
    FILTER_RULE_NOT_EQUAL,
    FILTER_RULE_IS_EMPTY,
    FILTER_RULE_IS_NOT_EMPTY,
    FILTER_RULE_IN,
    FILTER_RULE_NOT_IN,
    FILTER_RULE_CONTAINS,
    FILTER_RULE_NOT_CONTAINS,
    FILTER_RULE_MATCHES,
    FILTER_RULE_NOT_MATCHES,
    FILTER_RULE_SELECTOR,
    FILTER_RULE_IDENTIFIER,
    FILTER_RULE_SEGMENT,
    FILTER_RULE_INDEX,
    FILTER_RULE_VALUE,
    FILTER_RULE_NUMBER,
    FILTER_RULE_AFTER_NUMBER,
    FILTER_RULE_DIGITS,
    FILTER_RULE_STRING,
    FILTER_RULE_RAW_CHARACTER,
    FILTER_RULE_CHARACTER,
    FILTER_RULE_SPACE,
    FILTER_RULE_END,
    FILTER_RULES
};

/* What can be wanted, in the order in which an error lists it. */
enum filter_want {
    FILTER_WANT_NOT_EQUAL,
    FILTER_WANT_OPEN,
    FILTER_WANT_CLOSE,
    FILTER_WANT_MINUS,
    FILTER_WANT_DOT,
    FILTER_WANT_ZERO,
    FILTER_WANT_EQUAL,
    FILTER_WANT_OPEN_INDEX,
    FILTER_WANT_QUOTE,
    FILTER_WANT_CLOSE_INDEX,
    FILTER_WANT_BACK_QUOTE,
    FILTER_WANT_AND,
    FILTER_WANT_CONTAINS,
    FILTER_WANT_EMPTY,
    FILTER_WANT_IN,
    FILTER_WANT_IS,
    FILTER_WANT_MATCHES,
    FILTER_WANT_NOT,
    FILTER_WANT_OR,
    FILTER_WANT_SPACE,
    FILTER_WANT_DIGIT,
    FILTER_WANT_NONZERO,
    FILTER_WANT_WORD,
    FILTER_WANT_LETTER,
    FILTER_WANT_END,
    FILTER_WANTS
};

enum { FILTER_FAULTS = 16 }; /* more than a sentence has room for */

struct filter_fault {
    const char *text; /* lives as long as the program */
    size_t at;
    enum filter_rule rule;
};

struct filter_scan {
    struct bytes text;
    size_t at;
    enum filter_rule rule; /* in whose name steps are taken */
    size_t furthest;       /* where something wanted was not found */
    uint32_t wanted;       /* there: a bit for each */
    struct filter_fault faults[FILTER_FAULTS];
    unsigned fault_n;
};

void filter_scan_init(struct filter_scan *s, struct bytes text);
/* Takes one of the fixed words and signs; false, and nothing is taken, if it is not there. */
bool filter_scan_word(struct filter_scan *s, enum filter_want word);
/* Takes one character of a class: SPACE, DIGIT, NONZERO, WORD, LETTER. */
bool filter_scan_class(struct filter_scan *s, enum filter_want class);
/* Takes one or more blanks. */
bool filter_scan_space(struct filter_scan *s);
/* Takes a character of RULE unless the text ends or BUT stands there. */
bool filter_scan_but(struct filter_scan *s, enum filter_rule rule, enum filter_want but);
/* True at the end of the text. */
bool filter_scan_end(struct filter_scan *s);
/* Notes a fault of the rule under way, once. */
void filter_scan_fault(struct filter_scan *s, const char *text, size_t at);
/* ERR_MALFORMED, with the faults or what was wanted in WHY. */
enum err filter_scan_why(const struct filter_scan *s, struct why *why);

#endif
