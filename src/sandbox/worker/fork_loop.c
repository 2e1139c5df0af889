// The loop of a zygote, which orders.py and zygote.py describe: takes orders, forks, tells how forks ended.
//
// A page that a zygote writes between two forks is copied each time. The interpreter writes more than two hundred
// of them for a fork, which was a fifth of what a small program cost; this loop writes a handful.

#define _GNU_SOURCE
#include "orders.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LARGEST_ORDER = 131072, LARGEST_REPORT = 65536, MOST_FORKS = 1024, FORKED = 1 };

struct fork {
  pid_t pid;
  int handle;
  int report_file;  // -1 where the report is small enough for a message
  uint32_t report_bytes;
  char *report;  // behind it a page that is marked when the snippet begins
  char id[LONGEST_ID];
};

char order_text[LARGEST_ORDER];  // what a fork reads its message from
static char told[LARGEST_REPORT + 512];
static struct fork forks[MOST_FORKS];
static struct pollfd watched[MOST_FORKS + 1];  // the connection, then the forks' handles
static int fork_count;

// The bytes of the next order, 0 where there will be none.
static ssize_t receive(int connection, struct birth *birth) {
  struct iovec content = {order_text, sizeof order_text};
  union {
    struct cmsghdr head;
    char room[CMSG_SPACE(MOST_DESCRIPTORS * sizeof(int32_t))];
  } rights;
  struct msghdr message = {
      .msg_iov = &content, .msg_iovlen = 1, .msg_control = rights.room, .msg_controllen = sizeof rights.room};
  ssize_t size = recvmsg(connection, &message, MSG_CMSG_CLOEXEC);
  birth->descriptor_count = 0;
  struct cmsghdr *head = size > 0 ? CMSG_FIRSTHDR(&message) : NULL;
  if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS) {
    birth->descriptor_count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int32_t);
    memcpy(birth->descriptors, CMSG_DATA(head), birth->descriptor_count * sizeof(int32_t));
  }
  return size;
}

// Sends the first bytes of `told`, and a descriptor unless it is negative.
static int tell(int connection, size_t bytes, int descriptor) {
  struct iovec content = {told, bytes};
  union {
    struct cmsghdr head;
    char room[CMSG_SPACE(sizeof(int))];
  } rights = {.head = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))}};
  struct msghdr message = {.msg_iov = &content, .msg_iovlen = 1};
  if (descriptor >= 0) {
    memcpy(CMSG_DATA(&rights.head), &descriptor, sizeof descriptor);
    message.msg_control = rights.room;
    message.msg_controllen = sizeof rights.room;
  }
  return sendmsg(connection, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static char *shared(size_t bytes, int file) {
  int flags = file < 0 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED;
  void *place = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, file, 0);
  return place == MAP_FAILED ? NULL : place;
}

static size_t shared_bytes(const struct fork *one) { return one->report_bytes + getpagesize(); }

static char *begun(const struct fork *one) { return one->report + one->report_bytes; }

static int make_report(struct fork *made) {
  if (made->report_bytes > LARGEST_REPORT) {
    made->report_file = memfd_create("report", MFD_CLOEXEC);
    if (made->report_file < 0 || ftruncate(made->report_file, shared_bytes(made))) return -1;
  }
  made->report = shared(shared_bytes(made), made->report_file);
  return made->report ? 0 : -1;
}

static void forget(const struct fork *one) {
  if (one->handle >= 0) close(one->handle);
  if (one->report_file >= 0) close(one->report_file);
  if (one->report) munmap(one->report, shared_bytes(one));
}

// A fork in the box's namespace of processes, where there is a box.
static pid_t fork_into(const struct birth *birth, int own_namespace) {
  if (own_namespace >= 0 && setns(birth->descriptors[BOX], CLONE_NEWPID)) return -1;
  pid_t pid = fork();
  if (pid == 0 || own_namespace < 0) return pid;
  int problem = errno;
  if (setns(own_namespace, CLONE_NEWPID)) _exit(1);  // the next fork would be in the wrong box
  errno = problem;
  return pid;
}

static int keep(int connection, int own_namespace, struct fork *made) {
  made->handle = syscall(SYS_pidfd_open, made->pid, 0);
  // Of where this one reports the next ones have nothing.
  if (made->handle < 0 || madvise(made->report, shared_bytes(made), MADV_DONTFORK)) return -errno;
  forks[fork_count++] = *made;
  watched[fork_count] = (struct pollfd){.fd = made->handle, .events = POLLIN};
  int length = snprintf(told, sizeof told, "{\"forked\":%s}", made->id);
  return tell(connection, length, own_namespace < 0 ? made->handle : -1);
}

