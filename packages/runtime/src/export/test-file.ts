/**
 * Writes a recorded invocation as a test file that somebody can run: its event, context and clock, the answers of what it called
 * as fakes, and what came of it as the expectation. For `edgefc dead-letters export` and the testkit's `exportTest`.
 *
 * What was recorded goes into the text as JSON only, which is JavaScript wherever it stands.
 */
import type { KeptPayload, NestedCall, NestedCalls } from '../engine/queue/nested-call.ts';

export const EXPORT_RUNNERS = ['vitest', 'jest', 'node'] as const;
export type ExportRunner = (typeof EXPORT_RUNNERS)[number];

/** Where the function under test is; paths are relative to the file that is written, and begin with a dot. */
export type ExportedCode = { readonly config: string } | { readonly handler: string };

export interface ExportedTest {
  readonly id: string;
  /** `Service/function`. */
  readonly target: string;
  /** The run that is told, 1-based. */
  readonly attempt: number;
  /** Start of that run, epoch ms; null: it never ran. */
  readonly startedAt: number | null;
  readonly payload: string | Uint8Array;
  readonly invokerContext: unknown;
  readonly calls: NestedCalls | null;
  readonly outcome:
    | {
        readonly kind: 'failed';
        readonly functionError: 'Handled' | 'Unhandled' | null;
        readonly errorType: string;
        readonly errorMessage: string;
      }
    | { readonly kind: 'succeeded'; readonly payload: string | Uint8Array }
    /** It never ran, or its end is not known. */
    | { readonly kind: 'unknown' };
  readonly code: ExportedCode;
  readonly runner: ExportRunner;
  /** What writes it: `edgefc dead-letters export`. */
  readonly by: string;
}

/** The text of the file. */
export function writeTestFile(test: ExportedTest): string {
  const { runner, target, id, payload } = test;
  const hasFakes = test.calls !== null && test.calls.made.length > 0;
  const fakes = hasFakes ? fakesOf(test.calls.made) : [];
  const usesFake = fakes.some((line) => line.includes('fake.'));
  const isEmpty = payload.length === 0 && test.invokerContext === undefined;
  return [
    ...headOf(test),
    ...importsOf(runner, usesFake),
    '',
    ...(isEmpty ? [] : [`const event = ${writeBytes(payload)};`]),
    ...(test.invokerContext === undefined ? [] : [`const invokerContext = ${JSON.stringify(test.invokerContext)};`]),
    ...(isEmpty ? [] : ['']),
    `${runner === 'vitest' ? 'it' : 'test'}(${quote(`${target} does what it did as ${id}`)}, () =>`,
    '  withTestHost(',
    '    {',
    `      ${codeOf(test)}`,
    ...(test.startedAt === null ? [] : [`      now: ${quote(new Date(test.startedAt).toISOString())},`]),
    ...(fakes.length === 0 ? [] : ['      fakes: {', ...fakes.map((line) => `        ${line}`), '      },']),
    '    },',
    '    async (host) => {',
    ...expectationOf(test, isEmpty).map((line) => `      ${line}`),
    '    },',
    '  ));',
    '',
  ].join('\n');
}

function headOf({ id, target, attempt, startedAt, calls, by }: ExportedTest): string[] {
  const when =
    startedAt === null
      ? ', which never ran'
      : `, attempt ${attempt}, as it ran at ${new Date(startedAt).toISOString()}`;
  const kept = calls?.made ?? [];
  const missing = [
    ...((calls?.leftOut ?? 0) > 0
      ? [`${calls?.leftOut ?? 0} more calls were not kept: their functions are the real ones.`]
      : []),
    ...(kept.some(({ outcome }) => outcome.kind === 'answered' && 'bytes' in outcome.payload)
      ? ['An answer was too large to be kept: write it where the fake says so.']
      : []),
  ];
  return [
    '/**',
    ` * ${comment(id)} of ${comment(target)}${when}. Written by ${by}.`,
    ' *',
    ' * It holds while the function does what it did then. Mend the function, and say here what it should do instead.',
    ...missing.map((line) => ` * ${line}`),
    ' */',
  ];
}

function importsOf(runner: ExportRunner, usesFake: boolean): string[] {
  const names = usesFake ? 'fake, withTestHost' : 'withTestHost';
  switch (runner) {
    case 'vitest':
      return [`import { ${names} } from '@edgefc/testkit';`, `import { expect, it } from 'vitest';`];
    case 'jest':
      return [`const { join } = require('node:path');`, `const { ${names} } = require('@edgefc/testkit');`];
    case 'node':
      return [
        `import assert from 'node:assert/strict';`,
        `import test from 'node:test';`,
        `import { ${names} } from '@edgefc/testkit';`,
      ];
  }
}

