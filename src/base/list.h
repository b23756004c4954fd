/* base/list.h -- a doubly linked ring through a link inside each object. */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>

#include "base/compiler.h"

struct list {
    struct list *prev, *next; /* of an object that is in no list: itself, or both NULL */
};

static inline void list_init(struct list *head)
{
    head->prev = head->next = head;
}

static inline bool list_is_empty(const struct list *head)
{
    return head->next == head;
}

/* True if the link is in a list (list_init or zero before). */
static inline bool list_is_linked(const struct list *link)
{
    return link->next != NULL && link->next != link;
}

/* Puts LINK before AT: at the end, when AT is the head. */
static inline void list_insert(struct list *at, struct list *link)
{
    link->prev = at->prev;
    link->next = at;
    at->prev->next = link;
    at->prev = link;
}

static inline void list_append(struct list *head, struct list *link)
{
    list_insert(head, link);
}

static inline void list_prepend(struct list *head, struct list *link)
{
    list_insert(head->next, link);
}

/* Takes LINK out of its list; harmless if it is in none. */
static inline void list_remove(struct list *link)
{
    if (link->next != NULL) {
        link->prev->next = link->next;
        link->next->prev = link->prev;
    }
    link->prev = link->next = link;
}

/* Moves all of FROM to the end of TO and leaves FROM empty. */
static inline void list_splice(struct list *to, struct list *from)
{
    if (list_is_empty(from))
        return;
    from->next->prev = to->prev;
    from->prev->next = to;
    to->prev->next = from->next;
    to->prev = from->prev;
    list_init(from);
}

/* The object around the first link, or NULL. */
#define LIST_FIRST(head, type, member) \
    (list_is_empty(head) ? NULL : CONTAINER_OF((head)->next, type, member))

/* Runs over the links; the current one may be removed in the body. */
#define LIST_FOR_EACH(link, head)                                                     \
    for (struct list *link = (head)->next, *link##_next = link->next; link != (head); \
         link = link##_next, link##_next = link->next)

#endif
