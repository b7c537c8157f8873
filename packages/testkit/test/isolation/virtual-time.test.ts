/** Instances on a virtual clock: their timers are the host's, and go with them. */
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../src/time/virtual-clock.ts';
import { startHost, type Code, type InProcessHost } from './support.ts';

/** A function with timers, and how often they fired: code of an instance that is gone writes nothing, but it would run. */
function createTicking(): { readonly ticks: string[]; readonly code: Code } {
  const ticks: string[] = [];
  const code: Code = {
    initializer: (_context, callback) => {
      setInterval(() => ticks.push('tick'), 1000);
      callback();
    },
    handler: (event, _context, callback) => {
      setInterval(() => ticks.push('tock'), 1000);
      if (event === 'throw') {
        setTimeout(() => {
          throw new Error('in a virtual timer');
        }, 500);
      } else if (event === 'leave') {
        process.exit(1);
      } else if (event === 'stay') callback(null, 'here');
    },
  };
  return { ticks, code };
}

/** Lets everything go on that needs no time. */
async function turnUntilQuiet(host: InProcessHost): Promise<void> {
  do await new Promise((resolve) => setImmediate(resolve));
  while (host.isolation.busy);
}

describe('The timers of an instance', () => {
  it('run on the clock of its host as long as it lives', async () => {
    const clock = createVirtualClock();
    const { ticks, code } = createTicking();
    await using host = await startHost({ ticking: code }, clock);
    expect((await host.invoke('ticking', 'stay')).text).toBe('here');
    await clock.advance(2500);
    await turnUntilQuiet(host);
    expect(ticks).toEqual(['tick', 'tock', 'tick', 'tock']);
  });

  it.each(['throw', 'leave'])('are gone with it: %s', async (event) => {
    const clock = createVirtualClock();
    const { ticks, code } = createTicking();
    await using host = await startHost({ ticking: code }, clock);
    const ended = host.invoke('ticking', event);
    await turnUntilQuiet(host);
    await clock.advance(999);
    expect((await ended).error).toBe(event === 'throw' ? 'Uncaught' : 'Exit');
    await clock.advance(10_000);
    await turnUntilQuiet(host);
    expect(ticks).toEqual([]);
    expect(host.lost).toHaveLength(1);
  });

  it('are gone when the host ends it', async () => {
    const clock = createVirtualClock();
    const { ticks, code } = createTicking();
    await using host = await startHost({ ticking: { ...code, idleTimeout: '3s' } }, clock);
    expect((await host.invoke('ticking', 'stay')).text).toBe('here');
    await clock.advance(60_000);
    await turnUntilQuiet(host);
    expect(ticks).toEqual(['tick', 'tock', 'tick', 'tock']);
  });
});

describe('Whether an isolation is busy', () => {
  it('tells that messages are under way', async () => {
    const clock = createVirtualClock();
    const { code } = createTicking();
    await using host = await startHost({ ticking: code }, clock);
    expect(host.isolation.busy).toBe(false);
    const answer = host.invoke('ticking', 'stay');
    expect(host.isolation.busy).toBe(true);
    await answer;
    await turnUntilQuiet(host);
    expect(host.isolation.busy).toBe(false);
  });
});
