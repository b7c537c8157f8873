/** A record without what is another's in each run: ids, times, instances, and the order of what runs side by side. */
import type { RecordedInvocation, RecordedOrigin, RecordedOutcome } from '../../src/record/model.ts';
import type { TestRecord } from '../../src/record/record.ts';

/** Everything that has to be the same on every way, as plain data. */
export function toOutcomes(record: TestRecord): unknown {
  const invocations = record.invocations();
  const names = new Map(invocations.map(({ id, n }) => [id, `#${n}`]));
  record.publishes.forEach(({ id }, index) => names.set(id, `message ${index + 1}`));
  const outcomes = {
    invocations: invocations.map((one) => ({ ...describe(one), logs: logsOf(record, one) })),
    publishes: record.publishes.map(({ topic, source, payload, targets, parent, refusal }) => ({
      topic,
      source,
      payload: toPlain(payload),
      targets: [...targets].sort(),
      parent,
      refusal,
    })),
  };
  return JSON.parse(withoutIdsAndTimes(JSON.stringify(outcomes), names));
}

function describe(one: RecordedInvocation): object {
  const { id, target, type, payload, invokerContext, delay, dedupeKey, orderKey, maxRetries, state, parent } = one;
  return {
    id,
    target,
    type,
    origin: describeOrigin(one.origin),
    parent,
    parentAttempt: one.parentAttempt,
    payload: toPlain(payload),
    invokerContext,
    ...{ delay, dedupeKey, orderKey, maxRetries },
    state,
    outcome: describeOutcome(one.outcome),
    attempts: one.attempts.map(({ attempt, outcome, retryIn }) => ({
      attempt,
      outcome: describeOutcome(outcome),
      again: retryIn !== undefined,
    })),
    duplicates: one.duplicates.map(({ origin }) => describeOrigin(origin)),
    isDeadLetter: one.deadLettered !== undefined,
  };
}

function describeOrigin(origin: RecordedOrigin): string {
  return Object.values(origin).join(' ');
}

function describeOutcome(outcome: RecordedOutcome | undefined): object | undefined {
  switch (outcome?.kind) {
    case undefined:
    case 'lost':
      return outcome;
    case 'succeeded':
      return { succeeded: toPlain(outcome.payload) };
    case 'failed': {
      const { functionError, errorType, errorMessage, stackTrace } = outcome;
      return { functionError, errorType, errorMessage, thrownAt: stackTrace.flatMap(toPlace) };
    }
    case 'refused':
      return { refused: outcome.code, message: outcome.message };
  }
}

/** Of a line of a stack, where it is; the platform's own lines differ with who fires a timer. */
function toPlace(line: string): readonly string[] {
  return line.includes('node:') ? [] : [line.replaceAll(/^at .*\(|\)$/g, '')];
}

/** What was printed in its runs: the lines of one invocation have an order, those of several have none. */
function logsOf(record: TestRecord, { id }: RecordedInvocation): readonly string[] {
  return record.logs
    .filter(({ requestId, source }) => requestId === id && source === 'function')
    .map(({ level, message, attempt }) => `${level} in attempt ${attempt}: ${message}`);
}

function toPlain(payload: string | Buffer): unknown {
  return typeof payload === 'string' ? payload : { bytes: payload.toString('hex') };
}

/** They may stand anywhere inside of a text: what functions are told, they tell others. */
function withoutIdsAndTimes(json: string, names: ReadonlyMap<string, string>): string {
  return json.replaceAll(/[\w-]+(?:\.[\w-]+)+/g, (token) => names.get(token) ?? token).replaceAll(/\b1\d{12}\b/g, '1');
}
