/**
 * Reads an `envFile`: `NAME=value` lines, strictly, because a mistyped line that is skipped is a missing variable.
 *
 *     # a comment
 *     PORT=8080             unquoted: up to the end of the line or ` #`, without the spaces around it
 *     export NAME=value     as a shell has it
 *     TEXT="two\nlines"     double quotes: \n \r \t \" \\ are escapes; may go over several lines
 *     RAW='as it is $HOME'  single quotes: no escapes; may go over several lines
 *
 * Nothing is expanded: `$HOME` stays `$HOME`.
 */

export interface EnvFileProblem {
  /** 1-based. */
  readonly line: number;
  readonly message: string;
}

export interface EnvFile {
  readonly variables: Readonly<Record<string, string>>;
  readonly problems: readonly EnvFileProblem[];
}

/** A name that shells, C libraries and Node agree on. */
export const VARIABLE_NAME: RegExp = /^[A-Za-z_][A-Za-z0-9_]*$/;

const ASSIGNMENT = /^(?:export[ \t]+)?([^=]*?)[ \t]*=[ \t]*/;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' };

/** Parses the text of an environment file; reports every bad line. */
export function parseEnvFile(text: string): EnvFile {
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  const problems: EnvFileProblem[] = [];
  const found = new Map<string, { value: string; line: number }>();

  for (let index = 0; index < lines.length; index += 1) {
    const line = index + 1;
    const content = (lines[index] ?? '').trim();
    if (content === '' || content.startsWith('#')) continue;
    const assignment = ASSIGNMENT.exec(content);
    const name = assignment?.[1];
    if (assignment === null || name === undefined) {
      // The line itself is not shown: it may hold a secret.
      problems.push({ line, message: `no "=" in the line, allowed NAME=value, an empty line or a # comment` });
      continue;
    }
    if (!VARIABLE_NAME.test(name)) {
      problems.push({
        line,
        message: `found the name ${JSON.stringify(name)}, allowed letters, digits and _, not starting with a digit`,
      });
      continue;
    }
    const rest = content.slice(assignment[0].length);
    const value = rest.startsWith('"') || rest.startsWith("'") ? quoted(rest, line) : unquoted(rest);
    if (value === undefined) continue;
    const first = found.get(name);
    if (first === undefined) found.set(name, { value, line });
    else problems.push({ line, message: `${name} is set twice, first on line ${first.line}; remove one` });

    /** Takes further lines while the quotes are open. */
    function quoted(start: string, opened: number): string | undefined {
      const quote = start.charAt(0);
      let body = start.slice(1);
      for (;;) {
        const end = closing(body, quote);
        if (end !== -1) {
          const after = body.slice(end + 1).trim();
          if (after !== '' && !after.startsWith('#')) {
            problems.push({
              line: index + 1,
              message: `something follows the closing ${quote}; quote the whole value`,
            });
            return undefined;
          }
          const inside = body.slice(0, end);
          return quote === '"'
            ? inside.replace(/\\([nrt"\\])/g, (_, escape: string) => ESCAPES[escape] ?? escape)
            : inside;
        }
        const next = lines[index + 1];
        if (next === undefined) {
          problems.push({ line: opened, message: `the ${quote} that opens the value is never closed` });
          return undefined;
        }
        index += 1;
        body += `\n${next}`;
      }
    }
  }
  return { variables: Object.fromEntries([...found].map(([name, { value }]) => [name, value])), problems };
}

/** Where the closing quote is; -1 when it is not in `body`. */
function closing(body: string, quote: string): number {
  for (let at = 0; at < body.length; at += 1) {
    if (quote === '"' && body[at] === '\\') at += 1;
    else if (body[at] === quote) return at;
  }
  return -1;
}

function unquoted(rest: string): string {
  const comment = /(?:^|[ \t])#/.exec(rest);
  return (comment === null ? rest : rest.slice(0, comment.index)).trim();
}
