/** The way in: a host for a test, started and, one way or the other, stopped. */
import { Composition } from './host/composition.ts';
import type { TestHost } from './host/test-host.ts';
import { tellRecords } from './record/failing.ts';
import { resolveTest, type TestHostOptions } from './options.ts';

/**
 * Makes a host for a test and starts it.
 *
 * @throws TestHostError, ConfigError when an option is wrong: which, what was found, what is allowed
 * @example
 * await using host = await createTestHost({
 *   functions: { 'EdgeFC/Invoker': './Invoker/index.handler' },
 *   fakes: { 'EdgeFC/helloworld': 'Message from helloworld' },
 * });
 * const { payload } = await host.invoke('EdgeFC/Invoker', 'text');
 */
export async function createTestHost(options: TestHostOptions = {}): Promise<TestHost> {
  return new Composition(await resolveTest(options)).start();
}

/**
 * Makes a host, calls `use` with it and stops it, also when `use` throws: for what cannot write `await using`. An error that `use`
 * throws then says what happened in the host, too.
 *
 * @example
 * await withTestHost({ functions: { 'A/b': handler } }, async (host) => {
 *   assert.equal((await host.invoke('A/b')).payload, 'hi');
 * });
 */
export async function withTestHost<T>(options: TestHostOptions, use: (host: TestHost) => Promise<T> | T): Promise<T> {
  const host = await createTestHost(options);
  let result: T;
  try {
    result = await use(host);
  } catch (error) {
    if (error instanceof Error) tellRecords(error, [host.record]);
    // Whatever goes wrong besides, the test failed at this.
    await host.stop().catch(() => undefined);
    throw error;
  }
  await host.stop();
  return result;
}
