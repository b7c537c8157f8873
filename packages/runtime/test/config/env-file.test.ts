import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEnvFile } from '../../src/config/env-file.ts';

describe('an environment file', () => {
  it('holds names and values, comments and quotes', () => {
    const { variables, problems } = parseEnvFile(
      [
        '\ufeff# a comment',
        '',
        'PORT=8080',
        'export NAME = spaced out  # a comment',
        'HASH=a#b',
        'EMPTY=',
        'EQUALS=a=b',
        `SINGLE='as it is $HOME \\n'`,
        'DOUBLE="two\\nlines \\"quoted\\"" # a comment',
        'KEY="-----BEGIN',
        'second line',
        '-----END"',
        'AFTER=1',
      ].join('\r\n'),
    );
    expect(problems).toEqual([]);
    expect(variables).toEqual({
      PORT: '8080',
      NAME: 'spaced out',
      HASH: 'a#b',
      EMPTY: '',
      EQUALS: 'a=b',
      SINGLE: 'as it is $HOME \\n',
      DOUBLE: 'two\nlines "quoted"',
      KEY: '-----BEGIN\nsecond line\n-----END',
      AFTER: '1',
    });
  });

  it('reports every bad line, and shows no value', () => {
    expect(parseEnvFile('PORT 8080\n2X=1\nA=1\nA=2\nB="x" y\nC="open\n').problems).toMatchInlineSnapshot(`
      [
        {
          "line": 1,
          "message": "no "=" in the line, allowed NAME=value, an empty line or a # comment",
        },
        {
          "line": 2,
          "message": "found the name "2X", allowed letters, digits and _, not starting with a digit",
        },
        {
          "line": 4,
          "message": "A is set twice, first on line 3; remove one",
        },
        {
          "line": 5,
          "message": "something follows the closing "; quote the whole value",
        },
        {
          "line": 6,
          "message": "the " that opens the value is never closed",
        },
      ]
    `);
  });

  it('gives back any value in double quotes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        fc.pre(!/[\r\0]/.test(value) && value.isWellFormed());
        const escaped = value.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n');
        expect(parseEnvFile(`A="${escaped}"\nB=1`)).toEqual({ variables: { A: value, B: '1' }, problems: [] });
      }),
    );
  });
});
