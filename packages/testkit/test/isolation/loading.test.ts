import { describe, expect, it } from 'vitest';
import { startHost } from './support.ts';

const echo = {
  handler: (event: unknown, _: unknown, callback: (e: unknown, d: unknown) => void) => callback(null, event),
};

describe('A function given as a path', () => {
  it('has CommonJS modules of its own in each instance, and keeps them as long as it lives', async () => {
    await using host = await startHost({
      one: { handler: 'counting.handler' },
      two: { handler: 'counting.handler' },
    });
    expect((await host.invoke('one')).text).toBe('1 1 true');
    expect((await host.invoke('one')).text).toBe('2 2 true');
    expect((await host.invoke('two')).text).toBe('1 1 true');
  });

  it('does not see the state of a host before', async () => {
    for (let round = 0; round < 2; round += 1) {
      await using host = await startHost({ one: { handler: 'counting.handler' } });
      expect((await host.invoke('one')).text).toBe('1 1 true');
    }
  });

  it('finds the SDK under its old names, whether it is CommonJS or an ES module', async () => {
    await using host = await startHost({
      legacy: { handler: 'legacy.handler' },
      module: { handler: 'module.call' },
      echo,
    });
    expect((await host.invoke('legacy', 'old')).text).toBe('old function');
    expect((await host.invoke('module', 'new')).text).toBe('new true function');
  });

  it('requires and imports while it runs as well: JSON, built-ins, ES modules', async () => {
    await using host = await startHost({ lazy: { handler: 'nested/lazy.handler' } });
    expect((await host.invoke('lazy')).text).toBe(
      '1.0.0 linux true waited lazy.cjs'.replace('linux', process.platform),
    );
  });

  it('shares the SDK with the whole process, under each of its names', async () => {
    await using host = await startHost({ one: { handler: 'sdks.handler' }, two: { handler: 'sdks.handler' } });
    expect((await host.invoke('one')).text).toBe('1');
    expect((await host.invoke('two')).text).toBe('1');
  });

  it('shares ES modules with the whole process', async () => {
    await using host = await startHost({ one: { handler: 'module.count' }, two: { handler: 'module.count' } });
    const first = Number((await host.invoke('one')).text);
    expect((await host.invoke('two')).text).toBe(String(first + 1));
  });

  it('may wait at its top level, in its own environment and with its own output', async () => {
    await using host = await startHost({
      waiting: { handler: 'waiting.handler', environmentVariables: { PLACE: 'the kitchen' } },
    });
    expect((await host.invoke('waiting')).text).toBe('waited');
    expect(host.lines).toEqual(['loaded with the kitchen']);
  });

  it('may be TypeScript', async () => {
    await using host = await startHost({ typed: { handler: 'typed.handler' } });
    expect((await host.invoke('typed', '{"celsius":20}')).text).toBe('{"celsius":21}');
  });

  it('is told what is wrong with it as on a gateway', async () => {
    await using host = await startHost({
      missing: { handler: 'nowhere.handler' },
      unnamed: { handler: 'counting.start' },
      broken: { handler: 'broken.handler' },
      throwing: { handler: 'throws.handler' },
    });
    const failed = async (name: string): Promise<string> => {
      const { text, error } = await host.invoke(name);
      return `${String(error)}: ${text.replaceAll(/\/\S*\//g, '')}`;
    };
    expect(await failed('missing')).toContain('LoadError: Test/missing: handler needs a file nowhere with one of .js');
    expect(await failed('unnamed')).toBe(
      'LoadError: Test/unnamed: handler "counting.start": counting.cjs does not export "start"; it exports handler',
    );
    expect(await failed('broken')).toContain('LoadError: broken.cjs could not be loaded: SyntaxError');
    expect(await failed('throwing')).toBe('LoadError: throws.cjs could not be loaded: RangeError: no such place');
  });
});

describe('A function given as code', () => {
  it('runs, also beside an initializer that is loaded', async () => {
    await using host = await startHost({
      one: { handler: async () => 'as code', initializer: 'hooks.initializer' },
    });
    expect((await host.invoke('one')).text).toBe('as code');
    expect(host.lines).toEqual(['initialized']);
  });
});
