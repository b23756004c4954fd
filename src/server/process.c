/* Read from /proc when somebody asks. */
#include "server/process.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"

struct process_metrics {
    double started;
};

static double read_pages(int column)
{
    unsigned long pages[2] = { 0, 0 };
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%lu %lu", &pages[0], &pages[1]) != 2)
        pages[0] = pages[1] = 0;
    fclose(file);
    return (double)pages[column] * (double)sysconf(_SC_PAGESIZE);
}

static double virtual_bytes(void *ctx)
{
    return read_pages(0);
}

static double resident_bytes(void *ctx)
{
    return read_pages(1);
}

static double cpu_seconds(void *ctx)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double open_files(void *ctx)
{
    double n = 0;
    DIR *dir = opendir("/proc/self/fd");
    if (dir == NULL)
        return 0;
    for (const struct dirent *d; (d = readdir(dir)) != NULL;)
        n += d->d_name[0] != '.';
    closedir(dir);
    return n - 1; /* the directory itself */
}

static double file_limit(void *ctx)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? (double)limit.rlim_cur : 0;
}

static double virtual_limit(void *ctx)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_AS, &limit) == 0 ? (double)limit.rlim_cur : 0;
}

static double started(void *ctx)
{
    return ((const struct process_metrics *)ctx)->started;
}

struct process_metrics *process_metrics_new(struct metrics *m)
{
    struct process_metrics *p = mem_zalloc(1, sizeof *p);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    p->started = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
    metric_callback(m, METRIC_GAUGE, "process_virtual_memory_bytes", "Virtual memory size.",
                    virtual_bytes, NULL);
    metric_callback(m, METRIC_GAUGE, "process_resident_memory_bytes", "Resident memory size.",
                    resident_bytes, NULL);
    metric_callback(m, METRIC_COUNTER, "process_cpu_seconds_total", "User and system CPU time.",
                    cpu_seconds, NULL);
    metric_callback(m, METRIC_GAUGE, "process_open_fds", "Open file descriptors.", open_files,
                    NULL);
    metric_callback(m, METRIC_GAUGE, "process_max_fds", "Most open file descriptors.", file_limit,
                    NULL);
    metric_callback(m, METRIC_GAUGE, "process_virtual_memory_max_bytes",
                    "Most virtual memory there may be.", virtual_limit, NULL);
    metric_callback(m, METRIC_GAUGE, "os_fd_used", "Open file descriptors.", open_files, NULL);
    metric_callback(m, METRIC_GAUGE, "os_fd_limit", "Most open file descriptors.", file_limit,
                    NULL);
    metric_callback(m, METRIC_GAUGE, "process_start_time_seconds", "Start, since 1970.", started,
                    p);
    return p;
}

void process_metrics_free(struct process_metrics *p)
{
    mem_free(p);
}
