// Makes a fresh checkout ready: npm packages, Debian packages, node image, native helper, agent. Runs before `npm start` and `npm test` on
// whatever Node the machine has, so it is plain CommonJS without dependencies. When nothing is missing it only compares file times.
"use strict";

const { spawnSync } = require("child_process");
const fs = require("fs");
const os = require("os");
const path = require("path");

const root = path.join(__dirname, "..");
const stampFile = path.join(root, "node_modules", ".farmlab-stamp");
const hostCannot = 3;
const neededNode = 24;
const libraryFolders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"];

/** For setpriv: nothing that the set-up started goes on when the set-up was killed. Not for apt, which must not stop half-way. */
const diesWithParent = ["--pdeathsig", "KILL"];

const isLinuxUser = () => process.platform === "linux" && process.getuid() !== 0;

/** Where there are no Debian packages to be had, a container engine builds the image. */
const buildsInContainer = () => !isCommand("apt-get") && ["docker", "podman"].some(isCommand);

/** Debian packages that building the image and the native helper takes, and how to see that what they bring is there. */
const debianPackages = [
  { name: "mmdebstrap", present: () => isCommand("mmdebstrap") || buildsInContainer() },
  { name: "debian-archive-keyring", present: () => buildsInContainer() || fs.existsSync("/usr/share/keyrings/debian-archive-keyring.gpg") },
  { name: "mount", present: () => isCommand("mount") },
  // What maps the ids of labs of a user who is not root.
  { name: "uidmap", present: () => !isLinuxUser() || (isCommand("newuidmap") && isCommand("newgidmap")) },
  { name: "gcc", present: () => isCommand("gcc") },
  { name: "libc6-dev", present: () => libraryFolders.some((folder) => fs.existsSync(path.join(folder, "libc.a"))) },
];

function main() {
  const packagesOnly = process.argv.includes("--packages-only");
  const packagesCurrent = npmPackagesCurrent();
  const stamp = packagesCurrent ? readStamp() : undefined;
  if (packagesCurrent && (packagesOnly || isReady(stamp))) return 0;
  if (process.platform !== "linux" && !packagesOnly) return say("Labs need Linux; this is " + process.platform + ".") || hostCannot;

  const missing = packagesOnly ? [] : debianPackages.filter((one) => !one.present()).map((one) => one.name);
  const plan = [];
  if (!packagesCurrent) plan.push("npm packages, into node_modules (about 350 MB)");
  if (missing.length > 0) plan.push("Debian packages: " + missing.join(", "));
  if (!packagesOnly && !imagesThere())
    plan.push("the node image (Debian trixie with FRR, etcd, WireGuard), into " + cacheDirectory() + " (300 MB)");
  const install = "apt-get install --yes --no-install-recommends " + missing.join(" ");
  if (missing.length > 0 && (process.getuid() !== 0 || !isCommand("apt-get"))) {
    say(
      "farmlab needs the Debian packages " + missing.join(", ") + (process.getuid() === 0 ? ", and there is no apt-get here." : "; run:"),
    );
    if (process.getuid() !== 0) say("  sudo " + install);
    return hostCannot;
  }
  if (plan.length > 0) {
    say("farmlab needs:");
    for (const one of plan) say("  - " + one);
    if (!confirm()) return say("Nothing was installed.") || hostCannot;
  }

  if (!packagesCurrent && !installNpmPackages()) return say("npm ci failed: see above.") || hostCannot;
  if (missing.length > 0 && !installDebianPackages(missing)) return say("This failed; try it by hand:\n  " + install) || hostCannot;
  if (packagesOnly) return 0;
  const node = fittingNode();
  if (node === undefined)
    return say("farmlab needs Node " + neededNode + " or newer, and npm has none for " + process.arch + ".") || hostCannot;
  return prepare(node);
}

/** Builds image, native helper and agent, and notes down of what, for the next time. */
function prepare(node) {
  const inputs = inputTimes();
  const script = path.join(root, "emulator", "image", "prepare.ts");
  const run = spawnSync("setpriv", diesWithParent.concat([node, script]), { stdio: ["ignore", "pipe", "inherit"], encoding: "utf8" });
  if (run.signal !== null) process.kill(process.pid, run.signal);
  if (run.status !== 0) return run.status === null ? 70 : run.status;
  fs.writeFileSync(stampFile, JSON.stringify({ cache: cacheDirectory(), inputs, paths: JSON.parse(run.stdout) }));
  return 0;
}

