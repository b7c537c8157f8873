/**
 * Where in the file a key stands, and which keys stand there twice: what evaluating the file cannot tell.
 *
 * A tolerant tokenizer over JSON, JavaScript and TypeScript: it knows strings, templates, comments, regular
 * expressions and brackets, and no grammar beyond that. It follows the object literal that holds `services` through
 * values that are written out as literals; what is computed, spread or imported has no line of its own, and the
 * nearest written key answers for it. So a line may be missing or coarse, and is never another key's, and
 * a duplicate is reported only where one literal holds the same key twice.
 */

export interface DuplicateKey {
  readonly path: readonly string[];
  readonly line: number;
  readonly firstLine: number;
}

export interface ConfigSource {
  /** The file as the person named it. */
  readonly file: string;
  readonly duplicates: readonly DuplicateKey[];
  /** The line (1-based) of the deepest part of `path` that is written in the file. */
  locate(path: readonly PropertyKey[]): number | undefined;
}

/** Scans the text of a configuration file. */
export function scanSource(file: string, text: string): ConfigSource {
  const root = findRoot(file, text);
  const duplicates: DuplicateKey[] = [];
  if (root !== undefined) collectDuplicates(root, [], duplicates);
  return {
    file,
    duplicates,
    locate(path) {
      let line = root?.line;
      let node = root;
      for (const part of path) {
        const entry = node?.entries.findLast((candidate) => candidate.key === String(part));
        if (entry === undefined) break;
        line = entry.line;
        node = entry.value;
      }
      return line;
    },
  };
}

/** Whether the text is an ES module by what it says: it exports, or imports statically. */
export function hasModuleSyntax(text: string): boolean {
  let depth = 0;
  let previous: Token | undefined;
  for (const token of tokenize(text)) {
    if (depth === 0 && previous?.kind === 'name' && /^(?:import|export)$/.test(previous.text)) {
      // `import(…)` and `import.meta` are expressions; as a property, `x.export` is neither.
      if (!isPunctuator(token, '(', '.', '=', ':')) return true;
    }
    if (isPunctuator(token, '{', '(', '[')) depth += 1;
    if (isPunctuator(token, '}', ')', ']')) depth -= 1;
    previous = isPunctuator(previous, '.') ? undefined : token;
  }
  return false;
}

/** An object literal; or a list, whose keys are the numbers of its elements. */
interface ObjectNode {
  readonly line: number;
  readonly entries: ObjectEntry[];
  readonly isList: boolean;
  /** Whether this is what the file exports, by the words before it. */
  readonly exported: boolean;
}

interface ObjectEntry {
  readonly key: string;
  readonly line: number;
  /** Set when the value is written out as an object literal. */
  value: ObjectNode | undefined;
}

function collectDuplicates(node: ObjectNode, path: readonly string[], into: DuplicateKey[]): void {
  const seen = new Map<string, ObjectEntry>();
  for (const entry of node.entries) {
    const here = [...path, entry.key];
    const first = seen.get(entry.key);
    if (first === undefined) seen.set(entry.key, entry);
    else into.push({ path: here, line: entry.line, firstLine: first.line });
    if (entry.value !== undefined) collectDuplicates(entry.value, here, into);
  }
}

/** The object literal that is the configuration; none when more than one could be. */
function findRoot(file: string, text: string): ObjectNode | undefined {
  const outermost = parseObjects([...tokenize(text)]);
  if (file.endsWith('.json')) return outermost[0];
  const candidates = outermost.filter((node) => node.entries.some((entry) => entry.key === 'services'));
  const exported = candidates.filter((node) => node.exported);
  const [only, ...others] = exported.length > 0 ? exported : candidates;
  return others.length === 0 ? only : undefined;
}

interface Token {
  readonly kind: 'name' | 'string' | 'number' | 'punctuator' | 'opaque';
  readonly text: string;
  readonly line: number;
}

/** Every object literal (or block, which then has no keys) that is not the value of another one's key. */
function parseObjects(tokens: readonly Token[]): ObjectNode[] {
  const outermost: ObjectNode[] = [];
  const open: (ObjectNode | undefined)[] = [];
  tokens.forEach((token, index) => {
    const node = open.at(-1);
    const before = tokens[index - 1];
    if (node?.isList === true) {
      // After a spread nobody knows the number of an element.
      if (isPunctuator(token, '.') && isPunctuator(before, '[', ',')) open[open.length - 1] = undefined;
      else if (isPunctuator(before, '[', ',') && !isPunctuator(token, ']')) {
        node.entries.push({ key: String(node.entries.length), line: token.line, value: undefined });
      }
    }
    if (token.kind !== 'punctuator') return;
    const startsEntry = node?.isList === false && isPunctuator(tokens[index - 2], '{', ',');
    switch (token.text) {
      case '{':
      case '[': {
        const isList = token.text === '[';
        const created: ObjectNode = {
          line: token.line,
          entries: [],
          isList,
          exported: isExported(tokens, index),
        };
        // A value belongs to its key only right after `key:`; inside a conditional, say, it belongs to nobody.
        const entry = node?.entries.at(-1);
        const isValue =
          node?.isList === true
            ? isPunctuator(before, '[', ',')
            : isPunctuator(before, ':') && isPunctuator(tokens[index - 3], '{', ',') && isKey(tokens[index - 2]);
        if (isValue && entry !== undefined) entry.value = created;
        else if (!isList) outermost.push(created);
        open.push(isValue || !isList ? created : undefined);
        break;
      }
      case '(':
        open.push(undefined);
        break;
      case ':':
        if (node !== undefined && startsEntry && isKey(before)) addEntry(node, before);
        break;
      case ',':
      case '}':
        // Shorthand: `{ defaults, services }`.
        if (node !== undefined && startsEntry && before?.kind === 'name') addEntry(node, before);
        if (token.text === '}') open.pop();
        break;
      case ']':
      case ')':
        open.pop();
        break;
      default:
        break;
    }
  });
  return outermost;
}

