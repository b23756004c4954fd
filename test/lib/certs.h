/* test/lib/certs.h -- certificates made at test time, in a temporary directory. */
#ifndef TEST_LIB_CERTS_H
#define TEST_LIB_CERTS_H

struct certs {
    char *dir;
    char ca[128], ca_key[128];         /* an authority */
    char server[128], server_key[128]; /* signed by it: localhost, 127.0.0.1 */
    char client[128], client_key[128]; /* signed by it: common name "client" */
    char rogue[128], rogue_key[128];   /* the same names, signed by themselves */
};

/* Ends the process with a sentence if it cannot. */
void certs_make(struct certs *c);
/* A new certificate and key for the server, into its files. */
void certs_renew_server(struct certs *c);
void certs_remove(struct certs *c);

#endif
