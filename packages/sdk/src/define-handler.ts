/**
 * defineHandler: a handler that speaks values instead of text, with JSON on the wire and, if wanted, a schema before it.
 */
import { describeValue, reasonOf } from './describe-value.ts';
import { invalid } from './errors.ts';
import { NonRetryableError } from './function-error.ts';
import type { AsyncHandler, Context, Event } from './handler.ts';
import { toJson } from './json.ts';
import { asText } from './payload.ts';

/** The part of Standard Schema (standardschema.dev, version 1) that validation needs. */
export interface StandardSchema<In = unknown, Out = In> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Out> | PromiseLike<SchemaResult<Out>>;
    readonly types?: { readonly input: In; readonly output: Out } | undefined;
  };
}

type SchemaResult<Out> =
  { readonly value: Out; readonly issues?: undefined } | { readonly issues: readonly SchemaIssue[] };

interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** A handler that carries the types of its input and its output for {@link functionRef}. */
export interface TypedHandler<In, Out> extends AsyncHandler<Event, string> {
  /** Types only; there is nothing at run time. */
  readonly '~types'?: { readonly input: In; readonly output: Out };
}

export interface DefineHandlerOptions<In, Out> {
  /** What the input must be: any Standard Schema (zod, valibot, arktype, …). */
  readonly input: StandardSchema<In, Out>;
}

/** Most issues that an error message lists; a long array of wrong items says the same thing over and over. */
const MAX_ISSUES = 10;

/**
 * Makes a handler of a function from a value to a value; input and output are JSON on the wire.
 *
 * Input that is not JSON, or that the schema refuses, fails the invocation as `Handled` with the errorType
 * `InvalidInput`, and is not tried again. Nothing sent is `undefined`; a result of `undefined` is the empty string.
 *
 * @example
 * export const handler = defineHandler((input: { who: string }) => ({ greeting: `Hello, ${input.who}.` }));
 */
export function defineHandler<In = unknown, Out = unknown>(
  run: (input: In, context: Context) => Out | PromiseLike<Out>,
): TypedHandler<In, Awaited<Out>>;
/**
 * The same with a Standard Schema: `run` is given what the schema makes of the input.
 *
 * @example
 * export const handler = defineHandler({ input: z.object({ who: z.string() }) }, ({ who }) => `Hello, ${who}.`);
 */
export function defineHandler<In, Parsed, Out = unknown>(
  options: DefineHandlerOptions<In, Parsed>,
  run: (input: Parsed, context: Context) => Out | PromiseLike<Out>,
): TypedHandler<In, Awaited<Out>>;
export function defineHandler(
  first: ((input: unknown, context: Context) => unknown) | DefineHandlerOptions<unknown, unknown>,
  second?: (input: unknown, context: Context) => unknown,
): TypedHandler<unknown, unknown> {
  const schema = typeof first === 'function' ? undefined : schemaOf(first);
  const run: unknown = typeof first === 'function' ? first : second;
  if (!isFunction(run)) {
    throw invalid(
      `defineHandler: the handler is ${describeValue(run)}; pass defineHandler(fn) or defineHandler({ input: schema }, fn).`,
    );
  }
  return async (event, context) => {
    const value = decode(event);
    const input = schema === undefined ? value : await validate(schema, value);
    return encode(await run(input, context));
  };
}

function isFunction(value: unknown): value is (input: unknown, context: Context) => unknown {
  return typeof value === 'function';
}

function schemaOf(options: DefineHandlerOptions<unknown, unknown>): StandardSchema {
  const schema: unknown = (options as DefineHandlerOptions<unknown, unknown> | null | undefined)?.input;
  if (isStandardSchema(schema)) return schema;
  throw invalid(
    `defineHandler: input is ${describeValue(schema)}; it must be a Standard Schema (an object, or a function, with "~standard"), ` +
      'such as a schema of zod 3.24 or newer.',
  );
}

function isStandardSchema(value: unknown): value is StandardSchema {
  // Some libraries' schemas are functions.
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  if (!('~standard' in value)) return false;
  const standard = value['~standard'];
  return (
    typeof standard === 'object' &&
    standard !== null &&
    'validate' in standard &&
    typeof standard.validate === 'function'
  );
}

function decode(event: Event): unknown {
  const text = asText(event);
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidInput(
      `The input is not JSON (${reasonOf(error)}); ` + 'send JSON.stringify(value), or call through functionRef.',
      { cause: error },
    );
  }
}

async function validate(schema: StandardSchema, value: unknown): Promise<unknown> {
  const result = await schema['~standard'].validate(value);
  if (result.issues === undefined) return result.value;
  const lines = result.issues.slice(0, MAX_ISSUES).map((issue) => `${pathOf(issue)}: ${issue.message}`);
  const more = result.issues.length - lines.length;
  throw new InvalidInput(`The input is not valid: ${lines.join('; ')}${more > 0 ? `; and ${String(more)} more` : ''}.`);
}

/** `items[0].name`; `input` for the value as a whole. */
function pathOf(issue: SchemaIssue): string {
  let path = '';
  for (const segment of issue.path ?? []) {
    const key = typeof segment === 'object' ? segment.key : segment;
    if (typeof key === 'number' || (typeof key === 'string' && /^\d+$/.test(key))) path += `[${String(key)}]`;
    else path += path === '' ? String(key) : `.${String(key)}`;
  }
  return path === '' ? 'input' : path;
}

function encode(result: unknown): string {
  try {
    return toJson(result) ?? '';
  } catch (error) {
    throw new TypeError(
      `The result cannot be sent as JSON (${reasonOf(error)}); ` + 'return plain values without cycles and BigInts.',
      { cause: error },
    );
  }
}

/** What the invoker sees as errorType `InvalidInput`. The same input fails again, so it is not retried. */
class InvalidInput extends NonRetryableError {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'InvalidInput';
  }
}
