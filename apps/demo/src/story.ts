/**
 * Tells what happens in the host, as it happens: who called whom, what they printed, what came back and how long it took.
 *
 *     Invoker ──▶ helloworld    a call, with what it carries
 *     helloworld │ …            what a function printed
 *     Invoker ◀── helloworld    the answer, with what it carries and how long it took; ◀─✗ when the callee failed
 *
 * A call that a call led to stands further in than that one.
 */
import type { HostEventBus, InstanceView, InvocationView, LogEvent } from '@edgefc/runtime';
import type { Step } from './steps.ts';
import type { Style } from './style.ts';
import { count, describeDuration, describeOutcome, describePayload, describeReport } from './words.ts';

/** How a step ended. */
export interface StepResult {
  readonly step: Step;
  /** ms */
  readonly took: number;
  /** What Invoker's callee gave, in words. */
  readonly cameBack: string;
  /** What was wrong, when something was. */
  readonly problem: string | undefined;
}

/** Columns of who called whom, before what the call carries: the deepest call of the demo fits. */
const ARROW_WIDTH = 38;

export class Story {
  readonly #print: (line: string) => void;
  readonly #style: Style;
  /** The instance that an invocation ran in, and whether it was the first there. */
  readonly #ran = new Map<InvocationView, { readonly instance: InstanceView; readonly isNew: boolean }>();
  readonly #instances = new Map<string, InstanceView>();
  readonly #gone = new Set<string>();
  #stopping = false;

  constructor(print: (line: string) => void, style: Style) {
    this.#print = print;
    this.#style = style;
  }

  /** Instances that were started and have not ended. */
  get running(): readonly string[] {
    return [...this.#instances.keys()].filter((name) => !this.#gone.has(name));
  }

  listen(events: HostEventBus): void {
    events.on('invocation:accepted', (invocation) => {
      this.#tellCall(invocation);
    });
    events.on('invocation:started', (invocation, instance) => {
      const isNew = ![...this.#ran.values()].some((ran) => ran.instance === instance);
      this.#ran.set(invocation, { instance, isNew });
    });
    events.on('invocation:settled', (invocation) => {
      this.#tellAnswer(invocation);
    });
    events.on('log', (entry) => {
      this.#tellPrinted(entry);
    });
    events.on('instance:starting', (instance) => {
      this.#instances.set(instance.name, instance);
    });
    events.on('instance:exited', (instance) => {
      this.#gone.add(instance.name);
      if (!this.#stopping) this.#print(this.#style.faint(`   the ${nameOf(instance)} is gone`));
    });
    events.on('host:stopping', () => {
      this.#stopping = true;
    });
  }

  tellOpening(functions: number, steps: number): void {
    const { title, faint } = this.#style;
    this.#print(title(`edgefc demo: ${count(functions, 'function')}, one host, ${count(steps, 'step')}`));
    this.#print(faint('Functions call each other by name; every call and every answer goes through the host.'));
  }

  tellStep(step: Step, number: number, of: number): void {
    this.#print('');
    this.#print(this.#style.title(`${number}/${of}  ${step.title}`));
  }

  tellVerdict({ step, problem }: StepResult): void {
    const { good, bad } = this.#style;
    if (problem === undefined) this.#print(`   ${good(`✓ ${step.moral}`)}`);
    else this.#print(bad(`✗ ${problem}`).replace(/^/gm, '   '));
  }

  tellClosing(results: readonly StepResult[], steps: number, took: number): void {
    const { title, good, bad, faint } = this.#style;
    const width = Math.max(...results.map(({ step }) => step.title.length));
    this.#print('');
    this.#print(title('In short'));
    for (const { step, took: ms, cameBack, problem } of results) {
      const mark = problem === undefined ? good('✓') : bad('✗');
      this.#print(`   ${mark} ${step.title.padEnd(width)}  ${faint(describeDuration(ms).padStart(7))}  ${cameBack}`);
    }
    const passed = results.filter(({ problem }) => problem === undefined).length;
    const verdict = `${passed} of ${count(steps, 'step')} ended as ${steps === 1 ? 'it' : 'they'} should`;
    this.#print('');
    this.#print(
      `${passed === steps ? good(verdict) : bad(verdict)}, in ${describeDuration(took)}: ` +
        `${count(this.#ran.size, 'invocation')} in ${this.#countInstances()}.`,
    );
    const left = this.running;
    if (left.length === 0) this.#print(faint('The host has stopped, and nothing of it is left running.'));
    else this.#print(bad(`The host has stopped, but these instances have not: ${left.join(', ')}`));
  }

  tellInterrupted(signal: string): void {
    this.#print(this.#style.bad(`\n${signal}: stopping before the end of the story`));
  }

  #tellCall(invocation: InvocationView): void {
    const { faint } = this.#style;
    const how = invocation.type === 'Async' ? faint(` · Async, as ${invocation.requestId}`) : '';
    this.#tellArrow(invocation, '──▶', describePayload(invocation.payload) + how);
  }

  #tellAnswer(invocation: InvocationView): void {
    const { bad, faint } = this.#style;
    const { text, failed } = isOfTheDemo(invocation)
      ? describeReport(invocation.outcome)
      : describeOutcome(invocation.outcome);
    const timing = faint(` · ${this.#timing(invocation)}`);
    if (failed) this.#tellArrow(invocation, bad('◀─✗'), bad(text) + timing);
    else this.#tellArrow(invocation, '◀──', text + timing);
  }

