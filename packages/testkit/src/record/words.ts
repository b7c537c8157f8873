/** Payloads, outcomes and durations in words, short enough to stand beside an arrow. */
import { isUtf8 } from 'node:buffer';
import type { RecordedInvocation, RecordedOutcome, RecordedPayload } from './model.ts';

/** Of why something failed so many times as much is shown as of a payload: it is what a reader looks for. */
const ERRORS = 4;

/** Puts what is recorded into words: cut to `width`, and with ids in the way that `name` says. */
export class Words {
  readonly #width: number;
  readonly #name: (id: string) => string | undefined;

  constructor(width: number, name: (id: string) => string | undefined) {
    this.#width = width;
    this.#name = name;
  }

  /** As JavaScript would write it: `"a text"`; bytes with their number: `4 bytes, "abcd"`; otherwise `nothing`. */
  payload({ payload }: Pick<RecordedPayload, 'payload'>): string {
    if (payload.length === 0) return 'nothing';
    if (typeof payload === 'string') return this.#quote(payload);
    const size = count(payload.length, 'byte');
    return isUtf8(payload) ? `${size}, ${this.#quote(payload.toString())}` : `${size}, ${this.cut(toHex(payload))}`;
  }

  /** A sentence or a message on one line. */
  line(text: string, width: number = this.#width): string {
    return this.cut(this.#named(text).replaceAll(/\s*\n\s*/g, ' '), width);
  }

  json(value: unknown): string {
    return this.cut(this.#named(JSON.stringify(value)));
  }

  outcome(outcome: RecordedOutcome): string {
    switch (outcome.kind) {
      case 'succeeded':
        return this.payload(outcome);
      case 'failed': {
        const how = outcome.functionError === 'Handled' ? '' : ' unhandled';
        return this.line(`failed${how}, ${outcome.errorType}: ${outcome.errorMessage}`, ERRORS * this.#width);
      }
      case 'refused':
        return this.line(`refused, ${outcome.code}: ${outcome.message}`, ERRORS * this.#width);
      case 'lost':
        return 'lost, the host was killed';
    }
  }

  /** What has become of an invocation. */
  state({ state, type, outcome, attempts }: RecordedInvocation): string {
    switch (state) {
      case 'Enqueued':
        return 'waits';
      case 'Running':
        return 'runs';
      case 'Retrying':
        return `waits for attempt ${attempts.length + 1}`;
      case 'Stopped':
        return 'stopped';
      case 'Expired':
        return 'dead letter, expired';
      case 'Failed':
        if (type === 'Sync') return outcome === undefined ? 'failed' : this.outcome(outcome);
        return outcome === undefined ? 'dead letter' : `dead letter, ${this.outcome(outcome)}`;
      case 'Succeeded':
      case 'Refused':
      case 'Lost':
        return outcome === undefined ? state : this.outcome(outcome);
    }
  }

  cut(text: string, width: number = this.#width): string {
    return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
  }

  /** In single quotes when it holds double ones, as JSON does, and on one line. */
  #quote(text: string): string {
    // An id may be cut in two here, but only behind what is shown.
    const line = this.#named(text.slice(0, this.#width + 100))
      .replaceAll('\r', '\\r')
      .replaceAll('\n', '\\n');
    return this.cut(line.includes('"') ? `'${line}'` : `"${line}"`);
  }

  /** `#3` in place of ids, which are another's in each run. */
  #named(text: string): string {
    return text.replaceAll(/\w+(?:[-.]\w+)+/g, (token) => this.#name(token) ?? token);
  }
}

/** `0.4 ms`, `37 ms`, `1.2 s`, `5 min`, `6 h 30 min`, `3 d`. */
export function describeDuration(ms: number): string {
  if (ms < 9.95) return `${round(ms, 10)} ms`;
  if (ms < 999.5) return `${round(ms, 1)} ms`;
  if (ms < 59_950) return `${round(ms / 1000, 10)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return pair(seconds, 60, 'min', 's');
  const minutes = Math.round(ms / 60_000);
  return minutes < 1440 ? pair(minutes, 60, 'h', 'min') : pair(Math.round(ms / 3_600_000), 24, 'd', 'h');
}

/** `1 byte`, `2 bytes`. */
export function count(number: number, singular: string, plural: string = `${singular}s`): string {
  return `${number} ${number === 1 ? singular : plural}`;
}

function pair(amount: number, size: number, large: string, small: string): string {
  const rest = amount % size;
  return `${Math.floor(amount / size)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`;
}

function round(number: number, parts: number): number {
  return Math.round(number * parts) / parts;
}

function toHex(bytes: Buffer): string {
  return (
    bytes
      .subarray(0, 32)
      .toString('hex')
      .replaceAll(/(..)(?=.)/g, '$1 ') + (bytes.length > 32 ? ' …' : '')
  );
}
