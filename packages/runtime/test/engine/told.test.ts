/** What the event bus tells a recorder: who asked for what, what was refused, and what became of work that waited. */
import { describe, expect, it } from 'vitest';
import type { HostEventBus } from '../../src/engine/events.ts';
import { flushPromises } from './support/virtual-clock.ts';
import { TestEngine } from './support/test-engine.ts';

/** `accepted boot.M1 EdgeFC/a call` and the like, in order. */
function listen(events: HostEventBus): string[] {
  const told: string[] = [];
  events.on('invocation:refused', ({ target: named }, { code }, target) =>
    told.push(`refused ${named} ${code} ${target ?? 'unknown'}`),
  );
  events.on('work:accepted', ({ id, work, origin, deduplicated }) => {
    const of = origin.kind === 'destination' ? ` of ${origin.of}` : '';
    told.push(`accepted ${id} ${work.target} ${origin.kind}${of}${deduplicated ? ' again' : ''}`);
  });
  events.on('work:settled', ({ id, state }) => told.push(`settled ${id} ${state}`));
  events.on('work:redriven', (id) => told.push(`redriven ${id}`));
  events.on('message:published', ({ topic, payload, targets }) =>
    told.push(`published ${topic} ${String(payload)} to ${targets.join()}`),
  );
  events.on('message:refused', ({ topic }, { code }) => told.push(`refused ${topic} ${code}`));
  return told;
}

describe('the event bus', () => {
  it('tells of Async work before it runs, with who asked, and of the end of what waited', async () => {
    const functions = { 'EdgeFC/a': { onFailure: 'EdgeFC/told' }, 'EdgeFC/told': {} };
    const test = new TestEngine({ functions, behaviour: { readyAfter: 0 } });
    const told = listen(test.events);
    test.events.on('invocation:accepted', ({ requestId }) => told.push(`runs ${requestId}`));
    test.invoke('EdgeFC/a', { type: 'Async', payload: 'x' });
    await flushPromises();
    test.advance(0);
    test.invoke('EdgeFC/a', { type: 'Async', dedupeKey: 'k' });
    await flushPromises();
    test.invoke('EdgeFC/a', { type: 'Async', dedupeKey: 'k' });
    await flushPromises();
    expect(told).toEqual([
      'accepted boot.M1 EdgeFC/a call',
      'runs boot.M1',
      'accepted boot.M2 EdgeFC/a call',
      'accepted boot.M2 EdgeFC/a call again',
    ]);
    told.length = 0;
    await test.engine.queries.stop('boot.M2');
    test.running('x').throw('broken');
    await flushPromises();
    expect(told).toEqual([
      'settled boot.M2 Stopped',
      'settled boot.M1 Failed',
      'accepted boot.M3 EdgeFC/told destination of boot.M1',
      'runs boot.M3',
    ]);
    told.length = 0;
    await test.engine.queries.redrive({ id: 'boot.M1' });
    expect(told).toEqual(['redriven boot.M1']);
    await test.close();
  });

  it('tells of what was refused at the door', async () => {
    const test = new TestEngine({ functions: { 'EdgeFC/a': {} }, settings: { maxSyncPayload: 3 } });
    const told = listen(test.events);
    test.invoke('EdgeFC/b');
    test.invoke('EdgeFC/a', { payload: 'long' });
    expect(told).toEqual(['refused EdgeFC/b FunctionNotFound unknown', 'refused EdgeFC/a EntityTooLarge EdgeFC/a']);
    await test.close();
  });

  it('tells a message after its work, with the bytes that it had, and of one that is refused', async () => {
    const routes = [{ filter: 'plant/+', source: undefined, target: 'EdgeFC/a' }];
    const test = new TestEngine({ functions: { 'EdgeFC/a': {} }, routes });
    const told = listen(test.events);
    // As a transfer to a thread does.
    test.events.on('work:accepted', ({ work }) => {
      if (work.payload instanceof Uint8Array)
        structuredClone(work.payload.buffer, { transfer: [work.payload.buffer as ArrayBuffer] });
    });
    const payload = new Uint8Array([1, 2]);
    for (const topic of ['plant/1', 'plant/#']) {
      test.engine.publish({ topic, payload, source: undefined, parent: undefined, onOutcome: () => undefined });
    }
    await flushPromises();
    expect(told).toEqual([
      'refused plant/# InvalidArgument',
      'accepted boot.M1 EdgeFC/a route',
      'published plant/1 1,2 to EdgeFC/a',
    ]);
    await test.close();
  });
});