  #tellArrow(invocation: InvocationView, arrow: string, text: string): void {
    const { name } = this.#style;
    const callee = invocation.definition.name;
    const before = `${indent(invocation)}${invokerOf(invocation)}`;
    // Three columns of arrow, and a space on each side of it.
    const gap = ' '.repeat(Math.max(2, ARROW_WIDTH - before.length - 5 - callee.length));
    this.#print(`${before} ${arrow} ${name(callee)}${gap}${text}`);
  }

  /** `41 ms (new process: 38 ms)`; `0.9 ms (warm process)`. */
  #timing(invocation: InvocationView): string {
    const { acceptedAt, startedAt, settledAt = acceptedAt, definition } = invocation;
    const total = describeDuration(settledAt - acceptedAt);
    const ran = this.#ran.get(invocation);
    if (startedAt === undefined || ran === undefined) return `${total} (never ran)`;
    if (!ran.isNew) return `${total} (warm ${definition.isolation})`;
    return `${total} (new ${definition.isolation}: ${describeDuration(startedAt - acceptedAt)})`;
  }

  #tellPrinted(entry: LogEvent): void {
    const { name, faint } = this.#style;
    const bar = faint('│');
    for (const line of entry.message.split('\n')) {
      this.#print(`         ${name(entry.function ?? entry.source)} ${bar} ${line}`);
    }
  }

  #countInstances(): string {
    const isolations = [...this.#instances.values()].map(({ definition }) => definition.isolation);
    const of = (isolation: string): number => isolations.filter((each) => each === isolation).length;
    return `${count(of('process'), 'process', 'processes')} and ${count(of('thread'), 'thread')}`;
  }
}

/** The function that asked, by its name without the service. */
function invokerOf({ caller }: InvocationView): string {
  return caller === undefined ? 'the demo' : caller.slice(caller.indexOf('/') + 1);
}

/** The demo asks Invoker for each step, and nobody else. */
function isOfTheDemo({ parent, type }: InvocationView): boolean {
  return parent === undefined && type === 'Sync';
}

function indent({ parent }: InvocationView): string {
  return parent === undefined ? '   ' : `${indent(parent)}   `;
}

function nameOf({ definition, pid }: InstanceView): string {
  return `${definition.isolation} of ${definition.name}${pid === undefined ? '' : ` (pid ${pid})`}`;
}
