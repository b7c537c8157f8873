/**
 * Tells what happens in the host, as it happens: who called whom, what they printed, what came back and how long it took.
 *
 *     Invoker ──▶ helloworld    a call, with what it carries
 *     helloworld │ …            what a function printed
 *     Invoker ◀── helloworld    the answer, with what it carries and how long it took; ◀─✗ when the callee failed
 *     Invoker ──▶ rooms/…       a message that it published, and who receives it
 *        ↻ …                    what comes of an Async call that failed
 *
 * A Sync call that a call led to stands further in than that one; Async ones stand alone, each run of them.
 */
import type {
  HostEventBus,
  HostStart,
  InstanceView,
  InvocationView,
  LogEvent,
  MessageEvent,
  WorkEvent,
} from '@edgefc/runtime';
import type { Step } from './steps.ts';
import type { Style } from './style.ts';
import { count, describeDuration, describeOutcome, describePayload, describeReport, list, shortName } from './words.ts';

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
  readonly #instances = new Set<InstanceView>();
  readonly #gone = new Set<InstanceView>();
  #stopping = false;
  #killedHosts = 0;

  constructor(print: (line: string) => void, style: Style) {
    this.#print = print;
    this.#style = style;
  }

  /** Instances that were started and have not ended. */
  get running(): readonly string[] {
    return [...this.#instances].filter((instance) => !this.#gone.has(instance)).map(({ name }) => name);
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
    events.on('work:settled', (work) => {
      this.#tellWork(work);
    });
    events.on('message:published', (message) => {
      this.#tellPublished(message);
    });
    events.on('log', (entry) => {
      this.#tellPrinted(entry);
    });
    events.on('instance:starting', (instance) => {
      this.#instances.add(instance);
    });
    events.on('instance:exited', (instance) => {
      this.#gone.add(instance);
      if (!this.#stopping) this.#print(this.#style.faint(`   the ${nameOf(instance)} is gone`));
    });
    events.on('host:stopping', () => {
      this.#stopping = true;
    });
  }

  tellOpening(functions: number, steps: number): void {
    const { title, faint } = this.#style;
    this.#print(title(`edgefc demo: ${count(functions, 'function')}, ${count(steps, 'step')}`));
    this.#print(faint('Functions call each other by name; every call and every answer goes through the host.'));
  }

  tellStep(step: Step, number: number, of: number): void {
    this.#print('');
    this.#print(this.#style.title(`${number}/${of}  ${step.title}`));
  }

  /** The demo put dead letters back. */
  tellRedriven(target: string, number: number): void {
    const { faint } = this.#style;
    const command = faint(` · as by edgefc dead-letters redrive --function ${target}`);
    this.#print(`   the demo redrives ${count(number, 'dead letter')} of ${shortName(target)}${command}`);
  }

  tellOtherHost(pid: number | undefined): void {
    this.#print(
      this.#style.faint(`   another host, in a process of its own (pid ${pid}), with a data directory of its own`),
    );
  }

  tellPlugPulled(pid: number | undefined): void {
    this.#killedHosts += 1;
    this.#print(this.#style.bad(`   SIGKILL to that host (pid ${pid})`));
  }

  tellNextHost({ pending, recovered }: HostStart): void {
    const interrupted = recovered === 0 ? '' : `, ${recovered} of them begun`;
    const found = count(pending, 'Async invocation');
    this.#print(
      this.#style.faint(`   the next host starts on the same data directory, and finds ${found}${interrupted}`),
    );
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
    // An Async invocation that is tried again is one, however often it runs.
    const ids = new Set([...this.#ran.keys()].map(({ requestId }) => requestId));
    const besides = this.#killedHosts === 0 ? '' : `, besides ${count(this.#killedHosts, 'host')} that was killed`;
    this.#print('');
    this.#print(
      `${passed === steps ? good(verdict) : bad(verdict)}, in ${describeDuration(took)}: ` +
        `${count(ids.size, 'invocation')} in ${this.#countInstances()}${besides}.`,
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
    const { type, attempt, requestId, payload } = invocation;
    const again = attempt === 1 ? '' : `, attempt ${attempt}`;
    const how = type === 'Async' ? faint(` · Async, as ${requestId}${again}`) : '';
    this.#tellArrow(invocation, '──▶', describePayload(payload) + how);
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
    this.#tell(`${indent(invocation)}${nameOfCaller(invocation.caller)}`, arrow, invocation.definition.name, text);
  }

  #tellPublished({ source, topic, targets }: MessageEvent): void {
    this.#tell(`   ${nameOfCaller(source)}`, '──▶', topic, `published, to be received by ${list(targets)}`);
  }

  #tell(from: string, arrow: string, to: string, text: string): void {
    // Three columns of arrow, and a space on each side of it.
    const gap = ' '.repeat(Math.max(2, ARROW_WIDTH - from.length - 5 - to.length));
    this.#print(`${from} ${arrow} ${this.#style.name(to)}${gap}${text}`);
  }

  /** What comes of a failure; that a run succeeded has been told. */
  #tellWork({ attempt, state, error, retryIn }: WorkEvent): void {
    const { bad, faint } = this.#style;
    if (retryIn !== undefined) {
      // Without an error the host stopped before it was over.
      const failed = `attempt ${attempt} failed, tried again in ${describeDuration(retryIn)}`;
      this.#print(faint(`      ↻ ${error === undefined ? 'put back into the queue' : failed}`));
    } else if (state === 'Failed' || state === 'Expired') {
      this.#print(bad(`      ✗ ${state} after ${count(attempt, 'attempt')}: a dead letter`));
    }
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
    const isolations = [...this.#instances].map(({ definition }) => definition.isolation);
    const of = (isolation: string): number => isolations.filter((each) => each === isolation).length;
    return `${count(of('process'), 'process', 'processes')} and ${count(of('thread'), 'thread')}`;
  }
}

/** The function that asked, by its name without the service. */
function nameOfCaller(caller: string | undefined): string {
  return caller === undefined ? 'the demo' : shortName(caller);
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
