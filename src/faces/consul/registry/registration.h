/* faces/consul/registry/registration.h -- a service that an agent is asked to register: its body,
 * checked and made into what is written. Nothing here answers. */
#ifndef FACES_CONSUL_REGISTRY_REGISTRATION_H
#define FACES_CONSUL_REGISTRY_REGISTRATION_H

#include "faces/consul/registry/body.h"
#include "faces/consul/registry/edit.h"
#include "faces/consul/rows/rows.h"

struct consul_new_check {
    const struct consul_check_body *body;
    struct check_extras extras;
    struct bytes id, name;
};

struct consul_registration {
    struct consul_service_body body;
    struct consul_instance instance;
    struct consul_new_check *checks;
    size_t check_n;
    bool replaces_checks; /* those that are not among them go */
    bool runs_scripts;    /* checks may be programs */
};

/* From the body, defaults filled in: instance and checks. ERR_INVALID with Consul's sentence, for
 * 400; ERR_DENIED with another, for 500. All lies in ARENA. */
MUST_CHECK enum err consul_registration_make(struct consul_registration *r, struct arena *arena,
                                             struct why *why);
/* Adds what is to be written. Checks that stood under the same ids BEFORE keep their status and
 * output. ERR_INVALID. */
MUST_CHECK enum err consul_registration_edit(const struct consul_registration *r,
                                             const struct consul_place *place,
                                             const struct consul_check_list *before,
                                             struct consul_edit *edit, struct why *why);

#endif
