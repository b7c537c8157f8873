#!/usr/bin/env node
/**
 * The `edgefc` command. What it can say to a Node that is too old has to be said before anything is loaded that such a Node
 * cannot read; this file is plain enough for any of them.
 */
import { problemWithNode } from './node-version.ts';

const problem = problemWithNode(process.versions.node);
if (problem === undefined) {
  await import('./this-process.ts');
} else {
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ error: problem })}\n`);
  process.stderr.write(`error: ${problem.code}: ${problem.message}\n`);
  process.exitCode = 2; // ExitCode.Usage, without loading the table.
}
