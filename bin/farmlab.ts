#!/usr/bin/env node
/** farmlab's command line as a process. */
import { keepCompiled } from "../emulator/image/compiled.ts";

keepCompiled();
const [{ runCommandLine }, { guardStreams }] = await Promise.all([import("./command-line.ts"), import("./output.ts")]);
guardStreams();
if (!(await runCommandLine(process.argv.slice(2)))) process.exit();