static int give_up(int connection, const struct fork *made) {
  int length = snprintf(told, sizeof told, "{\"failed\":%s,\"why\":\"%s\"}", made->id, strerror(errno));
  forget(made);
  return tell(connection, length, -1);
}

static void be_born(const struct order *order, size_t size, const struct fork *made, struct birth *birth) {
  for (int at = 0; at < fork_count; at++) {
    close(forks[at].handle);
    if (forks[at].report_file >= 0) close(forks[at].report_file);
  }
  birth->order_bytes = size;
  birth->message_at = sizeof *order + order->id_bytes;
  birth->report = made->report;
  birth->report_bytes = made->report_bytes;
  birth->begun = begun(made);
}

static int take_order(int connection, int own_namespace, const struct place *place, struct birth *birth) {
  ssize_t size = receive(connection, birth);
  if (size < 0) return -errno;
  if (size == 0) _exit(0);
  struct order order;
  memcpy(&order, order_text, sizeof order);
  if ((size_t)size < sizeof order + order.id_bytes || order.id_bytes >= LONGEST_ID) return -EBADMSG;
  struct fork made = {.handle = -1, .report_file = -1, .report_bytes = order.report_bytes};
  memcpy(made.id, order_text + sizeof order, order.id_bytes);
  errno = EAGAIN;
  if (fork_count == MOST_FORKS || make_report(&made)) made.pid = -1;
  else made.pid = fork_into(birth, own_namespace);
  if (made.pid == 0) {
    be_born(&order, size, &made, birth);
    if (place) birth->failed_step = confine(&order, birth, place);
    birth->error = errno;
    return FORKED;
  }
  int result = made.pid < 0 ? give_up(connection, &made) : keep(connection, own_namespace, &made);
  for (uint64_t at = 0; at < birth->descriptor_count; at++) close(birth->descriptors[at]);
  return result;
}

// The report is what a snippet left there: its length is read once, and trusted as far as there is room.
static int tell_end(int connection, const struct fork *ended, int status, const struct rusage *used) {
  long long microseconds = (used->ru_utime.tv_sec + used->ru_stime.tv_sec) * 1000000LL + used->ru_utime.tv_usec +
                           used->ru_stime.tv_usec;
  int length = snprintf(told, sizeof told, "{\"exited\":%s,\"status\":%d,\"cpuUs\":%lld,\"peakBytes\":%lld,\"begun\":%s}\n",
                        ended->id, status, microseconds, used->ru_maxrss * 1024LL, *begun(ended) ? "true" : "false");
  if (ended->report_file >= 0) return tell(connection, length, ended->report_file);
  uint32_t size = *(volatile uint32_t *)ended->report;
  if (size > ended->report_bytes - sizeof size) size = 0;
  memcpy(told + length, ended->report + sizeof size, size);
  return tell(connection, length + size, -1);
}

static int reap(int connection) {
  int status, result = 0;
  struct rusage used;
  pid_t pid;
  while (result == 0 && (pid = wait4(-1, &status, WNOHANG, &used)) > 0) {
    int at = 0;
    while (at < fork_count && forks[at].pid != pid) at++;
    if (at == fork_count) continue;  // the first process of a namespace inherits orphans
    result = tell_end(connection, &forks[at], status, &used);
    forget(&forks[at]);
    forks[at] = forks[--fork_count];
    watched[at + 1] = watched[fork_count + 1];
  }
  return result;
}

// In a fork, before the snippet's first line: tells the zygote so, and puts the mark out of the snippet's reach.
void mark_beginning(const struct birth *birth) {
  *birth->begun = 1;
  munmap(birth->begun, getpagesize());
}

// Returns 0 in each fork. In the zygote itself it returns only a negative error number.
// `own_namespace` is negative where there are no boxes, `place` NULL where a fork confines itself.
int serve_forks(int connection, int own_namespace, const struct place *place, struct birth *birth) {
  int result = 0;
  watched[0] = (struct pollfd){.fd = connection, .events = POLLIN};
  while (result == 0) {
    if (poll(watched, fork_count + 1, -1) < 0) {
      result = errno == EINTR ? 0 : -errno;
      continue;
    }
    int ended = 0;
    for (int at = 1; at <= fork_count; at++) ended |= watched[at].revents;
    if (ended) result = reap(connection);
    if (result == 0 && watched[0].revents) result = take_order(connection, own_namespace, place, birth);
  }
  return result == FORKED ? 0 : result;
}
