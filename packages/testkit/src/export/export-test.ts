/** A recorded invocation as a test file: what `edgefc dead-letters export` does for a dead letter of a gateway. */
import { relative, resolve } from 'node:path';
import {
  writeTestFile,
  type ExportedTest,
  type ExportRunner,
  type KeptPayload,
  type NestedCall,
} from '@edgefc/runtime/testing';
import { TestHostError } from '../errors.ts';
import type { RecordedInvocation, RecordedOutcome, RecordedPayload } from '../record/model.ts';
import type { TestRecord } from '../record/record.ts';

export interface ExportTestOptions {
  /** Default: `'vitest'`. */
  readonly runner?: ExportRunner;
  /** The directory that the file will be in: the paths in it are relative to that. Default: the working directory. */
  readonly directory?: string;
  /** Where the function is, as in `functions`. Needed where the test gave it as code. */
  readonly handler?: string;
}

/** Where the code of a test's functions is. */
export interface CodePlaces {
  /** Absolute; undefined: the test has no whole configuration. */
  readonly config: string | undefined;
  /** `directory/file.export`, absolute; undefined: it was given as code, or there is none. */
  readonly handlerOf: (target: string) => string | undefined;
}

/** @throws TestHostError when there is no such invocation, it was faked, or where its code is is not known */
export function exportTest(record: TestRecord, ref: string, places: CodePlaces, options: ExportTestOptions): string {
  const invocation = record.invocation(ref) ?? record.invocations(ref).at(-1);
  if (invocation === undefined) {
    throw new TestHostError(
      `exportTest('${ref}'): nothing of that was recorded; give an id, '#3' of host.record.tree(), or Service/function for its last`,
    );
  }
  const { id, target, payload, invokerContext, attempts } = invocation;
  const last = attempts.at(-1);
  const directory = resolve(options.directory ?? process.cwd());
  return writeTestFile({
    id,
    target,
    attempt: last?.attempt ?? 1,
    startedAt: (last?.started ?? last?.queued ?? invocation.asked).wall,
    payload,
    invokerContext: Object.keys(invokerContext).length === 0 ? undefined : invokerContext,
    calls: {
      made: record
        .invocations({ parent: id })
        .filter(
          ({ parentAttempt, origin }) =>
            origin.kind === 'function' && parentAttempt === (last?.attempt ?? parentAttempt),
        )
        .map(toCall),
      leftOut: 0,
    },
    outcome: toOutcome(last?.outcome ?? invocation.outcome),
    code: codeOf(invocation, places, directory, options.handler),
    runner: options.runner ?? 'vitest',
    by: 'exportTest of @edgefc/testkit',
  });
}

function codeOf(
  { target }: RecordedInvocation,
  { config, handlerOf }: CodePlaces,
  directory: string,
  handler: string | undefined,
): ExportedTest['code'] {
  if (handler !== undefined) return { handler: toRelative(directory, resolve(handler)) };
  const place = handlerOf(target);
  if (place === undefined) {
    throw new TestHostError(
      `exportTest of ${target}: its code was given by the test, and a file of its own cannot take it from there; ` +
        `name where it is: exportTest('${target}', { handler: './pump/index.handler' })`,
    );
  }
  return config === undefined ? { handler: toRelative(directory, place) } : { config: toRelative(directory, config) };
}

function toCall({ target, type, outcome, ...sent }: RecordedInvocation): NestedCall {
  const payload = keep(sent);
  if (outcome?.kind === 'refused') {
    const { code, message } = outcome;
    return { target, payload, outcome: { kind: 'refused', code, message } };
  }
  if (type === 'Async' || outcome === undefined || outcome.kind === 'lost') {
    return { target, payload, outcome: { kind: 'accepted' } };
  }
  if (outcome.kind === 'succeeded') {
    return { target, payload, outcome: { kind: 'answered', payload: keep(outcome), functionError: null } };
  }
  const { functionError, errorType, errorMessage, stackTrace } = outcome;
  const text = JSON.stringify({ errorType, errorMessage, stackTrace });
  return { target, payload, outcome: { kind: 'answered', payload: { text }, functionError } };
}

function keep({ payload }: Pick<RecordedPayload, 'payload'>): KeptPayload {
  return typeof payload === 'string' ? { text: payload } : { base64: payload.toString('base64') };
}

function toOutcome(outcome: RecordedOutcome | undefined): ExportedTest['outcome'] {
  switch (outcome?.kind) {
    case 'succeeded':
      return { kind: 'succeeded', payload: outcome.payload };
    case 'failed':
      return outcome;
    case 'refused':
      return { kind: 'failed', functionError: null, errorType: outcome.code, errorMessage: outcome.message };
    case 'lost':
    case undefined:
      return { kind: 'unknown' };
  }
}

/** With a dot in front, and slashes. */
function toRelative(from: string, to: string): string {
  const path = relative(from, to).replaceAll('\\', '/');
  return path.startsWith('.') ? path : `./${path}`;
}
