/* See kernel_types.h. The format: Documentation/bpf/btf.rst of the kernel. */
#define _GNU_SOURCE
#include "kernel_types.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 64 << 20, DEPTH_MAX = 8, PATH_BYTES_MAX = 64 };

static uint8_t *file;
static const struct btf_type **types; /* by their id, from 1 */
static uint32_t types_count;
static const char *strings;
static uint32_t strings_length;

static const char *name_at(uint32_t offset) { return offset < strings_length ? strings + offset : ""; }

/* Bytes that follow a type's fixed part; -1 for a kind that is not known, after which nothing can be found. */
static int more_bytes(const struct btf_type *type) {
  int count = BTF_INFO_VLEN(type->info);
  switch (BTF_INFO_KIND(type->info)) {
    case BTF_KIND_PTR: case BTF_KIND_FWD: case BTF_KIND_TYPEDEF: case BTF_KIND_VOLATILE: case BTF_KIND_CONST: case BTF_KIND_RESTRICT:
    case BTF_KIND_FUNC: case BTF_KIND_FLOAT: case BTF_KIND_TYPE_TAG: return 0;
    case BTF_KIND_INT: case BTF_KIND_VAR: case BTF_KIND_DECL_TAG: return 4;
    case BTF_KIND_ARRAY: return sizeof(struct btf_array);
    case BTF_KIND_STRUCT: case BTF_KIND_UNION: return count * (int)sizeof(struct btf_member);
    case BTF_KIND_ENUM: return count * (int)sizeof(struct btf_enum);
    case BTF_KIND_ENUM64: return count * (int)sizeof(struct btf_enum64);
    case BTF_KIND_FUNC_PROTO: return count * (int)sizeof(struct btf_param);
    case BTF_KIND_DATASEC: return count * (int)sizeof(struct btf_var_secinfo);
    default: return -1;
  }
}

static uint8_t *read_file(size_t *length) {
  int fd = open("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC);
  struct stat status;
  if (fd < 0) return NULL;
  uint8_t *bytes = NULL;
  if (fstat(fd, &status) == 0 && status.st_size > 0 && status.st_size <= FILE_BYTES_MAX) bytes = malloc((size_t)status.st_size);
  *length = 0;
  for (ssize_t amount = 1; bytes != NULL && amount > 0 && *length < (size_t)status.st_size; *length += amount > 0 ? (size_t)amount : 0)
    amount = read(fd, bytes + *length, (size_t)status.st_size - *length);
  close(fd);
  if (bytes == NULL) errno = EFBIG;
  return bytes;
}

bool kernel_types_open(void) {
  size_t length;
  file = read_file(&length);
  if (file == NULL) return false;
  const struct btf_header *header = (const struct btf_header *)file;
  uint64_t types_end = (uint64_t)header->hdr_len + header->type_off + header->type_len;
  uint64_t strings_end = (uint64_t)header->hdr_len + header->str_off + header->str_len;
  bool ok = length >= sizeof *header && header->magic == BTF_MAGIC && types_end <= length && strings_end <= length && header->str_len > 0;
  if (ok) {
    strings = (const char *)file + header->hdr_len + header->str_off;
    strings_length = header->str_len;
    types = calloc(header->type_len / sizeof **types + 2, sizeof *types);
    ok = types != NULL && strings[strings_length - 1] == '\0';
  }
  for (const uint8_t *at = ok ? file + header->hdr_len + header->type_off : NULL; ok && at + sizeof **types <= file + types_end;) {
    const struct btf_type *type = (const struct btf_type *)at;
    int more = more_bytes(type);
    if (more < 0 || at + sizeof *type + more > file + types_end) break;
    types[++types_count] = type;
    at += sizeof *type + more;
  }
  if (!ok) kernel_types_close();
  if (!ok) errno = EPROTO;
  return ok;
}

void kernel_types_close(void) {
  free(types);
  free(file);
  types = NULL;
  file = NULL;
  types_count = 0;
}

/* The struct or union behind typedefs and qualifiers; NULL for any other type. */
static const struct btf_type *structure_of(uint32_t id) {
  for (int depth = 0; depth < DEPTH_MAX && id > 0 && id <= types_count; depth += 1) {
    switch (BTF_INFO_KIND(types[id]->info)) {
      case BTF_KIND_STRUCT: case BTF_KIND_UNION: return types[id];
      case BTF_KIND_TYPEDEF: case BTF_KIND_CONST: case BTF_KIND_VOLATILE: case BTF_KIND_TYPE_TAG: id = types[id]->type; break;
      default: return NULL;
    }
  }
  return NULL;
}

static const struct btf_type *find_type(const char *name, uint32_t kind) {
  for (uint32_t id = 1; id <= types_count; id += 1) {
    if (BTF_INFO_KIND(types[id]->info) == kind && strcmp(name_at(types[id]->name_off), name) == 0) return types[id];
  }
  return NULL;
}

/* A member by name, also inside members without name; its offset in bytes or -1. */
static int find_member(const struct btf_type *structure, const char *name, uint32_t *type, int depth) {
  const struct btf_member *members = (const struct btf_member *)(structure + 1);
  for (uint32_t index = 0; index < BTF_INFO_VLEN(structure->info); index += 1) {
    uint32_t bits = BTF_INFO_KFLAG(structure->info) ? BTF_MEMBER_BIT_OFFSET(members[index].offset) : members[index].offset;
    const char *found = name_at(members[index].name_off);
    if (strcmp(found, name) == 0) {
      *type = members[index].type;
      return (int)(bits / 8);
    }
    const struct btf_type *inner = found[0] == '\0' && depth < DEPTH_MAX ? structure_of(members[index].type) : NULL;
    int offset = inner == NULL ? -1 : find_member(inner, name, type, depth + 1);
    if (offset >= 0) return (int)(bits / 8) + offset;
  }
  return -1;
}

int kernel_member_offset(const char *structure, const char *path) {
  char names[PATH_BYTES_MAX], *rest = NULL;
  const struct btf_type *type = find_type(structure, BTF_KIND_STRUCT);
  int offset = 0;
  if (strlen(path) >= sizeof names) return -1;
  strcpy(names, path);
  for (char *name = strtok_r(names, ".", &rest); name != NULL; name = strtok_r(NULL, ".", &rest)) {
    uint32_t member;
    int more = type == NULL ? -1 : find_member(type, name, &member, 0);
    if (more < 0) return -1;
    offset += more;
    type = structure_of(member);
  }
  return offset;
}

const struct btf_type *kernel_enumeration(const char *name) { return find_type(name, BTF_KIND_ENUM); }

const char *kernel_value_name(const struct btf_type *enumeration, uint32_t value) {
  const struct btf_enum *values = (const struct btf_enum *)(enumeration + 1);
  for (uint32_t index = 0; enumeration != NULL && index < BTF_INFO_VLEN(enumeration->info); index += 1) {
    if ((uint32_t)values[index].val == value) return name_at(values[index].name_off);
  }
  return NULL;
}
