/** The small parts: back-off, request ids, formats, the registry's messages, the memory queue. */
import { describe, expect, it } from 'vitest';
import { formatBytes, formatDuration } from '../../src/engine/format.ts';
import { Backoff } from '../../src/engine/instance/backoff.ts';
import { RequestIds } from '../../src/engine/invocation/request-ids.ts';
import { Registry } from '../../src/engine/registry.ts';
import { defineFunction } from './support/test-engine.ts';

describe('Backoff', () => {
  const options = { first: 1000, max: 5000, forgetAfter: 60_000 };

  it('doubles up to its maximum', () => {
    const backoff = new Backoff(options);
    expect([1, 2, 3, 4, 5].map(() => backoff.next(0))).toEqual([1000, 2000, 4000, 5000, 5000]);
  });

  it('begins anew after a long enough life, and not before', () => {
    const backoff = new Backoff(options);
    expect([0, 59_999, 60_000, 0].map((lived) => backoff.next(lived))).toEqual([1000, 2000, 1000, 2000]);
  });
});

describe('RequestIds', () => {
  it('are unique, and begin with the boot', () => {
    const ids = new RequestIds('kJ3x');
    const given = Array.from({ length: 10_000 }, () => ids.next());
    expect(new Set(given).size).toBe(10_000);
    expect(given.every((id) => id.startsWith('kJ3x-'))).toBe(true);
    expect(given[35]).toBe('kJ3x-10');
  });

  it('of another boot are others', () => {
    expect(new RequestIds('a').next()).not.toBe(new RequestIds('b').next());
  });
});

describe('formats', () => {
  it('print durations with a unit that people would use', () => {
    const shown = [0, 0.25, 250, 999, 1000, 1500, 119_999, 120_000, 5_000_000, 7_200_000].map(formatDuration);
    expect(shown).toEqual(['0 ms', '0.3 ms', '250 ms', '999 ms', '1 s', '1.5 s', '120 s', '2 min', '83.3 min', '2 h']);
  });

  it('print sizes with a unit that people would use', () => {
    expect([0, 1023, 1024, 1536, 32 * 1024 ** 2, 1024 ** 3].map(formatBytes)).toEqual([
      '0 B',
      '1023 B',
      '1 KiB',
      '1.5 KiB',
      '32 MiB',
      '1 GiB',
    ]);
  });
});

describe('Registry', () => {
  function message(target: string, keys: readonly string[], ids: readonly string[] = []): string {
    const registry = new Registry();
    for (const key of keys) registry.add(defineFunction(key));
    for (const [n, id] of ids.entries()) registry.add(defineFunction(`Ids/f${n}`, { id }));
    const resolution = registry.resolve(target);
    return resolution.kind === 'refused' ? `${resolution.code}: ${resolution.message}` : 'found';
  }

  it('offers the nearest service', () => {
    expect(message('EdgFC/helloworld', ['EdgeFC/helloworld', 'Other/f'])).toBe(
      'ServiceNotFound: no service is named "EdgFC"; did you mean "EdgeFC"?',
    );
  });

  it('offers the nearest functions of the service, and of no other', () => {
    expect(message('S/helloWrld', ['S/helloworld', 'S/helloword', 'S/x', 'T/helloWrld'])).toBe(
      'FunctionNotFound: the service "S" has no function "helloWrld"; did you mean "helloworld" or "helloword"?',
    );
  });

  it('lists what there is when nothing is near', () => {
    expect(message('S/zzzzzz', ['S/a', 'S/b'])).toBe(
      'FunctionNotFound: the service "S" has no function "zzzzzz"; there is "a", "b"',
    );
    expect(
      message(
        'Nothing/a',
        [1, 2, 3, 4, 5, 6, 7].map((n) => `Service-number-${n}/a`),
      ),
    ).toContain('"Service-number-5" and 2 more');
  });

  it('says so when nothing is configured', () => {
    expect(message('S/a', [])).toBe('ServiceNotFound: no service is named "S"; none is configured');
  });

  it('offers ids for what can only be an id', () => {
    expect(message('temp-senso', ['S/a'], ['temp-sensor'])).toBe(
      'FunctionNotFound: no function has the id "temp-senso"; did you mean "temp-sensor"?',
    );
  });

  it('finds by key, id and ARN', () => {
    for (const target of [
      'S/a',
      'acs:fc:cn-shanghai:123:service:S:function:a',
      'acs:fc:::service:S:function:a',
      'service:S:function:a',
    ]) {
      expect(message(target, ['S/a'])).toBe('found');
    }
    expect(message('my-id', [], ['my-id'])).toBe('found');
  });
});
