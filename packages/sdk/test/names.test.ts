import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildArnString, isName, parseTarget } from '../src/names.ts';
import { nearestNames } from '../src/nearest-names.ts';

const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,127}$/);

describe('a name', () => {
  it.each(['a', 'EdgeFC', 'hello-world_2', `x${'y'.repeat(127)}`])('may be %s', (text) => {
    expect(isName(text)).toBe(true);
  });

  it.each(['', '9lives', '-a', '_a', 'a b', 'a/b', 'a:b', 'é', 'a\n', `x${'y'.repeat(128)}`])(
    'may not be %j',
    (text) => {
      expect(isName(text)).toBe(false);
    },
  );
});

describe('a target', () => {
  it('is a name in every form that names a service and a function', () => {
    fc.assert(
      fc.property(name, name, (service, fn) => {
        const expected = { kind: 'name', service, function: fn };
        expect(parseTarget(`${service}/${fn}`)).toEqual(expected);
        expect(parseTarget(`service:${service}:function:${fn}`)).toEqual(expected);
        expect(parseTarget(buildArnString('', '', service, fn))).toEqual(expected);
        expect(parseTarget(buildArnString('cn-shanghai', '1234', service, fn))).toEqual(expected);
      }),
    );
  });

  it('is a name also with the longest names, and an id beyond them', () => {
    const longest = `x${'y'.repeat(127)}`;
    for (const form of [(n: string) => `${n}/${n}`, (n: string) => `service:${n}:function:${n}`]) {
      expect(parseTarget(form(longest))).toEqual({ kind: 'name', service: longest, function: longest });
      expect(parseTarget(form(`${longest}y`)).kind).toBe('id');
    }
  });

  it.each([
    'plain-id',
    'a/b/c',
    '/b',
    'a/',
    'a/9',
    'service:S',
    'service:S:function:',
    'acs:fc:cn-shanghai:service:S:function:F',
    'acs:fc:r:a:b:service:S:function:F',
    'acs:fc:::service:S:function:F\n',
  ])('is an id when it is %j', (text) => {
    expect(parseTarget(text)).toEqual({ kind: 'id', id: text });
  });

  it('never makes parsing fail', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(['name', 'id']).toContain(parseTarget(text).kind);
      }),
    );
  });
});

describe('buildArnString', () => {
  it('writes the ARN as Link IoT Edge does', () => {
    expect(buildArnString('', '', 'TestServiceName', 'TestFunctionName')).toBe(
      'acs:fc:::service:TestServiceName:function:TestFunctionName',
    );
  });
});

describe('nearestNames', () => {
  const candidates = ['EdgeFC/helloworld', 'EdgeFC/goodbye', 'EdgeFC/Invoker', 'Meter/read'];

  it.each([
    ['EdgeFC/helloWorld', ['EdgeFC/helloworld']],
    ['EdgeFC/helowrold', ['EdgeFC/helloworld']],
    ['Metre/read', ['Meter/read']],
    ['nothing-like-it-at-all', []],
  ])('finds what %s was meant to be', (wanted, expected) => {
    expect(nearestNames(wanted, candidates)).toEqual(expected);
  });

  it('puts the nearest first and gives at most so many', () => {
    expect(nearestNames('abcd', ['abzz', 'abcz', 'abcd', 'abdc'], 3)).toEqual(['abcd', 'abcz', 'abdc']);
  });

  it('counts a swap of neighbours as one slip', () => {
    expect(nearestNames('abcd', ['aaad', 'acbd'], 1)).toEqual(['acbd']);
  });
});
