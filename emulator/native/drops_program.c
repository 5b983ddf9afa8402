/*
 * The program that the kernel runs for each packet it throws away (tracepoint skb:kfree_skb). Where members are is read from the
 * kernel's own types, so that it fits the kernel that runs; there is no compiler behind it. Nothing of it outlives this process.
 */
#define _GNU_SOURCE
#include "drops.h"
#include "kernel_types.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PROGRAM_MAX = 256, LOG_BYTES = 4096 };
/* Kept registers. All others are the helpers'. */
enum { CONTEXT = BPF_REG_6, PACKET = BPF_REG_7, DEVICE = BPF_REG_8, NET = BPF_REG_9 };
/* On the stack, below the frame pointer: the drop, then words for what is read in between. */
enum { DROP = -(int)sizeof(struct drop), WORD = DROP - 8, HALF = DROP - 16 };

static struct bpf_insn code[PROGRAM_MAX];
static int used;

static void emit(uint8_t operation, uint8_t to, uint8_t from, int16_t offset, int32_t number) {
  if (used < PROGRAM_MAX) code[used] = (struct bpf_insn){.code = operation, .dst_reg = to, .src_reg = from, .off = offset, .imm = number};
  used += 1;
}

static void move(int to, int from) { emit(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0); }
static void set(int to, int32_t number) { emit(BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, number); }
static void add(int to, int32_t number) { emit(BPF_ALU64 | BPF_ADD | BPF_K, to, 0, 0, number); }
static void load(int width, int to, int from, int offset) { emit(BPF_LDX | BPF_MEM | width, to, from, (int16_t)offset, 0); }
static void store(int width, int offset, int from) { emit(BPF_STX | BPF_MEM | width, BPF_REG_10, from, (int16_t)offset, 0); }
static void call(int helper) { emit(BPF_JMP | BPF_CALL, 0, 0, 0, helper); }

/* A jump whose target is not known yet. */
static int jump(uint8_t condition, int reg, int32_t number) {
  emit(BPF_JMP | condition | BPF_K, reg, 0, 0, number);
  return used - 1;
}
static void lands(int at) { code[at].off = (int16_t)(used - at - 1); }

static void map(int to, int descriptor) {
  emit(BPF_LD | BPF_DW | BPF_IMM, to, BPF_PSEUDO_MAP_FD, 0, descriptor);
  emit(0, 0, 0, 0, 0);
}

/* `size` bytes at `from` + `offset` to the stack; zeros where they cannot be read. */
static void read_memory(int stack, int size, int from, int offset) {
  move(BPF_REG_1, BPF_REG_10);
  add(BPF_REG_1, stack);
  set(BPF_REG_2, size);
  move(BPF_REG_3, from);
  add(BPF_REG_3, offset);
  call(BPF_FUNC_probe_read_kernel);
}

struct offsets {
  int device, socket, head, network_header, name, device_net, socket_net, inode;
};

static bool find_offsets(struct offsets *out) {
  *out = (struct offsets){
      .device = kernel_member_offset("sk_buff", "dev"),
      .socket = kernel_member_offset("sk_buff", "sk"),
      .head = kernel_member_offset("sk_buff", "head"),
      .network_header = kernel_member_offset("sk_buff", "network_header"),
      .name = kernel_member_offset("net_device", "name"),
      .device_net = kernel_member_offset("net_device", "nd_net.net"),
      .socket_net = kernel_member_offset("sock", "__sk_common.skc_net.net"),
      .inode = kernel_member_offset("net", "ns.inum"),
  };
  const int *all = (const int *)out;
  for (size_t index = 0; index < sizeof *out / sizeof *all; index += 1) {
    if (all[index] < 0) return false;
  }
  return true;
}

/* The packet's network namespace in NET: by its device, else by its socket. A packet in a socket's queue has no device any more. */
static void find_net(const struct offsets *at) {
  read_memory(WORD, 8, PACKET, at->device);
  load(BPF_DW, DEVICE, BPF_REG_10, WORD);
  read_memory(WORD, 8, DEVICE, at->device_net);
  load(BPF_DW, NET, BPF_REG_10, WORD);
  int found = jump(BPF_JNE, NET, 0);
  read_memory(WORD, 8, PACKET, at->socket);
  load(BPF_DW, NET, BPF_REG_10, WORD);
  read_memory(WORD, 8, NET, at->socket_net);
  load(BPF_DW, NET, BPF_REG_10, WORD);
  lands(found);
}

