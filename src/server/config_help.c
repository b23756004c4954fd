/* All from the table. */
#include "server/config_help.h"

#include <string.h>

#include "server/config_table.h"
#include "server/config_value.h"

enum { TEXT_COLUMN = 37 };

static void put_environment(struct buf *out, const char *prefix, const char *flag)
{
    buf_put_str(out, prefix);
    for (; *flag != 0; flag++)
        buf_put_u8(
            out,
            (uint8_t)(*flag == '-' ? '_' : (*flag >= 'a' && *flag <= 'z' ? *flag - 32 : *flag)));
}

static bool has_other_name(const struct config_row *row)
{
    return row->etcd[0] != 0 && strcmp(row->etcd, row->flag) != 0;
}

static void put_default(struct buf *out, const struct config_row *row)
{
    struct bytes initial = config_default(row);
    buf_put_bytes(out, initial.n == 0 ? bytes_str("none") : initial);
}

/* "auto, text, json": what there is to choose from. */
static void put_choices(struct buf *out, const struct config_row *row)
{
    for (const char *at = row->initial; *at != 0; at++)
        if (*at == '|')
            buf_put_str(out, ", ");
        else
            buf_put_u8(out, (uint8_t)*at);
}

static bool new_section(size_t i)
{
    return i == 0 || strcmp(config_rows[i].section, config_rows[i - 1].section) != 0;
}

/* -- text ------------------------------------------------------------------------------------- */

static void put_indent(struct buf *out, size_t begin)
{
    if (out->n - begin >= TEXT_COLUMN)
        buf_put_u8(out, '\n'), begin = out->n;
    while (out->n - begin < TEXT_COLUMN)
        buf_put_u8(out, ' ');
}

static void text_row(struct buf *out, const struct config_row *row)
{
    size_t begin = out->n;
    buf_printf(out, "  --%s%s", row->flag, row->kind == CONFIG_BOOL ? "" : " VALUE");
    put_indent(out, begin);
    buf_put_str(out, row->help);
    if (row->kind == CONFIG_CHOICE) {
        buf_put_str(out, " (");
        put_choices(out, row);
        buf_put_str(out, ")");
    }
    if (row->kind != CONFIG_BOOL) {
        buf_put_str(out, " [");
        put_default(out, row);
        buf_put_str(out, "]");
    }
    if (has_other_name(row))
        buf_printf(out, " (etcd: --%s)", row->etcd);
    buf_put_u8(out, '\n');
}

static void text_help(struct buf *out)
{
    buf_put_str(out,
                "usage: muster serve [--option value ...]\n\n"
                "Starts the registry. Try `muster serve --dev` first: it keeps nothing and says "
                "what to try.\n");
    for (size_t i = 0; i < config_row_n; i++) {
        if (new_section(i))
            buf_printf(out, "\n%s\n", config_rows[i].section);
        text_row(out, &config_rows[i]);
    }
    buf_put_str(
        out,
        "\nEach option is also MUSTER_OPTION in the environment and option: in the file of "
        "--config; etcd's own\nare understood by their names (ETCD_*) too, and those of them "
        "that mean nothing here are listed at start.\nStronger first: command line, MUSTER_*, "
        "ETCD_*, file.\n\nSignals: SIGTERM and SIGINT finish what runs and stop; SIGHUP reads "
        "certificates again.\nExit codes: 0 stopped, 1 could not start, 2 wrong options, 70 the "
        "disk failed.\n");
}

/* -- markdown --------------------------------------------------------------------------------- */

