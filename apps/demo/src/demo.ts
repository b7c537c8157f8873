/**
 * The demo: Invoker calls helloworld, and five other callees that are less well-behaved or better typed.
 *
 * Starts a host with ../edgefc.config.ts, has Invoker make one call after another, and tells what happens.
 * Exit code: 0 when every step ended as it should and nothing is left running, 1 otherwise, 130 when interrupted.
 */
import { fileURLToPath } from 'node:url';
import { createHost, gatherHostFacts, loadConfig } from '@edgefc/runtime';
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

const { definition, warnings } = await loadConfig(
  fileURLToPath(new URL('../edgefc.config.ts', import.meta.url)),
  gatherHostFacts(process.env, process.cwd()),
);
for (const { key, message } of warnings) process.stderr.write(`${key}: ${message}\n`);

const results: StepResult[] = [];
const host = createHost(definition);
story.listen(host.events);
try {
  await host.start();
  story.tellOpening(definition.functions.length, STEPS.length);
  for (const [index, step] of STEPS.entries()) {
    story.tellStep(step, index + 1, STEPS.length);
    const result = await runStep(host, step, interrupted.signal);
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
