/* /v1/connect and /v1/agent/connect: the mesh's certificate authority.
 *
 * The root is made when somebody first asks for it. A leaf is made for who asks, with a key of its
 * own, and kept nowhere: it is gone from here when it is answered. */
#include <stdio.h>

#include "access/secret.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/areas.h"
#include "faces/consul/call/ask.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/mesh/connect.h"
#include "faces/consul/mesh/connect_root.h"
#include "wire/time_text.h"

/* -- roots ------------------------------------------------------------------------------------- */

static void add_time(struct json_writer *j, const char *name, uint64_t ms)
{
    char room[40];
    struct buf text = { .p = (uint8_t *)room, .room = sizeof room, .max = sizeof room };
    time_print(ms, &text);
    json_add_string(j, name, buf_bytes(&text));
}

static void put_root(struct json_writer *j, const struct ca_root *root,
                     const struct acl_stamp *stamp, const char *id, const char *key_id)
{
    char cluster[UUID_TEXT + 1];
    uuid_print(&root->cluster, cluster);
    json_open_object(j);
    json_add_str(j, "ID", id);
    json_add_str(j, "Name", "Consul CA Primary Cert");
    json_add_uint(j, "SerialNumber", root->cert.serial);
    json_add_str(j, "SigningKeyID", key_id);
    json_add_str(j, "ExternalTrustDomain", cluster);
    add_time(j, "NotBefore", root->cert.from_ms);
    add_time(j, "NotAfter", root->cert.until_ms);
    json_add_string(j, "RootCert", root->cert.pem);
    json_add_null(j, "IntermediateCerts");
    json_add_bool(j, "Active", true);
    json_add_str(j, "PrivateKeyType", "ec");
    json_add_uint(j, "PrivateKeyBits", 256);
    json_add_uint(j, "CreateIndex", stamp->create);
    json_add_uint(j, "ModifyIndex", stamp->modify);
    json_close_object(j);
}

static bool wants_pem(struct consul_call *c)
{
    struct bytes pem;
    return consul_param(c, "pem", &pem) && !bytes_is(pem, "false") && !bytes_is(pem, "0");
}

static void answer_roots(struct consul_call *c, const struct view *view)
{
    struct ca_root root;
    struct acl_stamp stamp;
    char id[CA_ID_TEXT], key_id[CA_ID_TEXT];
    struct buf domain;
    if (!connect_root(c, view, &root, &stamp))
        return;
    if (wants_pem(c)) {
        buf_put_bytes(consul_body(c), root.cert.pem);
        consul_answer_body(c, 200, "application/pem-certificate-chain");
        return;
    }
    enum err e = ca_fingerprint(root.cert.pem, id);
    if (e == OK)
        e = ca_key_id(root.cert.pem, key_id);
    if (e != OK) {
        consul_fail(c, e);
        return;
    }
    struct json_writer *j = consul_json(c);
    buf_init(&domain, 256);
    ca_trust_domain(&root, &domain);
    json_open_object(j);
    json_add_str(j, "ActiveRootID", id);
    json_add_string(j, "TrustDomain", buf_bytes(&domain));
    json_add_array(j, "Roots");
    put_root(j, &root, &stamp, id, key_id);
    json_close_array(j);
    json_close_object(j);
    buf_fini(&domain);
    consul_answer_json(c, 200);
}

static void handle_roots(struct consul_call *c)
{
    static const struct consul_query query = { connect_index, answer_roots };
    if (consul_grant_open(c))
        connect_with_root(c, &query);
}

/* -- leaves ------------------------------------------------------------------------------------ */

static void add_serial(struct json_writer *j, uint64_t serial)
{
    char text[3 * 8 + 1];
    size_t n = 0;
    bool begun = false;
    for (int shift = 56; shift >= 0; shift -= 8) {
        unsigned byte = (unsigned)(serial >> shift) & 0xff;
        begun |= byte != 0;
        if (begun)
            n += (size_t)snprintf(text + n, sizeof text - n, "%s%02x", n == 0 ? "" : ":", byte);
    }
    json_add_str(j, "SerialNumber", text);
}

static void put_leaf(struct consul_call *c, const struct ca_cert *leaf, struct bytes uri,
                     const struct acl_stamp *stamp)
{
    struct json_writer *j = consul_json(c);
    json_open_object(j);
    add_serial(j, leaf->serial);
    json_add_string(j, "CertPEM", leaf->pem);
    json_add_string(j, "PrivateKeyPEM", leaf->key_pem);
    json_add_string(j, "Service", c->rest);
    json_add_string(j, "ServiceURI", uri);
    add_time(j, "ValidAfter", leaf->from_ms);
    add_time(j, "ValidBefore", leaf->until_ms);
    json_add_uint(j, "CreateIndex", stamp->create);
    json_add_uint(j, "ModifyIndex", stamp->modify);
    json_close_object(j);
    secret_wipe((void *)(uintptr_t)leaf->key_pem.p, leaf->key_pem.n);
    consul_answer_json(c, 200);
}

