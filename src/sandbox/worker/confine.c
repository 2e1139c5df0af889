// What a fork gives up before it runs a snippet in a box: confine.py's `enter`, in one go.
//
// Each name that the interpreter looks up is a page that the fork comes to own; here it is none.

#define _GNU_SOURCE
#include "orders.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NICENESS = 5, FILTERING = 2 };  // SECCOMP_MODE_FILTER

static int join_groups(const struct order *order, const struct birth *birth) {
  for (uint64_t at = FIRST_GROUP; at + order->controls < birth->descriptor_count; at++)
    if (write(birth->descriptors[at], "0", 1) != 1) return -1;
  return 0;
}

static void prefer_as_victim(void) {
  int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  ssize_t written = write(file, "1000", 4);
  (void)written;
  close(file);
}

static int bound(int which, uint64_t soft, uint64_t hard) {
  struct rlimit limit = {soft, hard};
  return setrlimit(which, &limit);
}

static int bound_all(const struct order *order, const struct place *place) {
  uint64_t addresses = place->own_address_bytes + order->address_bytes;
  return bound(RLIMIT_CPU, order->cpu_seconds, order->cpu_seconds + 1) ||
         bound(RLIMIT_NOFILE, order->open_files, order->open_files) ||
         bound(RLIMIT_FSIZE, order->file_bytes, order->file_bytes) || bound(RLIMIT_CORE, 0, 0) ||
         bound(RLIMIT_NPROC, order->processes, order->processes) || bound(RLIMIT_MEMLOCK, 0, 0) ||
         bound(RLIMIT_AS, addresses, addresses);
}

// By the calls themselves: the library's own would tell threads, of which there are none.
static int change_user(int32_t user) {
  if (user == NO_USER) return 0;
  return syscall(SYS_setgroups, 0, NULL) || syscall(SYS_setresgid, user, user, user) ||
         syscall(SYS_setresuid, user, user, user);
}

static int drop_capabilities(void) {
  struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct none[2] = {{0, 0, 0}, {0, 0, 0}};
  return syscall(SYS_capset, &head, none);
}

const char *confine(const struct order *order, const struct birth *birth, const struct place *place) {
  if (setsid() < 0) return "setsid";
  nice(NICENESS);
  if (join_groups(order, birth)) return "joining a control group";
  prefer_as_victim();
  if (setns(birth->descriptors[BOX], CLONE_NEWNS)) return "setns";
  if (chdir("/tmp")) return "chdir";
  if (bound_all(order, place)) return "setrlimit";
  if (change_user(order->user)) return "change of user";
  if (drop_capabilities()) return "capset";
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)) return "prctl";
  if (prctl(PR_SET_SECCOMP, FILTERING, place->filter, 0, 0)) return "seccomp";
  return NULL;
}
