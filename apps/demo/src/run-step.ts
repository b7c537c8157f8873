/**
 * Runs one step: has Invoker make its call, does what the demo has to do, waits for what has to follow, and checks how it
 * ended.
 */
import { join } from 'node:path';
import type { Host } from '@edgefc/runtime';
import { askInvoker } from './ask-invoker.ts';
import { openHost } from './open-host.ts';
import { pullPlug } from './pull-plug.ts';
import { StepRecord } from './record.ts';
import type { Step } from './steps.ts';
import type { Story, StepResult } from './story.ts';
import { describeOutcome, list } from './words.ts';

/** ms; the longest step waits 300 ms for a timeout and as long again for a stuck process. */
const STEP_LIMIT = 5000;

/** What the steps are played with. */
export interface Stage {
  /** Runs. */
  readonly host: Host;
  readonly story: Story;
  /** For the data of hosts that a step has besides. */
  readonly directory: string;
}

export async function runStep(stage: Stage, step: Step, interrupted: AbortSignal): Promise<StepResult> {
  const signal = AbortSignal.any([interrupted, AbortSignal.timeout(STEP_LIMIT)]);
  const seen = new StepRecord();
  const startedAt = performance.now();
  let problem: string | undefined;
  try {
    const play = step.plugPulled === true ? playPlugPulled : playInHost;
    step.check(await play(stage, step, seen, signal), seen);
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
  } finally {
    seen.close();
  }
  return { step, took: performance.now() - startedAt, cameBack: describeWhatCameBack(seen), problem };
}

async function playInHost(
  { host, story }: Stage,
  { call, redrives, happened }: Step,
  seen: StepRecord,
  signal: AbortSignal,
): Promise<string> {
  seen.listen(host.events);
  const answer = await askInvoker(host, call, signal);
  if (redrives !== undefined) {
    const redriven = await host.async.redrive({ function: redrives });
    if (redriven.kind === 'refused') throw new Error(`nothing was redriven: ${redriven.message}`);
    if (redriven.value === 0) throw new Error(`${redrives} has no dead letter to redrive`);
    story.tellRedriven(redrives, redriven.value);
  }
  if (happened !== undefined) await seen.until(() => happened(seen), signal);
  return answer;
}

/** Invoker makes its call in one host, and what follows happens in the next on the same data directory. */
async function playPlugPulled(
  { story, directory }: Stage,
  { call, happened }: Step,
  seen: StepRecord,
  signal: AbortSignal,
): Promise<string> {
  const dataDir = join(directory, 'unplugged');
  const answer = await pullPlug({ dataDir, call, story, signal });
  const host = await openHost(dataDir);
  story.listen(host.events);
  seen.listen(host.events);
  try {
    story.tellNextHost(await host.start());
    if (happened !== undefined) await seen.until(() => happened(seen), signal);
  } finally {
    await host.stop(signal.aborted ? { gracePeriod: 0 } : {});
  }
  return answer;
}

function describeWhatCameBack({ published, callOfInvoker }: StepRecord): string {
  const [message] = published;
  if (message !== undefined) return `received by ${list(message.targets)}`;
  const attempt = callOfInvoker?.attempt ?? 1;
  return describeOutcome(callOfInvoker?.outcome).text + (attempt === 1 ? '' : `, at attempt ${attempt}`);
}
