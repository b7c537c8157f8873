/**
 * Reads JSON, and says where it is broken: the platform's parser names a line for some mistakes and not for others.
 */

export type JsonReading =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly line: number; readonly message: string };

/** Parses `text`. */
export function readJson(text: string): JsonReading {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    const mistake = findMistake(text);
    // The platform is the judge; should the two ever disagree, its own words are all there is.
    if (mistake === undefined) return { ok: false, line: 1, message: `not valid JSON: ${String(error)}` };
    const before = text.slice(0, mistake.offset).split('\n');
    const column = (before.at(-1)?.length ?? 0) + 1;
    const rest = text.slice(mistake.offset);
    const found = rest === '' ? 'the end of the file' : JSON.stringify(/^(?:[\w$]+|\/[/*]|.)/su.exec(rest)?.[0] ?? '');
    const hint = /^\/[/*]/.test(rest) ? '; JSON has no comments' : '';
    return {
      ok: false,
      line: before.length,
      message: `not valid JSON: found ${found} in column ${column}, allowed ${mistake.expected}${hint}`,
    };
  }
}

interface Mistake {
  readonly offset: number;
  readonly expected: string;
}

const SPACE = /[ \t\r\n]*/y;
const SCALARS = [
  // Control characters are what a string may not hold as they are.
  String.raw`"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"`,
  String.raw`-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])`,
  String.raw`(?:true|false|null)(?!\w)`,
];
const SCALAR = new RegExp(SCALARS.join('|'), 'y');

/** What may come next; a stack of these and of the open brackets is the whole grammar. */
type Expectation = 'value' | 'firstKey' | 'key' | 'colon' | 'firstItem' | 'next';

const NAMES = {
  value: 'a value',
  firstKey: 'a key in double quotes or "}"',
  key: 'a key in double quotes',
  colon: '":"',
  firstItem: 'a value or "]"',
  next: '"," or the closing bracket',
} as const satisfies Record<Expectation, string>;

/** Walks the text by the grammar, up to the first place where it is broken. */
function findMistake(text: string): Mistake | undefined {
  const open: ('{' | '[')[] = [];
  let expected: Expectation = 'value';
  let offset = 0;
  for (;;) {
    offset += match(SPACE, text, offset);
    const innermost = open.at(-1);
    if (expected === 'next' && innermost === undefined) {
      return offset === text.length ? undefined : { offset, expected: 'the end of the file' };
    }
    const character = text[offset];
    const closes = character === (innermost === '{' ? '}' : ']');
    if (closes && (expected === 'next' || expected === 'firstKey' || expected === 'firstItem')) {
      open.pop();
      expected = 'next';
      offset += 1;
    } else if (expected === 'next' && character === ',') {
      expected = innermost === '{' ? 'key' : 'value';
      offset += 1;
    } else if (expected === 'colon' && character === ':') {
      expected = 'value';
      offset += 1;
    } else if ((expected === 'value' || expected === 'firstItem') && (character === '{' || character === '[')) {
      open.push(character);
      expected = character === '{' ? 'firstKey' : 'firstItem';
      offset += 1;
    } else {
      const isKey: boolean = expected === 'firstKey' || expected === 'key';
      const takesScalar = isKey ? character === '"' : expected === 'value' || expected === 'firstItem';
      const length = takesScalar ? match(SCALAR, text, offset) : 0;
      if (length === 0) return { offset, expected: NAMES[expected] };
      expected = isKey ? 'colon' : 'next';
      offset += length;
    }
  }
}

function match(pattern: RegExp, text: string, offset: number): number {
  pattern.lastIndex = offset;
  return pattern.exec(text)?.[0].length ?? 0;
}
