/** Runs one step: has Invoker make its call, waits for what has to follow, and checks how it ended. */
import type { Host, HostOutcome } from '@edgefc/runtime';
import { StepRecord } from './record.ts';
import type { Step } from './steps.ts';
import type { StepResult } from './story.ts';
import { describeOutcome } from './words.ts';

/** ms; the longest step waits 300 ms for a timeout and as long again for a stuck process. */
const STEP_LIMIT = 5000;

export async function runStep(host: Host, step: Step, interrupted: AbortSignal): Promise<StepResult> {
  const signal = AbortSignal.any([interrupted, AbortSignal.timeout(STEP_LIMIT)]);
  const seen = new StepRecord(host.events);
  const startedAt = performance.now();
  try {
    const outcome = await host.invoke({ target: 'EdgeFC/Invoker', payload: step.call, signal });
    const { happened } = step;
    if (happened !== undefined) await seen.until(() => happened(seen), signal);
    return {
      step,
      took: performance.now() - startedAt,
      cameBack: describeOutcome(seen.callOfInvoker?.outcome).text,
      problem: findProblem(step, outcome, seen),
    };
  } finally {
    seen.close();
  }
}

function findProblem(step: Step, outcome: HostOutcome, seen: StepRecord): string | undefined {
  if (outcome.kind === 'refused') return `Invoker did not answer: ${outcome.code}: ${outcome.message}`;
  if (outcome.kind === 'accepted') return 'Invoker was called Sync, and the host answered as if to an Async call';
  if (outcome.functionError !== undefined)
    return `Invoker failed (${outcome.functionError}): ${String(outcome.payload)}`;
  try {
    step.check(String(outcome.payload), seen);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