function addEntry(node: ObjectNode, key: Token): void {
  node.entries.push({ key: key.text, line: key.line, value: undefined });
}

function isKey(token: Token | undefined): token is Token {
  return token?.kind === 'name' || token?.kind === 'string' || token?.kind === 'number';
}

function isPunctuator(token: Token | undefined, ...texts: readonly string[]): boolean {
  return token?.kind === 'punctuator' && texts.includes(token.text);
}

/** `export default {`, `export default defineConfig({`, `module.exports = {`. */
function isExported(tokens: readonly Token[], brace: number): boolean {
  let end = brace;
  if (isPunctuator(tokens[end - 1], '(') && tokens[end - 2]?.text === 'defineConfig') end -= 2;
  const [first, second] = [tokens[end - 2]?.text, tokens[end - 1]?.text];
  return (first === 'export' && second === 'default') || (first === 'exports' && second === '=');
}

const NAME = /[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/uy;
const NUMBER = /\d[\w.]*/y;
const SPACE = /\s+/y;
const LINE_COMMENT = /\/\/[^\n]*/y;
const BLOCK_COMMENT = /\/\*[\s\S]*?(?:\*\/|$)/y;
const QUOTED = /"(?:[^"\\\n]|\\[\s\S])*"?|'(?:[^'\\\n]|\\[\s\S])*'?/y;
const REGULAR_EXPRESSION = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;

/** After one of these a slash starts a regular expression, although it follows a word. */
const WORDS_BEFORE_EXPRESSION = new Set(['return', 'typeof', 'case', 'in', 'of', 'void', 'delete', 'default', 'await']);

function* tokenize(text: string): Generator<Token> {
  let position = text.startsWith('\ufeff') ? 1 : 0;
  let line = 1;
  let previous: Token | undefined;
  /** One entry for each open brace: whether it is the `${` of a template. */
  const braces: boolean[] = [];

  while (position < text.length) {
    const start = line;
    let token: Token | undefined;
    const character = text[position] ?? '';
    if (take(SPACE) !== undefined || take(LINE_COMMENT) !== undefined || take(BLOCK_COMMENT) !== undefined) continue;
    if (character === '`') {
      token = template();
    } else if (character === '}' && braces.at(-1) === true) {
      braces.pop();
      token = template();
    } else if (character === '/' && slashStartsExpression(previous)) {
      const found = take(REGULAR_EXPRESSION);
      token = found === undefined ? punctuator() : { kind: 'opaque', text: found, line: start };
    } else {
      token = quoted() ?? word('name', NAME) ?? word('number', NUMBER) ?? punctuator();
    }
    if (isPunctuator(token, '{')) braces.push(false);
    else if (isPunctuator(token, '}')) braces.pop();
    previous = token;
    yield token;
  }

  function take(pattern: RegExp): string | undefined {
    pattern.lastIndex = position;
    const found = pattern.exec(text)?.[0];
    if (found === undefined || found === '') return undefined;
    position += found.length;
    line += countNewlines(found);
    return found;
  }

  function word(kind: Token['kind'], pattern: RegExp): Token | undefined {
    const start = line;
    const found = take(pattern);
    return found === undefined ? undefined : { kind, text: found, line: start };
  }

  function quoted(): Token | undefined {
    const start = line;
    const found = take(QUOTED);
    return found === undefined ? undefined : { kind: 'string', text: unquote(found), line: start };
  }

  function punctuator(): Token {
    const start = line;
    const found = text[position] ?? '';
    position += 1;
    return { kind: 'punctuator', text: found, line: start };
  }

  /** From the backquote, or the brace that ends a substitution, to the next backquote or substitution. */
  function template(): Token {
    const start = line;
    position += 1;
    while (position < text.length) {
      const character = text[position];
      if (character === '\\') {
        position += 2;
      } else if (character === '`') {
        position += 1;
        break;
      } else if (character === '$' && text[position + 1] === '{') {
        position += 2;
        braces.push(true);
        break;
      } else {
        if (character === '\n') line += 1;
        position += 1;
      }
    }
    return { kind: 'opaque', text: '`', line: start };
  }
}

function slashStartsExpression(previous: Token | undefined): boolean {
  if (previous === undefined) return true;
  if (previous.kind === 'name') return WORDS_BEFORE_EXPRESSION.has(previous.text);
  return previous.kind === 'punctuator' && !/[)\]}]/.test(previous.text);
}

function countNewlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

/** The text of a string literal; escapes as JSON has them, which is what keys use. */
function unquote(literal: string): string {
  const body = literal.slice(1, literal.length > 1 && literal.endsWith(literal.charAt(0)) ? -1 : undefined);
  if (!body.includes('\\')) return body;
  try {
    return String(JSON.parse(`"${body.replace(/\\'/g, "'").replace(/(?<!\\)"/g, '\\"')}"`));
  } catch {
    // An escape that only JavaScript has: such a key finds no line, which is all that is lost.
    return body;
  }
}
