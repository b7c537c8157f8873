/**
 * The demo: Invoker calls helloworld, and others that are less well-behaved or better typed; then Async calls fail, are
 * tried again and outlive their host, and a message finds its receivers.
 *
 * Starts a host with ../edgefc.config.ts on a temporary data directory, has Invoker make one call after another, and tells
 * what happens.
 * Exit code: 0 when every step ended as it should and nothing is left running, 1 otherwise, 130 when interrupted.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openHost } from './open-host.ts';
import { runStep } from './run-step.ts';
import { STEPS } from './steps.ts';
import { Story, type StepResult } from './story.ts';
import { createStyle } from './style.ts';

const startedAt = performance.now();
const story = new Story((line) => process.stdout.write(`${line}\n`), createStyle(process.stdout));

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    if (!interrupted.signal.aborted) story.tellInterrupted(signal);
    interrupted.abort();
  });
}
// Nobody reads on (`pnpm demo | head`): there is no story to tell.
process.stdout.on('error', () => {
  interrupted.abort();
});

const results: StepResult[] = [];
const directory = mkdtempSync(join(tmpdir(), 'edgefc-demo-'));
process.once('exit', () => {
  rmSync(directory, { recursive: true, force: true });
});
const host = await openHost(join(directory, 'data'));
story.listen(host.events);
try {
  await host.start();
  story.tellOpening(host.definition.functions.length, STEPS.length);
  for (const [index, step] of STEPS.entries()) {
    story.tellStep(step, index + 1, STEPS.length);
    const result = await runStep({ host, story, directory }, step, interrupted.signal);
    if (interrupted.signal.aborted) break;
    results.push(result);
    story.tellVerdict(result);
  }
} finally {
  await host.stop(interrupted.signal.aborted ? { gracePeriod: 0 } : {});
}

if (interrupted.signal.aborted) {
  process.exitCode = 130;
} else {
  story.tellClosing(results, STEPS.length, performance.now() - startedAt);
  const asItShould = results.every(({ problem }) => problem === undefined) && story.running.length === 0;
  process.exitCode = asItShould ? 0 : 1;
}
