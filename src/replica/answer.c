/* Answers go back through the asker's mailbox. */
#include "replica/answer.h"

#include <unistd.h>

#include "base/log.h"

static void deliver_answer(struct mail *mail)
{
    struct proposal *p = CONTAINER_OF(mail, struct proposal, mail);
    p->done(p);
}

void proposal_answer(struct proposal *p, enum err e)
{
    p->err = e;
    p->mail.deliver = deliver_answer;
    mailbox_send(p->reply_to, &p->mail);
}

void replica_fatal(const char *what, const struct why *why, enum err e)
{
    log_error("replica: ends now, %s: %s (%s)", what,
              why != NULL && why->text[0] != 0 ? why->text : "no more is known", err_text(e));
    _exit(70);
}
