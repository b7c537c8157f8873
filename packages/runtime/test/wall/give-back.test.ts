/** Memory that is not needed goes back at once, not when V8 next finds it worth a collection. */
import { expect, it } from 'vitest';
import { giveBackMemory } from '../../src/wall/give-back.ts';

/** Outlives the test's frame: a registry that is collected itself tells nothing. */
const registry = new FinalizationRegistry<(text: string) => void>((tell) => {
  tell('collected');
});

/** In a function of its own: a frame that waits would hold the object. */
function watchGarbage(): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  registry.register(new Array(1000), resolve);
  return promise;
}

it('collects what nobody holds any more, where little allocates, as often as it is asked', async () => {
  for (let round = 0; round < 2; round += 1) {
    const collected = watchGarbage();
    giveBackMemory();
    expect(await collected).toBe('collected');
  }
});
