/** Async invocations as people read them, and as programs do. */
import type { InvocationStatus } from '@edgefc/sdk/internal';
import type { InvocationDetails } from '../engine/async-api.ts';
import { formatBytes } from '../engine/format.ts';
import { fromWire } from '../engine/protocol.ts';
import { isDead } from '../engine/queue/work.ts';
import { formatMoment, formatSpan, formatTime, toLine } from './plain-text.ts';
import { toJsonPayload } from './print-outcome.ts';
import { formatFields, formatTable } from './table.ts';

/** UTF-16 units of an error in a table, and of a payload or a result on a page of its own. */
const ERROR_WIDTH = 70;
const PAYLOAD_WIDTH = 400;

interface View {
  readonly colour: boolean;
  /** Epoch ms. */
  readonly now: number;
}

/** A line an invocation. */
export function formatInvocations(statuses: readonly InvocationStatus[], view: View): string {
  const header = ['ID', 'FUNCTION', 'STATE', 'ATTEMPT', 'ACCEPTED', 'SINCE, NEXT'];
  const rows = statuses.map((status) => [
    status.id,
    status.function,
    status.state,
    String(status.attempt),
    formatMoment(status.acceptedAt, view.now),
    formatProgress(status, view.now),
  ]);
  return formatTable(header, rows, view);
}

/** A line a dead letter. */
export function formatDeadLetters(statuses: readonly InvocationStatus[], view: View): string {
  const header = ['ID', 'FUNCTION', 'STATE', 'ATTEMPTS', 'DIED', 'LAST ERROR'];
  const rows = statuses.map((status) => [
    status.id,
    status.function,
    status.state,
    String(status.attempt),
    status.endedAt === null ? '' : formatMoment(status.endedAt, view.now),
    formatLastError(status),
  ]);
  return formatTable(header, rows, view);
}

/** Everything that is known of one. */
export function formatInvocation(details: InvocationDetails, view: View): string {
  const { now } = view;
  const { payload, result, errors } = details;
  const fields = formatFields(
    [
      ['id', details.id],
      ['function', details.function],
      ['state', `${details.state}, ${formatAttempts(details.attempt)}`],
      ['accepted', formatMoment(details.acceptedAt, now)],
      ['started', details.startedAt === null ? undefined : formatMoment(details.startedAt, now)],
      ['ended', details.endedAt === null ? undefined : formatMoment(details.endedAt, now)],
      ['next attempt', details.nextAttemptAt === null ? undefined : formatMoment(details.nextAttemptAt, now)],
      ['caller', details.caller ?? undefined],
      ['order key', details.orderKey === null ? undefined : toLine(details.orderKey, PAYLOAD_WIDTH)],
      // A finished one's payload is not kept.
      ['payload', payload === null ? undefined : formatPayload(fromWire(payload))],
      ['context', details.invokerContext === null ? undefined : formatContext(details.invokerContext)],
      [
        'result',
        result === null
          ? undefined
          : `${formatPayload(result)}${details.resultCut ? ', only its beginning is kept' : ''}`,
      ],
    ],
    view,
  );
  return errors.length === 0 ? fields : `${fields}\n${errors.map((error) => formatError(error)).join('')}`;
}

/** The status, its result as `edgefc invoke --json` shows a payload. */
export function toJsonStatus(status: InvocationStatus): Record<string, unknown> {
  const { result, ...rest } = status;
  return { ...rest, result: result === null ? null : toJsonPayload(result) };
}

/** The same with what it was given. */
export function toJsonDetails({ payload, invokerContext, ...status }: InvocationDetails): Record<string, unknown> {
  return {
    ...toJsonStatus(status),
    payload: payload === null ? null : toJsonPayload(fromWire(payload)),
    invokerContext: invokerContext === null ? null : (parseContext(invokerContext) ?? invokerContext),
  };
}

/** Of a dead one, what it died of. */
function formatLastError({ errors, state }: InvocationStatus): string {
  const last = errors.at(-1);
  if (last === undefined) return isDead(state) ? 'its time was over before it ran' : '';
  return toLine(`${last.errorType}: ${last.errorMessage}`, ERROR_WIDTH);
}

function formatProgress(status: InvocationStatus, now: number): string {
  const { state, startedAt, endedAt, nextAttemptAt } = status;
  switch (state) {
    case 'Enqueued':
    case 'Retrying': {
      const why = state === 'Retrying' ? ` after ${formatLastError(status)}` : '';
      if (nextAttemptAt === null) return 'stands behind another of its order key';
      return `${nextAttemptAt > now ? `next in ${formatSpan(nextAttemptAt - now)}` : 'due'}${why}`;
    }
    case 'Running':
      return startedAt === null ? '' : `for ${formatSpan(now - startedAt)}`;
    case 'Failed':
    case 'Expired':
      return `${endedAt === null ? '' : `${formatSpan(now - endedAt)} ago, `}${formatLastError(status)}`;
    case 'Succeeded':
    case 'Stopped':
      return endedAt === null ? '' : `${formatSpan(now - endedAt)} ago`;
  }
}

export function formatAttempts(attempt: number): string {
  if (attempt === 0) return 'never started';
  return attempt === 1 ? '1 attempt' : `${attempt} attempts`;
}

function formatError({
  attempt,
  at,
  functionError,
  errorType,
  errorMessage,
  stackTrace,
}: InvocationStatus['errors'][number]): string {
  const kind = functionError === null ? 'no answer' : functionError;
  const message = errorMessage.split('\n').map((line) => toLine(line, 10_000));
  const stack = stackTrace.map((line) => `    ${toLine(line, 10_000)}\n`).join('');
  return `attempt ${attempt}, ${formatTime(at)} (${kind}): ${errorType}: ${message.join('\n    ')}\n${stack}`;
}

function formatPayload(payload: string | Buffer): string {
  if (typeof payload === 'string')
    return `${toLine(payload, PAYLOAD_WIDTH)} (${formatBytes(Buffer.byteLength(payload))})`;
  const size = formatBytes(payload.byteLength);
  const text = payload.toString('utf8');
  // Bytes that are no text say nothing to a person.
  return text.includes('\ufffd') ? `${size} of bytes` : `${toLine(text, PAYLOAD_WIDTH)} (${size} of bytes)`;
}

function formatContext(invokerContext: string): string {
  const value = parseContext(invokerContext);
  return toLine(value === undefined ? invokerContext : JSON.stringify(value), PAYLOAD_WIDTH);
}

function parseContext(base64: string): unknown {
  try {
    return JSON.parse(Buffer.from(base64, 'base64').toString('utf8'));
  } catch {
    return undefined; // It was checked when it was accepted; it is shown as it is.
  }
}
