/* server/agent.h -- `muster agent`: started as Consul's agent is; and as a program called `consul`.
 */
#ifndef SERVER_AGENT_H
#define SERVER_AGENT_H

/* The verb; ARGV are its flags. Returns the exit code. */
int agent_main(int argc, char **argv);
/* All of a command line whose program is called `consul`. */
int agent_as_consul(int argc, char **argv);

#endif
