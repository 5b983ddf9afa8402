/* Chooses the subcommand. */
#include "native.h"

#include <stdio.h>
#include <string.h>

static const struct {
  const char *name;
  int (*run)(int argc, char **argv);
} subcommands[] = {
    {"sandbox", sandbox_main},
    {"enter", enter_main},
    {"in", in_main},
    {"run", run_main},
    {"init", init_main},
    {"settings", settings_main},
    {"forget", forget_main},
    {"converse", converse_main},
    {"herald", herald_main},
    {"pulse", pulse_main},
    {"tunnel", tunnel_main},
    {"probe", probe_main},
    {"reach", reach_main},
    {"reflect", reflect_main},
    {"wire", wire_main},
    {"flood", flood_main},
    {"write", write_main},
    {"start", start_main},
    {"hold", hold_main},
    {"work", work_main},
    {"capture", capture_main},
    {"drops", drops_main},
    {"mapped", mapped_main},
};

int main(int argc, char **argv) {
  if (argc >= 2) {
    for (unsigned index = 0; index < sizeof subcommands / sizeof subcommands[0]; index += 1) {
      if (strcmp(argv[1], subcommands[index].name) == 0) return subcommands[index].run(argc - 1, argv + 1);
    }
  }
  fprintf(stderr, "usage: native SUBCOMMAND ...; farmlab calls this program, people call farmlab\n");
  return 2;
}
