#!/usr/bin/env node
/** farmlab's command line as a process. */
import { runCommandLine } from "./command-line.ts";
import { guardStreams } from "./output.ts";

guardStreams();
if (!(await runCommandLine(process.argv.slice(2)))) process.exit();