static void markdown_help(struct buf *out)
{
    buf_put_str(out,
                "# Options of `muster serve`\n\nMade by `muster serve --help=markdown`.\nStronger "
                "first: command line, `MUSTER_*`, `ETCD_*`, the file of `--config`, default.\n");
    for (size_t i = 0; i < config_row_n; i++) {
        const struct config_row *row = &config_rows[i];
        if (new_section(i))
            buf_printf(
                out,
                "\n## %s\n\n| flag | environment | default | what it does |\n|---|---|---|---|\n",
                row->section);
        buf_printf(out, "| `--%s`", row->flag);
        if (has_other_name(row))
            buf_printf(out, ", `--%s`", row->etcd);
        buf_put_str(out, " | `");
        put_environment(out, "MUSTER_", row->flag);
        if (row->etcd[0] != 0) {
            buf_put_str(out, "`, `");
            put_environment(out, "ETCD_", row->etcd);
        }
        buf_put_str(out, "` | ");
        put_default(out, row);
        buf_printf(out, " | %s", row->help);
        if (row->kind == CONFIG_CHOICE) {
            buf_put_str(out, "; one of ");
            put_choices(out, row);
        }
        buf_put_str(out, " |\n");
    }
}

/* -- man -------------------------------------------------------------------------------------- */

static void put_roff(struct buf *out, struct bytes text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\'') {
            buf_put_str(out, "\\(aq");
            continue;
        }
        if (text.p[i] == '-' || text.p[i] == '\\')
            buf_put_u8(out, '\\');
        buf_put_u8(out, text.p[i]);
    }
}

static void man_row(struct buf *out, const struct config_row *row)
{
    buf_put_str(out, ".TP\n.B \\-\\-");
    put_roff(out, bytes_str(row->flag));
    if (row->kind != CONFIG_BOOL)
        buf_put_str(out, " \\fIvalue\\fR");
    buf_put_u8(out, '\n');
    put_roff(out, bytes_str(row->help));
    if (row->kind == CONFIG_CHOICE) {
        buf_put_str(out, ". One of ");
        put_choices(out, row);
    }
    if (row->kind != CONFIG_BOOL && row->initial[0] != 0) {
        buf_put_str(out, ". Default: ");
        put_roff(out, config_default(row));
    }
    buf_put_u8(out, '.');
    if (has_other_name(row)) {
        buf_put_str(out, " etcd\\(aqs name: \\-\\-");
        put_roff(out, bytes_str(row->etcd));
        buf_put_u8(out, '.');
    }
    buf_put_u8(out, '\n');
}

static void man_help(struct buf *out)
{
    buf_put_str(
        out, ".TH MUSTER\\-SERVE 1 \"\" \"Muster\" \"Muster manual\"\n.SH NAME\nmuster\\-serve "
             "\\- run the service registry\n.SH SYNOPSIS\n.B muster serve\n[\\fB\\-\\-option\\fR "
             "\\fIvalue\\fR ...]\n.SH DESCRIPTION\nServes etcd\\(aqs protocol and a native HTTP "
             "face from one data directory, until SIGTERM or SIGINT. SIGHUP reads certificates "
             "again.\n.SH OPTIONS\n");
    for (size_t i = 0; i < config_row_n; i++) {
        if (new_section(i))
            buf_printf(out, ".SS %s\n", config_rows[i].section);
        man_row(out, &config_rows[i]);
    }
    buf_put_str(
        out, ".SH ENVIRONMENT\nEach option is also MUSTER_OPTION, in capitals and with _ for \\-; "
             "etcd\\(aqs own options are ETCD_OPTION too. The command line is stronger than "
             "MUSTER_*, that than ETCD_*, that than the file of \\-\\-config.\n"
             ".SH FILES\nThe file of \\-\\-config is YAML: one option: value a line.\n"
             ".SH EXIT STATUS\n0 stopped; 1 could not start; 2 wrong options; 70 the disk "
             "failed.\n.SH SEE ALSO\n.BR muster (1)\n");
}

void config_help(const char *form, struct buf *out)
{
    if (strcmp(form, "markdown") == 0)
        markdown_help(out);
    else if (strcmp(form, "man") == 0)
        man_help(out);
    else
        text_help(out);
}
