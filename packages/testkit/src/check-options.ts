/** What a test said that cannot be meant: it would be passed over in silence, and the test would pass for the wrong reason. */
import type { ConfigProblem } from '@edgefc/runtime/testing';
import { describeValue, nearestNames } from '@edgefc/sdk/internal';
import { TestHostError } from './errors.ts';

interface Given {
  readonly functions?: object;
  readonly fakes?: object;
  readonly defaults?: object | undefined;
  readonly limits?: object | undefined;
}

/** @throws TestHostError */
export function refuseUnknownOptions(options: Given, known: readonly string[]): void {
  for (const [name, value] of [
    ['functions', options.functions],
    ['fakes', options.fakes],
  ] as const) {
    if (value !== undefined && (typeof value !== 'object' || Array.isArray(value))) {
      throw new TestHostError(`${name} is ${describeValue(value)}: give an object by 'Service/function'`);
    }
  }
  for (const [key, value] of Object.entries(options.functions ?? {})) {
    const given: unknown = value;
    if (typeof given === 'string' || typeof given === 'function' || (typeof given === 'object' && given !== null))
      continue;
    throw new TestHostError(
      `functions['${key}'] is ${describeValue(given)}: give a handler, its place such as './pump/index.handler', or settings with a handler`,
    );
  }
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const [near] = nearestNames(unknown, known);
  const mend = near === undefined ? `there are ${known.join(', ')}` : `did you mean '${near}'?`;
  throw new TestHostError(`createTestHost: there is no option '${unknown}'; ${mend}`);
}

/**
 * A setting that is none: a host passes it over with a warning, and a test has nobody who reads that.
 *
 * @param warnings - about the configuration that the options became part of
 * @throws TestHostError
 */
export function refuseUnknownSettings(
  { functions = {}, defaults, limits }: Given,
  warnings: readonly ConfigProblem[],
): void {
  const own = Object.keys(functions).map((key) => `services.${key.replace('/', '.functions.')}.`);
  if (defaults !== undefined) own.push('defaults.');
  if (limits !== undefined) own.push('limits.');
  const found = warnings.find(({ key }) => own.some((prefix) => key.startsWith(prefix)));
  if (found !== undefined)
    throw new TestHostError(`createTestHost: ${found.key}: ${found.message.replace('key, ignored', 'setting')}`);
}

/**
 * A fake of a function that a whole configuration does not have: on the gateway there is nobody of that name.
 *
 * @param where - as the test wrote it
 * @param configured - what the configuration has and the test adds to it; undefined: there is no whole configuration
 * @throws TestHostError
 */
export function refuseUnconfiguredFake(where: string, key: string, configured: ReadonlySet<string> | undefined): void {
  if (configured === undefined || configured.has(key)) return;
  const near = nearestNames(key, configured)[0];
  const mend = near === undefined ? `it has ${[...configured].sort().join(', ')}.` : `did you mean '${near}'?`;
  throw new TestHostError(
    `${where}: the configuration has no function '${key}', so calls to it fail on the gateway; ${mend} ` +
      `A function that is still to be added: give it in \`functions\`, as functions: { '${key}': async () => … }`,
  );
}
