/**
 * What can be wrong with a configuration: one record a problem, one error for all of them.
 *
 * A problem prints as `file:line: key: what was found, what is allowed`; the parts that are not known are left out.
 */

export interface ConfigProblem {
  /** The file as the person named it. */
  readonly file: string | undefined;
  /** 1-based. */
  readonly line: number | undefined;
  /** `services.EdgeFC.functions.helloworld.timeout`; empty for the file as a whole. */
  readonly key: string;
  readonly message: string;
}

/** A configuration that cannot be used; holds every problem, not only the first. */
export class ConfigError extends Error {
  readonly code = 'ConfigError';
  readonly problems: readonly ConfigProblem[];
  /** What would only have been warned about: a mistyped key is often the cause of a missing one. */
  readonly warnings: readonly ConfigProblem[];

  constructor(
    problems: readonly ConfigProblem[],
    options: { warnings?: readonly ConfigProblem[]; cause?: unknown } = {},
  ) {
    super(problems.map(formatProblem).join('\n'), 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'ConfigError';
    this.problems = problems;
    this.warnings = options.warnings ?? [];
  }
}

/** The problem as one line. */
export function formatProblem(problem: ConfigProblem): string {
  const line = problem.line === undefined ? '' : `:${problem.line}`;
  const where = problem.file === undefined ? '' : `${problem.file}${line}: `;
  const key = problem.key === '' ? '' : `${problem.key}: `;
  return `${where}${key}${problem.message}`;
}

/** A key path as people write it; a key that is not a plain name is quoted. */
export function formatKey(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      const text = String(part);
      const shown = /^[A-Za-z_$][\w$-]*$/.test(text) ? text : JSON.stringify(text);
      return index === 0 ? shown : `.${shown}`;
    })
    .join('');
}

/** A value as a message shows it: short, quoted, and with its kind where the kind is what is wrong. */
export function showValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}…` : value);
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'undefined':
      return 'nothing';
    case 'function':
      return 'a function';
    case 'symbol':
      return 'a symbol';
    case 'object':
      if (value === null) return 'null';
      if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
      return Object.keys(value).length === 0 ? 'an empty object' : 'an object';
  }
}