static enum err sign_leaf(struct consul_call *c, const struct view *view,
                          const struct ca_root *root, struct bytes uri, struct ca_cert *ret)
{
    uint8_t entropy[CA_ENTROPY_BYTES];
    uint64_t ttl_ms;
    enum err e = connect_leaf_ttl(view, consul_arena(c), &ttl_ms);
    if (e != OK)
        return e;
    struct ca_terms terms = connect_terms(entropy, ttl_ms);
    if (terms.until_ms > root->cert.until_ms)
        terms.until_ms = root->cert.until_ms;
    e = ca_sign(root, &terms, uri, consul_arena(c), ret);
    secret_wipe(entropy, sizeof entropy);
    return e;
}

static void answer_leaf(struct consul_call *c, const struct view *view)
{
    struct ca_root root;
    struct acl_stamp stamp;
    struct ca_cert leaf;
    struct buf text;
    if (!connect_root(c, view, &root, &stamp))
        return;
    buf_init(&text, CA_PEM_MAX);
    ca_service_uri(&root, bytes_str(c->face->self.datacenter), c->rest, &text);
    struct bytes uri = arena_dup(consul_arena(c), buf_bytes(&text));
    buf_fini(&text);
    enum err e = sign_leaf(c, view, &root, uri, &leaf);
    if (e == ERR_INVALID)
        consul_refuse_text(c, 400, "a certificate cannot be made for %s",
                           consul_quoted(c, c->rest));
    else if (e != OK)
        consul_fail(c, e);
    else
        put_leaf(c, &leaf, uri, &stamp);
}

static void handle_leaf(struct consul_call *c)
{
    static const struct consul_query query = { connect_index, answer_leaf };
    if (c->rest.n == 0)
        consul_refuse_text(c, 400, "Missing service name");
    else if (consul_grant(c, ACCESS_WRITE, ACCESS_SERVICE, c->rest))
        connect_with_root(c, &query);
}

/* -- the routes -------------------------------------------------------------------------------- */

static const struct consul_route routes[] = {
    { .method = "GET",
      .path = "/v1/connect/ca/roots",
      .handle = handle_roots,
      .flags = CONSUL_INDEXED | CONSUL_BLOCKS,
      .access = "",
      .parameters = "pem",
      .does = "the one root; it is made when somebody first asks",
      .test = "test_connect root_is_made_once_and_shown_by_both_routes" },
    { .method = "GET",
      .path = "/v1/connect/ca/configuration",
      .handle = connect_get_config,
      .flags = CONSUL_INDEXED,
      .access = "operator:write",
      .does = "provider consul and its configuration",
      .test = "test_connect configuration_says_how_long_leaves_live" },
    { .method = "PUT",
      .path = "/v1/connect/ca/configuration",
      .handle = connect_put_config,
      .access = "operator:write",
      .does = "LeafCertTTL holds, 1 h to 8760 h; the rest is kept and shown; no other provider",
      .test = "test_connect configuration_says_how_long_leaves_live" },
    { .method = "GET",
      .path = "/v1/agent/connect/ca/roots",
      .handle = handle_roots,
      .flags = CONSUL_INDEXED | CONSUL_BLOCKS | CONSUL_LOCAL,
      .access = "",
      .parameters = "pem",
      .does = "the same",
      .test = "test_connect root_is_made_once_and_shown_by_both_routes" },
    { .method = "GET",
      .path = "/v1/agent/connect/ca/leaf/",
      .handle = handle_leaf,
      .flags = CONSUL_INDEXED | CONSUL_BLOCKS | CONSUL_LOCAL,
      .access = "service:write",
      .does = "a certificate with a key of its own each time; kept nowhere",
      .test = "test_connect each_leaf_has_a_key_of_its_own" },
    { .method = "POST",
      .path = "/v1/agent/connect/authorize",
      .handle = connect_authorize,
      .flags = CONSUL_LOCAL,
      .access = "service:write",
      .does = "whether a certificate may connect to a service, by the first intention about both, "
              "else as the ACL default says",
      .test = "test_connect who_may_connect_is_what_intentions_say" },
};

const struct consul_area consul_connect_area = { "connect", routes, ARRAY_LEN(routes) };
