/** What `host.invoke` gives a test: what the SDK's caller gets, with what a test asks of it. */
import type { FunctionErrorPayload } from '@edgefc/sdk/internal';
import type { HostOutcome } from '@edgefc/runtime/testing';

export interface TestResult {
  /** What the function returned, of the same kind; when it failed, its error as JSON. */
  readonly payload: string | Buffer;
  /** How it failed; `null` when it succeeded. */
  readonly functionError: 'Handled' | 'Unhandled' | null;
  /** What it failed with. */
  readonly error: FunctionErrorPayload | undefined;
  /** The id of the invocation, as in the record. */
  readonly requestId: string;
  /** The payload as text. */
  readonly text: string;
  /** The payload read as JSON. @throws SyntaxError when it is none */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- because the test knows what it is, and says so here
  json<T = unknown>(): T;
}

/** The result of an answered invocation. */
export function toTestResult({
  payload,
  functionError,
  requestId,
}: Extract<HostOutcome, { kind: 'answered' }>): TestResult {
  const text = payload.toString();
  const error = functionError === undefined ? undefined : (JSON.parse(text) as FunctionErrorPayload);
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- because TestResult has it
  const json = <T>(): T => JSON.parse(text) as T;
  return { payload, functionError: functionError ?? null, error, requestId, text, json };
}
