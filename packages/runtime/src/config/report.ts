/** Collects what is wrong while a configuration is resolved, so that a person sees all of it at once. */
import { ConfigError, formatKey, type ConfigProblem } from './problems.ts';
import type { ConfigSource } from './source.ts';

export class Report {
  readonly problems: ConfigProblem[] = [];
  readonly warnings: ConfigProblem[] = [];
  readonly #source: ConfigSource | undefined;
  readonly #seen = new Set<string>();

  constructor(source: ConfigSource | undefined) {
    this.#source = source;
  }

  /** Says what is wrong with the value at `path`; only the first thing said of a value counts. */
  problem(path: readonly PropertyKey[], message: string, line?: number): void {
    const key = formatKey(path);
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.problems.push(this.#place(path, message, line));
  }

  /** Says what is wrong in another file that the configuration names; once, however many functions name it. */
  problemIn(file: string, line: number | undefined, message: string): void {
    const place = `${file}:${line ?? ''}`;
    if (this.#seen.has(place)) return;
    this.#seen.add(place);
    this.problems.push({ file, line, key: '', message });
  }

  warning(path: readonly PropertyKey[], message: string): void {
    this.warnings.push(this.#place(path, message));
  }

  /** Whether a problem was said of something within the value at `path`. */
  hasProblemIn(path: readonly PropertyKey[]): boolean {
    const within = `${formatKey(path)}.`;
    return this.problems.some(({ key }) => key.startsWith(within));
  }

  /** @throws ConfigError when there is a problem */
  throwIfAny(): void {
    if (this.problems.length > 0) throw new ConfigError(byLine(this.problems), { warnings: byLine(this.warnings) });
  }

  #place(path: readonly PropertyKey[], message: string, line = this.#source?.locate(path)): ConfigProblem {
    return { file: this.#source?.file, line, key: formatKey(path), message };
  }
}

/** In the order of the file; what has no line keeps its turn at the end. */
function byLine(problems: readonly ConfigProblem[]): ConfigProblem[] {
  return problems.toSorted((a, b) => (a.line ?? Infinity) - (b.line ?? Infinity) || 0);
}
