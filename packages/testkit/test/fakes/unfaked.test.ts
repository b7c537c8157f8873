/** A call that nobody foresaw fails with the nearest names and with what to do, and is remembered. */
import { FCClient } from '@edgefc/sdk';
import { expect, it, onTestFinished } from 'vitest';
import type { FakeImplementation } from '../../src/fakes/types.ts';
import { smallHost, type SmallHost, type SmallHostOptions } from './support/small-host.ts';

async function start(options: SmallHostOptions): Promise<SmallHost> {
  const host = await smallHost(options);
  onTestFinished(() => host.stop());
  return host;
}

/** Calls what its event names, and swallows what comes of it. */
const careless: FakeImplementation = async (event) => {
  const [serviceName = '', functionName = ''] = String(event).split('/');
  try {
    await new FCClient({}).invokeFunction({ serviceName, functionName, payload: 'hi' });
    return 'it answered';
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return `${code}: ${message}`;
  }
};

it('names the nearest, and how to fake it', async () => {
  const host = await start({
    functions: { 'EdgeFC/Invoker': careless },
    fakes: { 'EdgeFC/helloworld': 'hi', 'Cloud/upload': '' },
  });
  expect(await host.invoke('EdgeFC/Invoker', 'EdgeFC/helloword')).toBe(
    `FunctionNotFound: the service "EdgeFC" has no function "helloword"; did you mean "helloworld"? EdgeFC/Invoker called ` +
      `'EdgeFC/helloword', which is neither real nor faked here (nearest: 'EdgeFC/helloworld'). ` +
      `To fake it: createTestHost({ fakes: { 'EdgeFC/helloword': 'its reply' } }), or host.fake('EdgeFC/helloword', 'its reply').`,
  );
  expect(await host.invoke('EdgeFC/Invoker', 'Clod/upload')).toContain(
    `EdgeFC/Invoker called 'Clod/upload', which is neither real nor faked here (nearest: 'Cloud/upload').`,
  );
});

it('is remembered although the function swallowed it, and counted', async () => {
  const host = await start({ functions: { 'S/f': careless } });
  await host.invoke('S/f', 'Other/g');
  await host.invoke('S/f', 'Other/g');
  expect(host.stage.unfaked.calls).toHaveLength(2);
  expect(host.stage.unfaked.calls[0]).toMatchObject({ target: 'Other/g', caller: 'S/f', payload: 'hi' });
  expect(host.stage.unfaked.describe()).toMatch(
    /^calls that were neither real nor faked:\n {2}no service is named "Other"; there is "S"\. S\/f called 'Other\/g'.* \(2 times\)$/,
  );
});

it('is told to the test, too, when it calls itself', async () => {
  const host = await start({ functions: { 'S/f': careless } });
  expect(await host.invoke('an id')).toBe(
    `FunctionNotFound: no function has the id "an id"; there is "S/f". The test called 'an id', which is neither real nor faked here. ` +
      `An id is faked by the name of its function: give it a functionId in functions, or call it by 'Service/function'.`,
  );
});