static void write_program(const struct offsets *at, const struct drops_program *maps) {
  used = 0;
  move(CONTEXT, BPF_REG_1);
  set(BPF_REG_0, 0);
  for (int offset = DROP; offset < 0; offset += 8) store(BPF_DW, offset, BPF_REG_0);
  load(BPF_DW, PACKET, CONTEXT, 0);
  find_net(at);
  read_memory(DROP + (int)offsetof(struct drop, namespace), 4, NET, at->inode);
  map(BPF_REG_1, maps->namespaces);
  move(BPF_REG_2, BPF_REG_10);
  add(BPF_REG_2, DROP + (int)offsetof(struct drop, namespace));
  call(BPF_FUNC_map_lookup_elem);
  int not_ours = jump(BPF_JEQ, BPF_REG_0, 0);

  call(BPF_FUNC_ktime_get_ns);
  store(BPF_DW, DROP + (int)offsetof(struct drop, time_ns), BPF_REG_0);
  load(BPF_DW, BPF_REG_1, CONTEXT, 8);
  store(BPF_DW, DROP + (int)offsetof(struct drop, location), BPF_REG_1);
  load(BPF_DW, BPF_REG_1, CONTEXT, 16);
  store(BPF_W, DROP + (int)offsetof(struct drop, reason), BPF_REG_1);
  read_memory(DROP + (int)offsetof(struct drop, interface), IFNAMSIZ, DEVICE, at->name);
  read_memory(HALF, 2, PACKET, at->network_header);
  read_memory(WORD, 8, PACKET, at->head);
  load(BPF_DW, NET, BPF_REG_10, WORD);
  load(BPF_H, BPF_REG_1, BPF_REG_10, HALF);
  emit(BPF_ALU64 | BPF_ADD | BPF_X, NET, BPF_REG_1, 0, 0);
  read_memory(DROP + (int)offsetof(struct drop, bytes), DROP_BYTES, NET, 0);

  map(BPF_REG_1, maps->ring);
  move(BPF_REG_2, BPF_REG_10);
  add(BPF_REG_2, DROP);
  set(BPF_REG_3, sizeof(struct drop));
  set(BPF_REG_4, 0);
  call(BPF_FUNC_ringbuf_output);
  int told = jump(BPF_JEQ, BPF_REG_0, 0);
  set(BPF_REG_1, 0);
  store(BPF_DW, WORD, BPF_REG_1);
  map(BPF_REG_1, maps->lost);
  move(BPF_REG_2, BPF_REG_10);
  add(BPF_REG_2, WORD);
  call(BPF_FUNC_map_lookup_elem);
  int none = jump(BPF_JEQ, BPF_REG_0, 0);
  set(BPF_REG_1, 1);
  emit(BPF_STX | BPF_ATOMIC | BPF_DW, BPF_REG_0, BPF_REG_1, 0, BPF_ADD);
  lands(none);
  lands(told);
  lands(not_ours);
  set(BPF_REG_0, 0);
  emit(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static int bpf(int command, union bpf_attr *attributes) { return (int)syscall(SYS_bpf, command, attributes, sizeof *attributes); }

static int make_map(uint32_t type, uint32_t key_size, uint32_t value_size, uint32_t entries) {
  union bpf_attr attributes = {.map_type = type, .key_size = key_size, .value_size = value_size, .max_entries = entries};
  return bpf(BPF_MAP_CREATE, &attributes);
}

static bool refused(char *why, unsigned long room, const char *what) {
  snprintf(why, room, "%s: %s", what, strerror(errno));
  return false;
}

bool drops_attach(struct drops_program *out, char *why, unsigned long room) {
  struct offsets offsets;
  *out = (struct drops_program){-1, -1, -1, -1, -1};
  if (!kernel_types_open()) return refused(why, room, "the kernel's types (/sys/kernel/btf/vmlinux)");
  if (!find_offsets(&offsets)) {
    snprintf(why, room, "the kernel's types are not as they are known");
    return false;
  }
  out->namespaces = make_map(BPF_MAP_TYPE_HASH, 4, 4, DROP_NAMESPACES_MAX);
  out->ring = make_map(BPF_MAP_TYPE_RINGBUF, 0, 0, DROPS_RING_BYTES);
  out->lost = make_map(BPF_MAP_TYPE_ARRAY, 4, 8, 1);
  if (out->namespaces < 0 || out->ring < 0 || out->lost < 0) return refused(why, room, "BPF maps");
  write_program(&offsets, out);
  if (used > PROGRAM_MAX) {
    snprintf(why, room, "the program has %d instructions", used);
    return false;
  }
  static char log[LOG_BYTES];
  /* The kernel lends its memory to programs under a licence that fits its own; these instructions may be used under either. */
  union bpf_attr load = {.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT, .insns = (uintptr_t)code, .insn_cnt = (uint32_t)used,
                         .license = (uintptr_t) "Dual MIT/GPL"};
  out->program = bpf(BPF_PROG_LOAD, &load);
  if (out->program < 0) {
    int reason = errno;
    load.log_buf = (uintptr_t)log;
    load.log_size = sizeof log;
    load.log_level = 4; /* statistics and the last words only */
    bpf(BPF_PROG_LOAD, &load);
    snprintf(why, room, "the kernel refuses the program: %s %.200s", strerror(reason), log);
    return false;
  }
  union bpf_attr attach = {.raw_tracepoint = {.name = (uintptr_t) "kfree_skb", .prog_fd = (uint32_t)out->program}};
  out->link = bpf(BPF_RAW_TRACEPOINT_OPEN, &attach);
  return out->link >= 0 || refused(why, room, "the tracepoint skb:kfree_skb");
}

bool drops_add_namespace(const struct drops_program *program, uint32_t inode) {
  uint32_t value = 1;
  union bpf_attr attributes = {.map_fd = (uint32_t)program->namespaces, .key = (uintptr_t)&inode, .value = (uintptr_t)&value};
  return bpf(BPF_MAP_UPDATE_ELEM, &attributes) == 0;
}

uint64_t drops_lost(const struct drops_program *program) {
  uint32_t key = 0;
  uint64_t lost = 0;
  union bpf_attr attributes = {.map_fd = (uint32_t)program->lost, .key = (uintptr_t)&key, .value = (uintptr_t)&lost};
  bpf(BPF_MAP_LOOKUP_ELEM, &attributes);
  return lost;
}
