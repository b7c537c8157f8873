/** Which dead letters a command is about: one, those of a function, or all; never all because nothing was said. */
import type { DeadLetterFilter } from '../../engine/async-api.ts';
import type { TargetOptions } from '../target-options.ts';
import { UsageError } from '../usage-error.ts';

export interface SelectOptions extends TargetOptions {
  readonly function?: string;
  readonly all?: boolean;
}

/** @throws UsageError when nothing, or more than one thing, was selected */
export function readSelection(command: string, id: string | undefined, options: SelectOptions): DeadLetterFilter {
  const { function: target, all = false } = options;
  const ways = `${command} <id>, ${command} --function <service/function>, or ${command} --all`;
  const given = [id !== undefined, target !== undefined, all].filter(Boolean).length;
  if (given === 0) throw new UsageError(`which dead letters? ${ways}`);
  if (given > 1) throw new UsageError(`an id, --function and --all exclude one another: ${ways}`);
  if (id !== undefined) return { id };
  return target === undefined ? {} : { function: target };
}

/** `1 dead letter`, `3 dead letters`. */
export function countDeadLetters(count: number): string {
  return count === 1 ? '1 dead letter' : `${count} dead letters`;
}
