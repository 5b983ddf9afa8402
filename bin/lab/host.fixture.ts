/** Hosts that lack something, made by the kernel's own means: what runs there is refused as it is where the thing is missing. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";

const launcher = new URL("../../farmlab", import.meta.url).pathname;

export interface Ran {
  readonly code: number | undefined;
  readonly out: string;
  readonly error: string;
}

/** Runs a program to its end, with nothing on standard input. */
export async function run(argv: readonly [string, ...string[]], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const [program, ...rest] = argv;
  const { exitCode, stdout, stderr } = await execa(program, rest, { reject: false, stripFinalNewline: false, stdin: "ignore", env });
  return { code: exitCode, out: stdout, error: stderr };
}

/** A folder that is removed after the file's tests; `afterAll` is vitest's, which tests alone import. */
export function temporaryFolder(afterAll: (clean: () => void) => void): string {
  const folder = mkdtempSync(join(tmpdir(), "farmlab-host-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Numbers of the kernel's (socket(2), netlink(7), errno(3)). */
const packetFamily = 17;
const netlinkFamily = 16;
const netfilterProtocol = 12;
const protocolNotSupported = 93;
const familyNotSupported = 97;

/** What to write before a program so that it runs where packets' sockets are missing, or nftables. */
export function socketRefusers(folder: string): { readonly noPacketSockets: readonly string[]; readonly noNftables: readonly string[] } {
  const program = join(folder, "refuse-socket");
  execFileSync("gcc", ["-O1", "-Wall", "-Werror", "-o", program, new URL("refuse-socket.c", import.meta.url).pathname]);
  return {
    noPacketSockets: [program, `${packetFamily}`, "-1", `${familyNotSupported}`],
    noNftables: [program, `${netlinkFamily}`, `${netfilterProtocol}`, `${protocolNotSupported}`],
  };
}

/** Folders of programs, of which an overlay can show fewer than there are. */
const programFolders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/usr/lib/frr"];

/** Shell lines for `onHost`: these programs are gone. */
export function without(programs: readonly string[]): string {
  return [
    "layers=$(mktemp -d) && mount -t tmpfs tmpfs $layers",
    ...programFolders.map(
      (folder, index) =>
        `if [ -d ${folder} ]; then mkdir $layers/u${index} $layers/w${index} && mount -t overlay -o lowerdir=${folder},upperdir=$layers/u${index},workdir=$layers/w${index} overlay ${folder}; fi`,
    ),
    `rm -f ${programFolders.flatMap((folder) => programs.map((program) => `${folder}/${program}`)).join(" ")}`,
  ].join("\n");
}

/** What is written before a program so that it sees the mounts that shell lines make, which nobody else sees. */
export function onHost(lines: string, ...namespaces: readonly string[]): readonly string[] {
  return ["unshare", "--mount", ...namespaces, "sh", "-ec", `${lines}\nexec "$@"`, "host"];
}

/**
 * The same as root of a user namespace that has all ids of the machine: there are settings of its own (user.max_user_namespaces), and no
 * device can be made. The ids are mapped from outside, which root alone may.
 */
export function onUserNamespace(lines: string): readonly string[] {
  // A TUN device that everybody may open, as it is on most machines.
  const tun = "mount -t tmpfs tmpfs /mnt && mknod -m 666 /mnt/tun c 10 200 && mount --bind /mnt/tun /dev/net/tun";
  const outside = [
    'pipes=$(mktemp -d) && mkfifo "$pipes/ready" "$pipes/mapped"',
    'unshare --user --mount --keep-caps sh -ec "$0" "$pipes" "$@" &',
    'read -r _ <"$pipes/ready"',
    'for map in uid_map gid_map; do echo "0 0 4294967295" >"/proc/$!/$map"; done',
    'echo >"$pipes/mapped" && wait "$!"',
  ];
  const inside = ['echo >"$0/ready"', 'read -r _ <"$0/mapped"', 'rm -r "$0"', lines, 'exec "$@"'];
  return ["unshare", "--mount", "sh", "-ec", [tun, ...outside].join("\n"), inside.join("\n")];
}

/** farmlab with these arguments, below what is written before it. */
export function farmlab(argv: readonly string[], before: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const [program = launcher, ...rest] = [...before, launcher, ...argv];
  return run([program, ...rest], env);
}
