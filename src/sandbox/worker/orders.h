// What a zygote is ordered, as orders.py packs it, and what a fork is given of it.

#pragma once

#include <stdint.h>

enum { MOST_DESCRIPTORS = 12, LONGEST_ID = 64, NO_USER = -1 };

// Behind it come the order's id as JSON, then the message for the fork.
struct order {
  uint32_t report_bytes;
  uint32_t id_bytes;
  int32_t user;
  uint32_t controls;  // descriptors for the fork itself, the last ones
  uint64_t address_bytes;
  uint64_t cpu_seconds;
  uint64_t open_files;
  uint64_t file_bytes;
  uint64_t processes;
};

// The same for all forks of a zygote.
struct place {
  uint64_t own_address_bytes;
  const void *filter;  // struct sock_fprog
};

struct birth {
  uint64_t order_bytes;
  uint64_t message_at;
  int32_t descriptors[MOST_DESCRIPTORS];
  uint64_t descriptor_count;
  char *report;
  uint64_t report_bytes;
  char *begun;  // the page behind the report
  const char *failed_step;  // or NULL
  int64_t error;
};

// Where a fork finds its descriptors; groups to join lie between the box and the controls.
enum { BOX = 3, FIRST_GROUP = 4 };

// In a fork, irrevocably: its box, its identity, its bounds. NULL, or the step that failed, with errno.
const char *confine(const struct order *order, const struct birth *birth, const struct place *place);
