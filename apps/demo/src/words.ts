/** How the story puts payloads, failures and durations into words. */
import type { InvocationView } from '@edgefc/runtime';

type Payload = InvocationView['payload'];

/** Characters of a payload or an error that fit beside an arrow. */
const LONGEST = 60;

/** A payload as JavaScript would write it, cut to what fits: `"a text"`; bytes with their number: `4 bytes, "abcd"`. */
export function describePayload(payload: Payload | undefined): string {
  if (payload === null || payload === undefined || payload === '') return 'nothing';
  if (typeof payload === 'string') return shorten(quote(payload));
  if (payload instanceof Uint8Array) return `${count(payload.byteLength, 'byte')}, ${shorten(quote(decode(payload)))}`;
  return shorten(quote(decode(payload[0])));
}

/** What an invoker was told, and whether it was a failure. */
export function describeOutcome(outcome: InvocationView['outcome']): { text: string; failed: boolean } {
  switch (outcome?.kind) {
    case undefined:
      return { text: 'no answer yet', failed: true };
    case 'accepted':
      return { text: `accepted as ${outcome.id}`, failed: false };
    case 'refused':
      return { text: shorten(`refused, ${outcome.code}: ${outcome.message}`), failed: true };
    case 'answered': {
      if (outcome.functionError === undefined) return { text: describePayload(outcome.payload), failed: false };
      return { text: shorten(`${outcome.functionError} ${describeError(outcome.payload)}`), failed: true };
    }
  }
}

/** The same of Invoker, whose long report the reader has seen in the making: only its size, unless it failed. */
export function describeReport(outcome: InvocationView['outcome']): { text: string; failed: boolean } {
  const described = describeOutcome(outcome);
  if (described.failed || outcome?.kind !== 'answered' || typeof outcome.payload !== 'string') return described;
  return { text: `its report, ${count(Buffer.byteLength(outcome.payload), 'byte')}`, failed: false };
}

/** `0.4 ms`, `37 ms`, `1.3 s`. */
export function describeDuration(ms: number): string {
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  return ms < 999.5 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** `1 instance`, `2 instances`. */
export function count(number: number, singular: string, plural = `${singular}s`): string {
  return `${number} ${number === 1 ? singular : plural}`;
}

/** Functions by their names without the service: `display and logbook`. */
export function list(keys: readonly string[]): string {
  return keys.length === 0 ? 'nobody' : keys.map(shortName).join(' and ');
}

/** `helloworld` of `EdgeFC/helloworld`. */
export function shortName(key: string): string {
  return key.slice(key.indexOf('/') + 1);
}

/** The body of a failure is JSON: `{ errorType, errorMessage, stackTrace }`. */
function describeError(payload: Payload): string {
  const text = typeof payload === 'string' ? payload : '';
  const { errorType, errorMessage } = JSON.parse(text) as { errorType: string; errorMessage: string };
  return `${errorType}: ${errorMessage}`;
}

/** In single quotes when it holds double ones, as JSON does, and on one line. */
function quote(text: string): string {
  const line = text.replaceAll('\n', '\\n');
  return line.includes('"') ? `'${line}'` : `"${line}"`;
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function shorten(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`;
}
