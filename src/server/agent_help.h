/* server/agent_help.h -- what `muster agent` takes, for a terminal and as a page. */
#ifndef SERVER_AGENT_HELP_H
#define SERVER_AGENT_HELP_H

/* Both on standard output. */
void agent_help(void);
void agent_page(void);

#endif