function imagesThere() {
  try {
    return fs
      .readdirSync(path.join(cacheDirectory(), "image"))
      .some((name) => (isLinuxUser() ? /^[0-9a-f]{16}-/ : /^[0-9a-f]{16}$/).test(name));
  } catch {
    return false;
  }
}

function readStamp() {
  try {
    return JSON.parse(fs.readFileSync(stampFile, "utf8"));
  } catch {
    return undefined;
  }
}

function isReady(stamp) {
  return (
    stamp !== undefined &&
    stamp.cache === cacheDirectory() &&
    stamp.paths.every((one) => fs.existsSync(one)) &&
    stamp.inputs === inputTimes()
  );
}

/** Sizes and times of every file that image, native helper and agent are made of, as one string. */
function inputTimes() {
  const lines = [];
  const visit = (entry) => {
    const status = fs.statSync(entry);
    if (status.isDirectory()) for (const name of fs.readdirSync(entry).sort()) visit(path.join(entry, name));
    else if (!entry.endsWith(".test.ts")) lines.push(path.relative(root, entry) + " " + status.size + " " + status.mtimeMs);
  };
  for (const one of ["package-lock.json", "core", "emulator/image", "emulator/native"]) visit(path.join(root, one));
  return lines.join("\n");
}

/** Whether node_modules holds what package-lock.json says: npm notes down what it installed when it has finished. */
function npmPackagesCurrent() {
  try {
    const read = (file) => JSON.parse(fs.readFileSync(path.join(root, file), "utf8")).packages;
    const wanted = read("package-lock.json");
    const installed = read("node_modules/.package-lock.json");
    const differs = (name) => {
      const found = installed[name];
      return found === undefined ? !wanted[name].optional : found.version !== wanted[name].version;
    };
    return !Object.keys(wanted).some((name) => name !== "" && differs(name)) && fittingNode() !== undefined;
  } catch {
    return false;
  }
}

function fittingNode() {
  const bundled = path.join(root, "node_modules", "node-linux-" + process.arch, "bin", "node");
  if (fs.existsSync(bundled)) return bundled;
  return Number(process.versions.node.split(".")[0]) >= neededNode ? process.execPath : undefined;
}

function installNpmPackages() {
  const npm = process.env.npm_execpath;
  const argv = ["ci", "--include=dev", "--include=optional", "--no-audit", "--no-fund", "--loglevel=error"];
  const command = npm !== undefined && /\.c?js$/.test(npm) ? [process.execPath, npm] : ["npm"];
  say("Installing npm packages ...");
  return runs((process.platform === "linux" ? ["setpriv"].concat(diesWithParent) : []).concat(command, argv), {});
}

function installDebianPackages(names) {
  const environment = { DEBIAN_FRONTEND: "noninteractive" };
  const install = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends"].concat(names);
  say("Installing Debian packages ...");
  // Package lists may be missing or old: fetched only when the installation fails without.
  return runs(install, environment) || (runs(["apt-get", "update", "--quiet"], environment) && runs(install, environment));
}

function runs(command, environment) {
  const run = spawnSync(command[0], command.slice(1), {
    cwd: root,
    stdio: ["ignore", process.stderr.fd, process.stderr.fd],
    env: Object.assign({}, process.env, environment),
  });
  if (run.signal !== null && run.error === undefined) process.kill(process.pid, run.signal);
  return run.status === 0;
}

/** Asks on a terminal, where Enter is yes; without one there is nobody to ask, and the answer is yes. */
function confirm() {
  if (!process.stdin.isTTY || !process.stderr.isTTY || process.env.CI) return true;
  process.stderr.write("Install? [Y/n] ");
  const terminal = fs.openSync("/dev/tty", "r");
  const bytes = Buffer.alloc(100);
  const answer = bytes.toString("utf8", 0, fs.readSync(terminal, bytes, 0, bytes.length, null));
  fs.closeSync(terminal);
  return /^\s*(y(es)?)?\s*$/i.test(answer) && answer !== "";
}

function cacheDirectory() {
  const base = process.env.XDG_CACHE_HOME;
  return path.join(base !== undefined && path.isAbsolute(base) ? base : path.join(os.homedir(), ".cache"), "farmlab");
}

function isCommand(name) {
  const folders = (process.env.PATH || "").split(":").concat(["/usr/sbin", "/sbin"]);
  return folders.some((folder) => fs.existsSync(path.join(folder, name)));
}

function say(text) {
  process.stderr.write(text + "\n");
}

process.exitCode = main();
