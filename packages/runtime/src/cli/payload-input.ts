/** What `edgefc invoke` sends, and what options take: checked before anything is started. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { encodeInvokerContext } from '@edgefc/sdk/internal';
import { LONGEST_DURATION, readDuration } from '../config/units.ts';
import type { CliContext } from './context.ts';
import { UsageError } from './usage-error.ts';

/**
 * `--payload` is a String for the function, `--payload-file` a Buffer, byte for byte: the kind of the event never
 * depends on what happens to be in the file. Neither: nothing is sent, and the function sees an empty String.
 */
export async function readPayload(
  options: { readonly payload?: string; readonly payloadFile?: string },
  { stdin, facts }: CliContext,
): Promise<string | Uint8Array | undefined> {
  const { payload, payloadFile } = options;
  if (payloadFile === undefined) return payload;
  if (payloadFile === '-') return buffer(stdin);
  try {
    return await readFile(resolve(facts.cwd, payloadFile));
  } catch (error) {
    const why =
      error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'there is no such file' : reasonOf(error);
    throw new UsageError(
      `--payload-file ${payloadFile}: ${why}; looked for ${resolve(facts.cwd, payloadFile)}, '-' reads standard input`,
    );
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** `--context`: a JSON object, which the function sees as `context.invokerContext`. */
export function readContext(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`--context: not JSON: ${reasonOf(error)}; give an object such as '{"custom":{}}'`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UsageError(`--context: found ${text}, allowed a JSON object such as '{"custom":{}}'`);
  }
  return encodeInvokerContext({ ...value });
}

/** A duration that an option takes, in ms. */
export function readDurationOption(
  option: string,
  text: string | undefined,
  range: { readonly min: number; readonly max: number },
): number | undefined {
  if (text === undefined) return undefined;
  // A bare number comes as text here, and gets the message that a number gets in the configuration.
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  const reading = readDuration(value, { key: option, ...range });
  if (!reading.ok) throw new UsageError(`${option}: ${reading.wrong}`);
  return reading.value;
}

/** `--timeout`: ms. */
export function readTimeout(text: string | undefined): number | undefined {
  return readDurationOption('--timeout', text, { min: 1, max: LONGEST_DURATION });
}

/** A whole number that an option takes. */
export function readCount(
  option: string,
  text: string | undefined,
  { min, max }: { readonly min: number; readonly max: number },
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new UsageError(`${option}: found ${JSON.stringify(text)}, allowed a whole number from ${min} to ${max}`);
  }
  return value;
}
