/* grpc.reflection.v1 and v1alpha (the same messages): which services the listener has, and the
 * files that describe them.
 *
 *   request   host 1, file_by_filename 3, file_containing_symbol 4, file_containing_extension 5,
 *             all_extension_numbers_of_type 6, list_services 7
 *   response  valid_host 1, original_request 2, file_descriptor_response 4 { file 1 },
 *             list_services_response 6 { service 1 { name 1 } },
 *             error_response 7 { error_code 1, error_message 2 }
 *
 * A file is answered with all that it imports. There are no extensions here. */
#include "net/grpc_call.h"
#include "net/grpc_routes.h"
#include "net/grpc_symbols.h"
#include "net/serve.h"
#include "net/server.h"
#include "wire/pb.h"

enum { FILES_MAX = 256 };

enum ask {
    ASK_FILE = 3,
    ASK_SYMBOL = 4,
    ASK_EXTENSION = 5,
    ASK_EXTENSION_NUMBERS = 6,
    ASK_SERVICES = 7
};
enum { REPLY_HOST = 1, REPLY_REQUEST = 2, REPLY_FILES = 4, REPLY_SERVICES = 6, REPLY_ERROR = 7 };

struct request {
    struct bytes host, argument;
    uint32_t ask; /* 0: none */
};

/* -- files ------------------------------------------------------------------------------------- */

struct files {
    const struct grpc_file *all[FILES_MAX];
    size_t n;
};

static void add_file(struct files *files, const struct grpc_file *file)
{
    for (size_t i = 0; i < files->n; i++)
        if (files->all[i] == file)
            return;
    if (files->n < FILES_MAX)
        files->all[files->n++] = file;
}

/* Adds what the files from FROM on import, and what that imports. */
static void add_imports(struct files *files, size_t from)
{
    for (size_t i = from; i < files->n; i++) {
        const struct grpc_file *const *import = files->all[i]->imports;
        for (; import != NULL && *import != NULL; import++)
            add_file(files, *import);
    }
}

static void find_files(struct grpc_call *call, struct files *files)
{
    const struct grpc_service *const *s = grpc_routes_services(grpc_call_serve(call)->routes);
    files->n = 0;
    for (; *s != NULL; s++)
        if ((*s)->file != NULL)
            add_file(files, (*s)->file);
    add_imports(files, 0);
}

static bool is_asked_for(const struct grpc_file *file, const struct request *r)
{
    if (r->ask == ASK_FILE)
        return bytes_is(r->argument, file->name);
    return grpc_file_defines(bytes_of(file->descriptor, file->descriptor_n), r->argument);
}

static const struct grpc_file *find_file(struct grpc_call *call, const struct request *r)
{
    struct files files;
    find_files(call, &files);
    for (size_t i = 0; i < files.n; i++)
        if (is_asked_for(files.all[i], r))
            return files.all[i];
    return NULL;
}

/* -- answers ----------------------------------------------------------------------------------- */

static void put_error(struct buf *out, enum grpc_status code, const char *text)
{
    size_t error = pb_open(out, REPLY_ERROR);
    pb_put_uint(out, 1, code);
    pb_put_bytes(out, 2, bytes_str(text));
    pb_close(out, error);
}

static void put_file(struct buf *out, const struct grpc_file *file)
{
    struct files files = { .all = { file }, .n = 1 };
    add_imports(&files, 0);
    size_t reply = pb_open(out, REPLY_FILES);
    for (size_t i = 0; i < files.n; i++)
        pb_put_bytes_always(out, 1, bytes_of(files.all[i]->descriptor, files.all[i]->descriptor_n));
    pb_close(out, reply);
}

static void put_services(struct grpc_call *call, struct buf *out)
{
    const struct grpc_service *const *s = grpc_routes_services(grpc_call_serve(call)->routes);
    size_t reply = pb_open(out, REPLY_SERVICES);
    for (; *s != NULL; s++) {
        size_t service = pb_open(out, 1);
        pb_put_bytes(out, 1, bytes_str((*s)->name));
        pb_close(out, service);
    }
    pb_close(out, reply);
}

static void put_answer(struct grpc_call *call, struct buf *out, const struct request *r)
{
    const struct grpc_file *file;
    switch (r->ask) {
    case ASK_FILE:
    case ASK_SYMBOL:
        file = find_file(call, r);
        if (file != NULL)
            put_file(out, file);
        else
            put_error(out, GRPC_NOT_FOUND, "proto: not found");
        break;
    case ASK_SERVICES:
        put_services(call, out);
        break;
    default:
        put_error(out, GRPC_NOT_FOUND, "proto: not found");
        break;
    }
}

static bool read_request(struct bytes message, struct request *ret)
{
    struct pb_field f;
    *ret = (struct request){ 0 };
    enum err e = pb_next(&message, &f);
    for (; e == OK; e = pb_next(&message, &f)) {
        if (f.wire != PB_LEN)
            continue;
        if (f.number == 1) {
            ret->host = f.bytes;
        } else if (f.number >= ASK_FILE && f.number <= ASK_SERVICES) {
            ret->ask = f.number;
            ret->argument = f.bytes;
        }
    }
    return e == ERR_NOT_FOUND;
}

static void answer(struct grpc_call *call, struct bytes message)
{
    struct request r;
    if (!read_request(message, &r)) {
        grpc_call_finish(call, GRPC_INTERNAL, "grpc: error unmarshalling request: unexpected EOF");
        return;
    }
    if (r.ask == 0) {
        grpc_call_finish(call, GRPC_INVALID_ARGUMENT, "invalid MessageRequest: <nil>");
        return;
    }
    struct buf *out = grpc_call_begin(call);
    pb_put_bytes(out, REPLY_HOST, r.host);
    pb_put_bytes_always(out, REPLY_REQUEST, message);
    put_answer(call, out, &r);
    if (grpc_call_end(call) != OK)
        grpc_call_finish(call, GRPC_RESOURCE_EXHAUSTED,
                         "grpc: trying to send message larger than max");
    else if (grpc_call_pending(call) > CONN_OUT_HIGH)
        grpc_call_pause(call);
}

static void end(struct grpc_call *call)
{
    grpc_call_finish(call, GRPC_OK, NULL);
}

static const struct grpc_method methods[] = {
    { .name = "ServerReflectionInfo",
      .kind = GRPC_BIDI_STREAM,
      .message = answer,
      .half_closed = end,
      .drained = grpc_call_resume },
};

const struct grpc_service grpc_reflection_service = { .name = "grpc.reflection.v1.ServerReflection",
                                                      .methods = methods,
                                                      .method_n = ARRAY_LEN(methods) };
const struct grpc_service grpc_reflection_alpha_service = {
    .name = "grpc.reflection.v1alpha.ServerReflection",
    .methods = methods,
    .method_n = ARRAY_LEN(methods)
};
