// Where an interpreter's objects lie while it is set up, as arenas.py describes.

#define _GNU_SOURCE
#include <stddef.h>
#include <sys/mman.h>

static char *next, *end;

static void *fresh(size_t bytes) {
  void *place = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return place == MAP_FAILED ? NULL : place;
}

static void *take(void *context, size_t bytes) {
  (void)context;
  if ((size_t)(end - next) < bytes) return fresh(bytes);
  char *taken = next;
  next += bytes;
  return taken;
}

static void give_back(void *context, void *place, size_t bytes) {
  (void)context;
  munmap(place, bytes);
}

// The interpreter's PyObjectArenaAllocator.
struct allocator {
  void *context;
  void *(*take)(void *, size_t);
  void (*give_back)(void *, void *, size_t);
};

// From now on memory is handed out of one stretch of so many bytes; none of it is used before it is written to.
void reserve_arenas(size_t bytes, struct allocator *allocator) {
  next = fresh(bytes);
  end = next ? next + bytes : NULL;
  *allocator = (struct allocator){NULL, take, give_back};
}

// What has not been handed out.
void release_unused_arenas(void) {
  if (end > next) munmap(next, (size_t)(end - next));
  end = next;
}
