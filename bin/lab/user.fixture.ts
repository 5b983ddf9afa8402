/**
 * A user who is not root and has subordinate ids, on a machine that knows none: the files that name users are laid over the machine's own in a
 * mount namespace that nobody else sees. The user's home, with the cache in it, is kept from one run of the tests to the next.
 */
import { execFileSync } from "node:child_process";
import { appendFileSync, chownSync, copyFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cacheDirectory, ensureRuntime, imageIds } from "../../emulator/image/index.ts";
import { run, type Ran } from "./host.fixture.ts";

const checkout = new URL("../..", import.meta.url).pathname;

export const farmer = { id: 7000, subordinateUsers: 700_000, subordinateGroups: 800_000 } as const;

export interface UserOptions {
  /** Whether everybody may open /dev/net/tun, as on most machines; else nobody but root. */
  readonly tun: boolean;
  /** Whether newuidmap finds ids for the user; default: yes. */
  readonly subordinate?: boolean;
  /** Where the user lives; default: the kept home. */
  readonly home?: string;
}

export interface User {
  /** Where farmlab's checkout is for the user. */
  readonly checkout: string;
  run(options: UserOptions, argv: readonly string[]): Promise<Ran>;
  farmlab(options: UserOptions, ...argv: readonly string[]): Promise<Ran>;
}

/** A home that the user owns. */
export function makeHome(home: string): string {
  mkdirSync(home, { recursive: true });
  chownSync(home, farmer.id, farmer.id);
  return home;
}

/** `folder`: a folder that the user can reach, for what the user sees in place of the machine's own. */
export function newUser(folder: string): User {
  const seen = join(folder, "farmlab");
  const home = join(folder, "home");
  for (const one of [seen, home]) mkdirSync(one);
  for (const name of ["passwd", "group"]) copyFileSync(`/etc/${name}`, join(folder, name));
  appendFileSync(join(folder, "passwd"), `farmer:x:${farmer.id}:${farmer.id}::${home}:/bin/sh\n`);
  appendFileSync(join(folder, "group"), `farmer:x:${farmer.id}:\n`);
  writeFileSync(join(folder, "subuid"), `farmer:${farmer.subordinateUsers}:65536\n`);
  writeFileSync(join(folder, "subgid"), `farmer:${farmer.subordinateGroups}:65536\n`);
  writeFileSync(join(folder, "nobody"), "");
  const keptHome = makeHome(join(cacheDirectory(), "rootless-test"));
  const start = (options: UserOptions, argv: readonly string[]): Promise<Ran> => {
    const ids = options.subordinate === false ? ["nobody", "nobody"] : ["subuid", "subgid"];
    const lines = [
      `mount --bind "${checkout}" "${seen}" && mount --bind "${options.home ?? keptHome}" "${home}"`,
      // The files may not be there.
      "mount -t tmpfs tmpfs /mnt && mkdir /mnt/upper /mnt/work",
      "mount -t overlay -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work overlay /etc",
      `cp "${folder}/passwd" "${folder}/group" /etc && cp "${folder}/${ids[0]}" /etc/subuid && cp "${folder}/${ids[1]}" /etc/subgid`,
      `mknod -m ${options.tun ? "666" : "600"} /mnt/tun c 10 200 && mount --bind /mnt/tun /dev/net/tun && umount --lazy /mnt`,
      `export HOME="${home}" XDG_CACHE_HOME="${home}/cache" && cd "${home}"`,
    ];
    const become = ["setpriv", "--reuid", `${farmer.id}`, "--regid", `${farmer.id}`, "--clear-groups", "--"];
    return run(["unshare", "--mount", "sh", "-ec", `${lines.join("\n")}\nexec "$@"`, "user", ...become, ...argv]);
  };
  return { checkout: seen, run: start, farmlab: (options, ...argv) => start(options, [join(seen, "farmlab"), ...argv]) };
}

/** The node image with the files' owners changed to the user's ids, in the kept home: building it as the user takes a minute. */
export async function seedImage(): Promise<void> {
  const { rootfs, image } = await ensureRuntime();
  const ids = [farmer.id, farmer.subordinateUsers, farmer.subordinateGroups].join("-");
  const target = join(cacheDirectory(), "rootless-test/cache/farmlab/image", `${image}-${ids}`);
  if (existsSync(target)) return;
  const staging = `${target}.seed`;
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(join(staging, "rootfs"), { recursive: true });
  for (let folder = dirname(target), depth = 0; depth < 3; depth += 1, folder = dirname(folder)) chownSync(folder, farmer.id, farmer.id);
  const map = (first: number): string =>
    Array.from({ length: imageIds.count }, (_, id) => `+${imageIds.start + id} +${id === 0 ? farmer.id : first + id - 1}\n`).join("");
  writeFileSync(join(staging, "users"), map(farmer.subordinateUsers));
  writeFileSync(join(staging, "groups"), map(farmer.subordinateGroups));
  const copy =
    'tar -C "$1" --numeric-owner --owner-map="$2/users" --group-map="$2/groups" -cf - . | tar -C "$2/rootfs" --numeric-owner -xpf -';
  execFileSync("sh", ["-ec", copy, "copy", rootfs, staging], { stdio: "pipe" });
  for (const name of ["users", "groups"]) rmSync(join(staging, name));
  renameSync(staging, target);
}
