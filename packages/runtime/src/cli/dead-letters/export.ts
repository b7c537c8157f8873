/** `edgefc dead-letters export <id>`: a dead letter as a test file that reproduces it. */
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { decodeInvokerContext } from '@edgefc/sdk/internal';
import type { InvocationDetails } from '../../engine/async-api.ts';
import { refused } from '../../engine/invocation/outcome.ts';
import { fromWire } from '../../engine/protocol.ts';
import { isDead } from '../../engine/queue/work.ts';
import { EXPORT_RUNNERS, writeTestFile, type ExportRunner } from '../../export/test-file.ts';
import type { ShowOptions } from '../async/show.ts';
import { print, type CliContext } from '../context.ts';
import { ExitCode } from '../exit-codes.ts';
import { findConfig } from '../../config/find.ts';
import { withTarget } from '../open-target.ts';
import { printRefusal } from '../print-outcome.ts';
import { UsageError } from '../usage-error.ts';

export interface ExportOptions extends ShowOptions {
  readonly out?: string;
  readonly runner?: string;
  readonly force?: boolean;
}

export async function exportDeadLetter(id: string, options: ExportOptions, context: CliContext): Promise<number> {
  const runner = readRunner(options.runner);
  const { cwd } = context.facts;
  const out = options.out === undefined ? undefined : resolve(cwd, options.out);
  if (out !== undefined) checkOut(out, options.force === true);
  const config = resolve(cwd, options.config ?? findConfig(cwd));
  return withTarget('edgefc dead-letters export', options, context, async ({ api }) => {
    const json = options.json === true;
    const found = await api.async.get(id, options.function);
    if (found.kind === 'refused') return printRefusal(found, context, json);
    const { state, function: target } = found.value;
    if (!isDead(state)) {
      const message = `${id} of ${target} is ${state}, and no dead letter; only what has failed for good can be exported`;
      return printRefusal(refused('InvalidArgument', message), context, json);
    }
    const text = writeDeadLetter(found.value, runner, toRelative(out === undefined ? cwd : dirname(out), config));
    if (out === undefined) {
      await print(context.stdout, json ? `${JSON.stringify({ id, test: text })}\n` : text);
      return ExitCode.Ok;
    }
    writeFileSync(out, text);
    const named = relative(cwd, out);
    await print(
      context.stdout,
      json ? `${JSON.stringify({ id, file: out })}\n` : `${named} tells ${id} of ${target}\n`,
    );
    return ExitCode.Ok;
  });
}

function writeDeadLetter(details: InvocationDetails, runner: ExportRunner, config: string): string {
  const { id, function: target, attempt, startedAt, payload, invokerContext, calls, errors } = details;
  const last = errors.at(-1);
  return writeTestFile({
    id,
    target,
    attempt: last?.attempt ?? attempt,
    startedAt,
    payload: payload === null ? '' : fromWire(payload),
    invokerContext: readContext(invokerContext),
    calls,
    outcome: last === undefined ? { kind: 'unknown' } : { kind: 'failed', ...last },
    code: { config },
    runner,
    by: 'edgefc dead-letters export',
  });
}

function readContext(base64: string | null): unknown {
  if (base64 === null) return undefined;
  const decoded = decodeInvokerContext(base64);
  return decoded.kind === 'context' ? decoded.value : undefined;
}

function readRunner(runner = 'vitest'): ExportRunner {
  const known = EXPORT_RUNNERS.find((one) => one === runner);
  if (known === undefined) {
    throw new UsageError(`--runner is ${runner}: allowed ${EXPORT_RUNNERS.join(', ')}`);
  }
  return known;
}

function checkOut(out: string, force: boolean): void {
  if (statSync(dirname(out), { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new UsageError(`--out names ${out}, and there is no directory ${dirname(out)}`);
  }
  if (!force && existsSync(out)) {
    throw new UsageError(`--out names ${out}, which exists; name another file, or write over it with --force`);
  }
}

/** As `new URL` and `join` take it: with a dot in front. */
function toRelative(from: string, to: string): string {
  const path = relative(from, to).replaceAll('\\', '/');
  return path.startsWith('.') ? path : `./${path}`;
}
