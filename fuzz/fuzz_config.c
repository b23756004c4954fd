/* Any bytes as the options of `muster serve`: what is taken lies within the table's bounds, what is
 * refused is refused with a sentence, and reading again gives the same.
 *
 * The input is cut at zero bytes: first the file, then variables of the environment (a piece that
 * begins with '$', without it) and arguments. What would name another file is left out. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "server/config_read.h"
#include "server/config_table.h"
#include "wire/duration.h"
#include "wire/yaml_flat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PIECES_MAX = 32, PATH_BYTES = 64 };

struct input {
    struct bytes file;
    char *text; /* the pieces, each ended */
    char *arguments[PIECES_MAX + 1], *variables[PIECES_MAX + 1];
    int argument_n, variable_n;
};

/* True if PIECE could open a file that is not ours. */
static bool names_a_file(const char *piece)
{
    return strstr(piece, "config") != NULL || strstr(piece, "CONFIG") != NULL;
}

static void add_piece(struct input *in, char *piece)
{
    if (names_a_file(piece))
        return;
    if (piece[0] == '$' && in->variable_n < PIECES_MAX)
        in->variables[in->variable_n++] = piece + 1;
    else if (piece[0] != '$' && in->argument_n < PIECES_MAX)
        in->arguments[in->argument_n++] = piece;
}

static void cut(struct input *in, const uint8_t *data, size_t size)
{
    const uint8_t *end = size == 0 ? NULL : memchr(data, 0, size);
    size_t file_n = end == NULL ? size : (size_t)(end - data);
    *in = (struct input){ .file = bytes_of(data, file_n), .text = malloc(size + 1) };
    in->argument_n = 1; /* the first names the file: none before it can take it for its value */
    if (size > 0)
        memcpy(in->text, data, size);
    in->text[size] = 0;
    for (size_t at = file_n + 1; at < size; at += strlen(in->text + at) + 1)
        add_piece(in, in->text + at);
}

/* -- the file alone -----------------------------------------------------------------------------
 */

static enum err see_pair(void *ctx, const char *key, const char *value)
{
    size_t *pairs = ctx;
    int64_t ns;
    *pairs += 1;
    if (duration_parse(bytes_str(value), &ns) == OK) {
        struct buf again;
        int64_t same;
        buf_init(&again, 100);
        duration_print(ns, &again);
        assert(duration_parse(buf_bytes(&again), &same) == OK && same == ns);
        buf_fini(&again);
    }
    return strlen(key) > 100000 || strlen(value) > 100000 ? ERR_TOO_BIG : OK;
}

static void read_yaml(struct bytes file)
{
    size_t first = 0, second = 0;
    struct why why = { 0 };
    enum err e = yaml_read_flat(file, see_pair, &first, &why);
    assert(e != ERR_TOO_BIG || file.n > 1 << 20);
    assert(e == OK || why.text[0] != 0);
    assert(yaml_read_flat(file, see_pair, &second, NULL) == e && first == second);
}

/* -- all sources --------------------------------------------------------------------------------
 */

static int open_file(struct bytes file, char *argument)
{
    int fd = memfd_create("options", MFD_CLOEXEC);
    assert(fd >= 0);
    ssize_t n = file.n == 0 ? 0 : write(fd, file.p, file.n);
    assert(n == (ssize_t)file.n);
    snprintf(argument, PATH_BYTES, "--config=/proc/self/fd/%d", fd);
    return fd;
}

static void check_row(const struct config *c, const struct config_row *row)
{
    const void *field = (const char *)c + row->offset;
    switch (row->kind) {
    case CONFIG_TEXT:
    case CONFIG_CHOICE:
        assert(*(const char *const *)field != NULL);
        return;
    case CONFIG_BOOL:
        return;
    case CONFIG_NUMBER:
    case CONFIG_BYTES:
    case CONFIG_DURATION: {
        uint64_t v = *(const uint64_t *)field;
        assert(v >= row->least && v <= row->most);
        return;
    }
    }
}

static void read_options(struct input *in)
{
    char file[PATH_BYTES];
    struct config config;
    struct why why = { 0 };
    const char *help;
    int fd = open_file(in->file, file);
    in->arguments[0] = file;
    enum err e = config_read(in->argument_n, in->arguments, in->variables, &config, &help, &why);
    assert(e == OK || why.text[0] != 0);
    for (size_t i = 0; i < config_row_n && e == OK; i++)
        check_row(&config, &config_rows[i]);
    config_free(&config);
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in;
    cut(&in, data, size);
    read_yaml(in.file);
    read_options(&in);
    free(in.text);
    return 0;
}