function codeOf({ code, target, runner }: ExportedTest): string {
  const place = (path: string): string =>
    runner === 'jest' ? `join(__dirname, ${quote(path)})` : `new URL(${quote(path)}, import.meta.url)`;
  return 'config' in code
    ? `config: ${place(code.config)},`
    : `functions: { ${quote(target)}: ${place(code.handler)} },`;
}

/** A fake a function, with its answers in the order in which they were given; the last one repeats. */
function fakesOf(made: readonly NestedCall[]): string[] {
  const byTarget = new Map<string, string[]>();
  for (const call of made) {
    const answers = byTarget.get(call.target) ?? [];
    answers.push(answerOf(call));
    byTarget.set(call.target, answers);
  }
  return [...byTarget].map(([target, answers]) => {
    const same = answers.every((answer) => answer === answers[0]);
    return `${quote(target)}: ${same ? (answers[0] ?? '') : `fake.sequence(${answers.join(', ')})`},`;
  });
}

function answerOf({ outcome }: NestedCall): string {
  switch (outcome.kind) {
    // What it did later is no part of what its caller saw.
    case 'accepted':
      return quote('');
    case 'refused':
      return outcome.code === 'ResourceExhausted'
        ? `fake.throttle(${quote(outcome.message)})`
        : `fake.refuse(${quote(outcome.code)}, ${quote(outcome.message)})`;
    case 'answered': {
      const { payload, functionError } = outcome;
      if (functionError === null) return writeKept(payload);
      const { errorType, errorMessage } = readError(payload);
      return functionError === 'Handled'
        ? `fake.error(${quote(errorMessage)}, { name: ${quote(errorType)} })`
        : `fake.unhandled(${quote(errorType)}, ${quote(errorMessage)})`;
    }
  }
}

function readError(payload: KeptPayload): { errorType: string; errorMessage: string } {
  const unknown = { errorType: 'Error', errorMessage: 'an error that was too large to be kept' };
  if (!('text' in payload)) return unknown;
  try {
    return { ...unknown, ...(JSON.parse(payload.text) as object) };
  } catch {
    return { ...unknown, errorMessage: payload.text };
  }
}

function expectationOf(test: ExportedTest, isEmpty: boolean): string[] {
  const { outcome, runner, target } = test;
  const context = test.invokerContext === undefined ? '' : ', { invokerContext }';
  const call = `await host.invoke(${quote(target)}${isEmpty ? '' : `, event${context}`});`;
  const same = (actual: string, expected: string): string =>
    runner === 'node' ? `assert.deepEqual(${actual}, ${expected});` : `expect(${actual}).toEqual(${expected});`;
  switch (outcome.kind) {
    case 'unknown':
      return [`const { functionError } = ${call}`, same('functionError', 'null')];
    case 'succeeded':
      return [
        `const { payload, functionError } = ${call}`,
        same('functionError', 'null'),
        same('payload', writeBytes(outcome.payload)),
      ];
    case 'failed':
      if (outcome.functionError === null) {
        // The instance was lost or the call throttled: nothing of the function's that could be seen again.
        return [
          `// Then there was no answer of the function: ${comment(outcome.errorType)}: ${comment(outcome.errorMessage)}`,
          `const { functionError } = ${call}`,
          same('functionError', 'null'),
        ];
      }
      return [
        `const { error, functionError } = ${call}`,
        same('functionError', quote(outcome.functionError)),
        same('error?.errorType', quote(outcome.errorType)),
        same('error?.errorMessage', quote(outcome.errorMessage)),
      ];
  }
}

function writeKept(payload: KeptPayload): string {
  if ('text' in payload) return quote(payload.text);
  if ('base64' in payload) return `Buffer.from(${quote(payload.base64)}, 'base64')`;
  return `fake.error(${quote(`this answer had ${payload.bytes} bytes, which were not kept: write it here`)})`;
}

function writeBytes(payload: string | Uint8Array): string {
  if (typeof payload === 'string') return quote(payload);
  return `Buffer.from(${quote(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('base64'))}, 'base64')`;
}

/** As the house style has it: single quotes where nothing needs escaping. */
function quote(text: string): string {
  return /^[^'"\\\p{C}\u2028\u2029]*$/u.test(text)
    ? `'${text}'`
    : JSON.stringify(text).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}

/** On one line, and unable to end the comment. */
function comment(text: string): string {
  return text.replaceAll('*/', '* /').replaceAll(/\s+/gu, ' ').slice(0, 200);
}
