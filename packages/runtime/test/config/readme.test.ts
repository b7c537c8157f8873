/** README.md says what the code does: every setting is in its tables, with the default that it really has. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createConfigSchema } from '../../src/config/schema.ts';
import { makeConfigDirectory } from './support.ts';

const README = readFileSync(join(import.meta.dirname, '..', '..', '..', '..', 'README.md'), 'utf8');

/** What is between a heading and the next one. */
function section(heading: string): string {
  const [, after = ''] = README.split(`\n## ${heading}\n`);
  return after.split('\n## ')[0] ?? '';
}

interface Setting {
  readonly name: string;
  /** As it is written; `undefined` where the table has none, or says it in words. */
  readonly default: string | undefined;
}

/** The settings of both tables; a row with several has as many defaults, or one, or none. */
function settings(): Setting[] {
  const rows = section('Configuration').match(/^\| `.*$/gm) ?? [];
  return rows.flatMap((row) => {
    const [, names = '', defaults = ''] = row.split('|');
    const values = quoted(defaults);
    return quoted(names).map((name, index) => ({ name, default: values[index] }));
  });
}

function quoted(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text);
}

/** Groups of settings, of the file and of a function; lists and names are no groups. */
const FILE_GROUPS = ['limits', 'limits.results', 'limits.deadLetters', 'log'];
const FUNCTION_GROUPS = ['retry'];

/** `value` below a dotted key: `a.b` is `{ a: { b: value } }`. */
function nest(key: string, value: unknown): object {
  return key.split('.').reduceRight<unknown>((inner, part) => ({ [part]: inner }), value) as object;
}

/** Every key that may be set, those of groups as `group.key`. */
function knownKeys(): Set<string> {
  const schema = createConfigSchema();
  const ask = (config: object): readonly string[] => schema.unknownKeys(config)[0]?.known ?? [];
  const inFunction = (settings: object): object => ({ services: { S: { functions: { f: settings } } } });
  const all = [
    ...ask(inFunction({ '?': 1 })),
    ...FUNCTION_GROUPS.flatMap((group) => ask(inFunction(nest(`${group}.?`, 1))).map((key) => `${group}.${key}`)),
    ...ask({ '?': 1 }),
    ...FILE_GROUPS.flatMap((group) => ask(nest(`${group}.?`, 1)).map((key) => `${group}.${key}`)),
  ];
  const notSettings = ['services', 'defaults', ...FILE_GROUPS, ...FUNCTION_GROUPS];
  return new Set(all.filter((key) => !notSettings.includes(key)));
}

describe('the README', () => {
  it('lists every setting, and none that is not there', () => {
    expect(
      settings()
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual([...knownKeys()].toSorted());
  });

  it('names the defaults that they have', async () => {
    const directory = makeConfigDirectory();
    const resolve = async (file: object, own: object = {}): Promise<unknown> => {
      const config = { ...file, services: { S: { functions: { f: { codeUri: 'code', ...own } } } } };
      const { definition, log } = await directory.load(config);
      return { definition, log };
    };
    const expected = await resolve({});
    const literals = settings().filter((setting) => /^'.*'$|^\d+$/.test(setting.default ?? ''));
    expect(literals.length).toBeGreaterThan(15);
    for (const { name, default: text = '' } of literals) {
      const value: unknown = text.startsWith("'") ? text.slice(1, -1) : Number(text);
      const ofFile = ['gracePeriod', 'dataDir', 'maxMemory'].includes(name) || /^(?:limits|log)\./.test(name);
      const actual = ofFile ? resolve(nest(name, value)) : resolve({}, nest(name, value));
      expect(await actual, `${name} is by default ${text}`).toEqual(expected);
    }
  });

  it.each([
    ['isolation contains failures, not malice', /contains failures, not malice.*every file.*every connection/s],
    ['a thread has the working directory of the host', /^\| working directory .*`codeUri`.*the host's/m],
    ['TZ has no effect in a thread', /^\| time zone .*`TZ` in its environment has no effect/m],
    ['heap exhaustion in a thread can take the host down', /\(the heap\) .*can take the host down/],
    ['so can native code that crashes', /^\| a crash in native code .*takes the host down/m],
    ['a thread that blocks in native code is given up after 1 s', /native call that blocks .*given up after 1 s/],
  ])('says what isolation does not do: %s', (_what, text) => {
    expect(section('What isolation does and does not do')).toMatch(text);
  });
});
