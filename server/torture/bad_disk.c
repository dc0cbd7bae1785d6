/* A bad disk below a server: preloaded, steered through a small shared file while the server runs.
 *
 * Environment: TORTURE_DISK_FOLDER (the files below it are concerned), TORTURE_DISK_CONTROL (the file of
 * `struct control`; server/torture/bad_disk.py writes it). Modes: 0 well; 1 slow: each sync takes delay_us
 * longer; 2 full: a file can grow by `room` bytes in all, then ENOSPC, and removing files makes room;
 * 3 full, and told only by the sync.
 * What only overwrites existing blocks succeeds on a full disk, so only growth is counted.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

enum { WELL = 0, SLOW = 1, FULL = 2, FULL_LATE = 3 };

struct control {
    _Atomic int64_t loaded, mode, delay_us, room, late_syncs;
};

static struct control *control;
static char folder[PATH_MAX];
static size_t folder_length;

#define REAL(result, name, ...) \
    static result (*real)(__VA_ARGS__); \
    if (!real) real = (result (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

__attribute__((constructor)) static void begin(void) {
    const char *below = getenv("TORTURE_DISK_FOLDER"), *path = getenv("TORTURE_DISK_CONTROL");
    if (!below || !path || !realpath(below, folder)) return;
    folder_length = strlen(folder);
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) return;
    void *shared = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (shared == MAP_FAILED) return;
    control = shared;
    control->loaded = 1;
}

static int64_t mode(void) { return control ? control->mode : WELL; }

static int is_below(const char *path) {
    return strncmp(path, folder, folder_length) == 0 && path[folder_length] == '/';
}

static int is_ours(int file) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return is_below(path);
}

/* Whether a file may grow to `end` bytes; takes the room for it. */
static int may_grow(int file, int64_t end) {
    struct stat facts;
    if (fstat(file, &facts) || !S_ISREG(facts.st_mode) || end <= facts.st_size) return 1;
    int64_t wanted = end - facts.st_size;
    if (control->room < wanted) return 0;
    control->room -= wanted;
    return 1;
}

static int is_refused(int file, int64_t end) {
    if (mode() != FULL || !is_ours(file) || may_grow(file, end)) return 0;
    errno = ENOSPC;
    return 1;
}

static int64_t end_of_write(int file, size_t count) {
    struct stat facts;
    if (fcntl(file, F_GETFL) & O_APPEND) return fstat(file, &facts) ? 0 : facts.st_size + (int64_t)count;
    return lseek(file, 0, SEEK_CUR) + (int64_t)count;
}

ssize_t write(int file, const void *bytes, size_t count) {
    REAL(ssize_t, "write", int, const void *, size_t);
    if (mode() == FULL && is_refused(file, end_of_write(file, count))) return -1;
    return real(file, bytes, count);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) {
    REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);
    if (is_refused(file, offset + (int64_t)count)) return -1;
    return real(file, bytes, count, offset);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t offset) {
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
    if (is_refused(file, offset + (int64_t)count)) return -1;
    return real(file, bytes, count, offset);
}

int posix_fallocate(int file, off_t offset, off_t length) {
    REAL(int, "posix_fallocate", int, off_t, off_t);
    return is_refused(file, offset + length) ? ENOSPC : real(file, offset, length);
}

int posix_fallocate64(int file, off64_t offset, off64_t length) {
    REAL(int, "posix_fallocate64", int, off64_t, off64_t);
    return is_refused(file, offset + length) ? ENOSPC : real(file, offset, length);
}

int unlink(const char *path) {
    REAL(int, "unlink", const char *);
    struct stat facts;
    int frees = mode() == FULL && stat(path, &facts) == 0;
    char whole[PATH_MAX];
    frees = frees && realpath(path, whole) && is_below(whole);
    int result = real(path);
    if (result == 0 && frees) control->room += facts.st_size;
    return result;
}

static int sync_badly(int file) {
    int64_t now = mode();
    if (now == WELL || !is_ours(file)) return 0;
    if (now == SLOW) {
        struct timespec wait = {control->delay_us / 1000000, control->delay_us % 1000000 * 1000};
        control->late_syncs += 1;
        nanosleep(&wait, NULL);
    }
    if (now != FULL_LATE) return 0;
    errno = ENOSPC;
    return 1;
}

int fsync(int file) {
    REAL(int, "fsync", int);
    return sync_badly(file) ? -1 : real(file);
}

int fdatasync(int file) {
    REAL(int, "fdatasync", int);
    return sync_badly(file) ? -1 : real(file);
}

/* How much is free, for whoever asks before writing. */
#define TELL_ROOM(facts) \
    if (mode() == FULL || mode() == FULL_LATE) { \
        int64_t block = (facts)->f_frsize ? (int64_t)(facts)->f_frsize : 1; \
        int64_t room = mode() == FULL ? control->room : 0; \
        (facts)->f_bavail = (facts)->f_bfree = (unsigned long)(room / block); \
    }

int statvfs(const char *path, struct statvfs *facts) {
    REAL(int, "statvfs", const char *, struct statvfs *);
    int result = real(path, facts);
    if (result == 0) TELL_ROOM(facts);
    return result;
}

int statvfs64(const char *path, struct statvfs64 *facts) {
    REAL(int, "statvfs64", const char *, struct statvfs64 *);
    int result = real(path, facts);
    if (result == 0) TELL_ROOM(facts);
    return result;
}

int fstatvfs(int file, struct statvfs *facts) {
    REAL(int, "fstatvfs", int, struct statvfs *);
    int result = real(file, facts);
    if (result == 0) TELL_ROOM(facts);
    return result;
}

int fstatvfs64(int file, struct statvfs64 *facts) {
    REAL(int, "fstatvfs64", int, struct statvfs64 *);
    int result = real(file, facts);
    if (result == 0) TELL_ROOM(facts);
    return result;
}
