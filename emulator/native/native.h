/*
 * farmlab's native helper: one static program, one subcommand each for what Node cannot do itself: making and entering
 * namespaces, being a process' first ancestor, raw packets. Everything that decides is TypeScript; nothing here knows of farms.
 */
#ifndef FARMLAB_NATIVE_H
#define FARMLAB_NATIVE_H

int sandbox_main(int argc, char **argv); /* the netns backend's lab: sandbox and its first process */
int mapped_main(int argc, char **argv);  /* a program with the ids that a user's lab has */
int hold_main(int argc, char **argv);    /* a lab whose nodes others have made: its holder */
int work_main(int argc, char **argv);    /* bring such a node to its state, from inside */
int enter_main(int argc, char **argv);   /* run a program in a lab's node */
int in_main(int argc, char **argv);      /* run a program in a network namespace inside a node */
int run_main(int argc, char **argv);     /* run programs for a process that is costly to fork */
int init_main(int argc, char **argv);    /* a node's first process: supervises daemons */
int settings_main(int argc, char **argv); /* write kernel settings of a node's namespaces */
int forget_main(int argc, char **argv);  /* end remembered flows of prefixes in a node's namespaces */
int herald_main(int argc, char **argv);  /* tell network resources which of two gateways is the active one */
int pulse_main(int argc, char **argv);   /* keep tunnels from being found dead when they are needed */
int tunnel_main(int argc, char **argv);  /* a WireGuard tunnel by wireguard-go, on an interface that is as it has to be */
int write_main(int argc, char **argv);   /* write a file of the node it runs in */
int start_main(int argc, char **argv);   /* start a service of the node it runs in */
int converse_main(int argc, char **argv); /* flows that last */
int probe_main(int argc, char **argv);   /* traffic */
int reach_main(int argc, char **argv);   /* measure reachability against a reflector */
int reflect_main(int argc, char **argv); /* the reflector */
int wire_main(int argc, char **argv);    /* links with faults */
int flood_main(int argc, char **argv);   /* load for the benchmark of the wire */
int capture_main(int argc, char **argv); /* packets of interfaces as pcapng */
int drops_main(int argc, char **argv); /* packets that the kernel throws away, and why */

#endif
