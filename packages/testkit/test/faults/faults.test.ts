/** What goes wrong with functions although nothing is wrong with them. */
import { FCClient } from '@edgefc/sdk';
import { describe, expect, it, onTestFinished } from 'vitest';
import { smallHost, type SmallHost, type SmallHostOptions } from '../fakes/support/small-host.ts';

async function start(options: SmallHostOptions): Promise<SmallHost> {
  const host = await smallHost(options);
  onTestFinished(() => host.stop());
  return host;
}

const RETRY = { retry: { attempts: 3, minDelay: '10s', maxDelay: '10s' } } as const;

/** A function that counts its runs, and how its Async work ends with a fault. */
async function withFault(set: (host: SmallHost) => void): Promise<{ runs: number; ends: string[] }> {
  let runs = 0;
  const host = await start({
    functions: { 'S/f': async () => `run ${(runs += 1)}` },
    settings: { 'S/f': RETRY },
  });
  set(host);
  await host.enqueue('S/f', 'work');
  await host.runUntilIdle();
  const ends = host.settled.map(({ state, error }) => (error === undefined ? state : `${state} ${error.errorType}`));
  return { runs, ends };
}

describe('a fault of a function', () => {
  it('throttles: the call is refused, a run of Async work comes again', async () => {
    const host = await start({ functions: { 'S/f': async () => 'ok' } });
    const fault = host.faults.throttle('S/f', { times: 2 });
    expect([await host.invoke('S/f'), await host.invoke('S/f'), await host.invoke('S/f')]).toEqual([
      'ResourceExhausted: throttled by a fault of the test; try again later',
      'ResourceExhausted: throttled by a fault of the test; try again later',
      'ok',
    ]);
    expect(fault.hits).toBe(2);
    expect(await withFault(({ faults }) => faults.throttle('S/f'))).toEqual({
      runs: 1,
      ends: ['Retrying ResourceExhausted', 'Succeeded'],
    });
  });

  it('crashes before the handler: it has done nothing, and an attempt is used up', async () => {
    expect(await withFault(({ faults }) => faults.crashBefore('S/f'))).toEqual({
      runs: 1,
      ends: ['Retrying Exit', 'Succeeded'],
    });
    expect(await withFault(({ faults }) => faults.crashBefore('S/f', { times: 3 }))).toEqual({
      runs: 0,
      ends: ['Retrying Exit', 'Retrying Exit', 'Failed Exit'],
    });
  });

  it('crashes after the handler: what it did is done twice', async () => {
    expect(await withFault(({ faults }) => faults.crashAfter('S/f'))).toEqual({
      runs: 2,
      ends: ['Retrying Exit', 'Succeeded'],
    });
  });

  it('loses the instance: no attempt is used up', async () => {
    expect(await withFault(({ faults }) => faults.crashAfter('S/f', { times: 5, as: 'InstanceLost' }))).toEqual({
      runs: 6,
      ends: [...new Array<string>(5).fill('Retrying InstanceLost'), 'Succeeded'],
    });
  });

  it('loses the instances that there are now, with what runs in them', async () => {
    let release: (value: string) => void = () => undefined;
    const host = await start({
      functions: {
        'S/f': async (event) =>
          String(event) === 'waits'
            ? new Promise<string>((resolve) => {
                release = resolve;
              })
            : 'ok',
      },
    });
    const waiting = host.core.invoke({ target: 'S/f', payload: 'waits' });
    await host.settle();
    expect(host.faults.loseInstance('S/f')).toBe(1);
    expect(String(((await waiting) as { payload: unknown }).payload)).toBe(
      '{"errorMessage":"the test lost the instance","errorType":"InstanceLost","stackTrace":[]}',
    );
    release('too late');
    expect(await host.invoke('S/f', 'again')).toBe('ok');
  });

  it('slows the handler down, which counts against its timeout', async () => {
    const host = await start({
      functions: { 'S/f': async (_event, context) => `${context.getRemainingTimeInMillis()} ms left` },
    });
    const fault = host.faults.slow('S/f', '3s');
    expect(await host.invoke('S/f')).toBe('2000 ms left');
    expect(host.clock.monotonic()).toBe(3000);
    fault.stop();
    expect(await host.invoke('S/f')).toBe('5000 ms left');
    host.faults.slow('S/f', '6s');
    expect(await host.invoke('S/f')).toMatch(/^Unhandled Timeout/);
  });

  it('strikes fakes as well', async () => {
    const host = await start({ fakes: { 'S/f': 'faked' } });
    host.faults.crashAfter('S/f');
    expect(await host.invoke('S/f')).toBe(
      'Unhandled Exit: a fault of the test ended the instance after the handler ran',
    );
    expect(await host.invoke('S/f')).toBe('faked');
  });

  it('meets the calls that functions make, too', async () => {
    const host = await start({
      functions: {
        'S/caller': async () => {
          const { functionError } = (await new FCClient({}).invokeFunction({
            serviceName: 'S',
            functionName: 'f',
          })) as {
            functionError?: string;
          };
          return functionError ?? 'it answered';
        },
        'S/f': async () => 'ok',
      },
    });
    host.faults.crashBefore('S/f');
    expect([await host.invoke('S/caller'), await host.invoke('S/caller')]).toEqual(['Unhandled', 'it answered']);
  });

  it('of a function that is not there would never strike, and is refused', async () => {
    const host = await start({ functions: { 'S/pump': async () => 'ok' } });
    expect(() => host.faults.throttle('S/pumb')).toThrow(
      "a fault of 'S/pumb' would never strike: this host has no such function; did you mean 'S/pump'?",
    );
  });
});

describe('random faults', () => {
  async function trace(seed: number): Promise<{ calls: string[]; hits: number }> {
    const host = await start({ functions: { 'S/f': async (event) => `${String(event)} ok` }, seed });
    const fault = host.faults.random({ rate: 0.4, slow: '2s' });
    const calls: string[] = [];
    for (let n = 0; n < 40; n += 1) calls.push(`${await host.invoke('S/f', String(n))} at ${host.clock.monotonic()}`);
    return { calls, hits: fault.hits };
  }

  it('are the same for the same seed, and others for another', async () => {
    const first = await trace(1);
    expect(await trace(1)).toEqual(first);
    expect(await trace(2)).not.toEqual(first);
    expect(first.hits).toBeGreaterThan(5);
    expect(first.hits).toBeLessThan(30);
  });

  it('are of the kinds and functions they are meant for', async () => {
    const host = await start({ functions: { 'S/f': async () => 'ok', 'S/g': async () => 'ok' } });
    host.faults.random({ rate: 1, kinds: ['throttle'], targets: ['S/f'] });
    expect(await host.invoke('S/f')).toMatch(/^ResourceExhausted/);
    expect(await host.invoke('S/g')).toBe('ok');
    host.faults.stop();
    expect(await host.invoke('S/f')).toBe('ok');
  });

  it('refuse what they cannot be', async () => {
    const host = await start({ functions: { 'S/f': async () => 'ok' } });
    expect(() => host.faults.random({ rate: 40 })).toThrow('faults.random: rate is 40: give a number from 0 to 1');
    expect(() => host.faults.random({ rate: 1, kinds: [] })).toThrow(/give some of throttle, crashBefore/);
  });
});
