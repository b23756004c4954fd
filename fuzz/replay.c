/* fuzz/replay.c -- runs a fuzz target over the files of its corpus, without a fuzzer.
 *
 * replay FILE|FOLDER...: so that what fuzzing once found stays found, in every build. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat st;
    if (file == NULL || fstat(fileno(file), &st) != 0) {
        fprintf(stderr, "replay: cannot read '%s'\n", path);
        return 1;
    }
    size_t n = (size_t)st.st_size;
    uint8_t *data = malloc(n == 0 ? 1 : n);
    int failed = data == NULL || fread(data, 1, n, file) != n;
    fclose(file);
    if (!failed)
        LLVMFuzzerTestOneInput(data, n);
    free(data);
    return failed;
}

static int run_folder(const char *path, DIR *dir, unsigned *ran)
{
    int failed = 0;
    const struct dirent *entry;
    while ((entry = readdir(dir)) != NULL) {
        char file[4096];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        failed |= run_file(file);
        ++*ran;
    }
    return failed;
}

int main(int argc, char **argv)
{
    int failed = 0;
    unsigned ran = 0;
    for (int i = 1; i < argc; i++) {
        DIR *dir = opendir(argv[i]);
        if (dir == NULL) {
            failed |= run_file(argv[i]);
            ran++;
            continue;
        }
        failed |= run_folder(argv[i], dir, &ran);
        closedir(dir);
    }
    printf("replay: %u inputs\n", ran);
    return failed || ran == 0;
}
