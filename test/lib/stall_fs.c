/* Only `write` is ours: every other call is that of the machine's files, as it is. */
#include "test/lib/stall_fs.h"

#include <pthread.h>
#include <time.h>

enum { DEADLINE_S = 20 };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_stalled;
    unsigned waiting;
} disk = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static enum err write_when_released(struct file *file, uint64_t offset, const void *from, size_t n,
                                    struct why *why)
{
    pthread_mutex_lock(&disk.lock);
    disk.waiting++;
    pthread_cond_broadcast(&disk.changed);
    while (disk.is_stalled)
        pthread_cond_wait(&disk.changed, &disk.lock);
    disk.waiting--;
    pthread_mutex_unlock(&disk.lock);
    return fs_posix()->ops->write(file, offset, from, n, why);
}

struct fs *stall_fs(void)
{
    static struct fs_ops ops;
    static struct fs fs = { .ops = &ops };
    ops = *fs_posix()->ops;
    ops.write = write_when_released;
    return &fs;
}

void stall_fs_stall(void)
{
    pthread_mutex_lock(&disk.lock);
    disk.is_stalled = true;
    pthread_mutex_unlock(&disk.lock);
}

void stall_fs_release(void)
{
    pthread_mutex_lock(&disk.lock);
    disk.is_stalled = false;
    pthread_cond_broadcast(&disk.changed);
    pthread_mutex_unlock(&disk.lock);
}

bool stall_fs_wait_caught(void)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += DEADLINE_S;
    int late = 0;
    pthread_mutex_lock(&disk.lock);
    while (!(disk.is_stalled && disk.waiting > 0) && late == 0)
        late = pthread_cond_timedwait(&disk.changed, &disk.lock, &until);
    bool caught = disk.is_stalled && disk.waiting > 0;
    pthread_mutex_unlock(&disk.lock);
    return caught;
}
